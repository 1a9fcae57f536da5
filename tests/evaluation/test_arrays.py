import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.evaluation.arrays import arrays_in
from gan_cli.evaluation.sides import side_at


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["C", "F"])
def test_rows_are_those_of_the_array_in_any_order(tmp_path: Path, save: Any, order: str) -> None:
    array = np.random.default_rng(0).integers(0, 255, (50, 4, 3, 3), np.uint8)
    save(tmp_path / "x.npz", other=np.arange(7), arr_0=np.asarray(array, order=order))  # type: ignore[call-overload]
    found = arrays_in(tmp_path / "x.npz")
    assert (found["arr_0"].shape, found["arr_0"].dtype) == (array.shape, array.dtype)
    for numbers in ([0, 1, 2], [49, 3, 3, 20]):
        assert np.array_equal(found["arr_0"].rows(numbers), array[numbers])
    assert np.array_equal(found["other"].all(), np.arange(7))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_a_large_array_is_read_batch_by_batch(tmp_path: Path, save: Any) -> None:
    save(tmp_path / "x.npz", np.zeros((4000, 32, 32, 3), np.uint8))  # 12 MB
    images = side_at(tmp_path / "x.npz", None).images
    assert images is not None
    tracemalloc.start()
    for numbers in torch.arange(images.total).split(100):
        assert images.read(numbers).shape == (100, 3, 32, 32)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2e6


def test_a_file_that_was_cut_short_is_named(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "x.npz", np.random.default_rng(0).integers(0, 255, (50, 8, 8, 3), np.uint8))
    content = (tmp_path / "x.npz").read_bytes()
    (tmp_path / "x.npz").write_bytes(content[: len(content) // 2])
    with pytest.raises(UserError, match=r"x.npz is no whole .npz file"):
        arrays_in(tmp_path / "x.npz")
    (tmp_path / "x.npz").write_bytes(content[:5000] + b"\0" * 1000 + content[6000:])
    with pytest.raises(UserError, match=r"x.npz is damaged in arr_0"):
        arrays_in(tmp_path / "x.npz")["arr_0"].rows(list(range(50)))
