from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.io import savemat

from gan_cli.data import UMIST
from gan_cli.errors import UserError


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Eight persons, of whom the k-th's pictures have k in their first column, and their place in the other ones."""
    pixels = np.zeros((56, 32, 32), np.uint8)  # column by column
    persons = np.repeat(np.arange(21, 29), 7)
    pixels[:, 0] = persons[:, None]
    pixels[:, 1:] = (np.arange(56) % 7)[:, None, None]
    savemat(tmp_path / "UMIST_575_32x32.mat", {"X": pixels.reshape(56, -1), "Y": persons[:, None]})
    return tmp_path


def test_rows_turn_from_the_profile_to_the_front(file: Path) -> None:
    part = UMIST(str(file)).part("train")
    batch = part[torch.arange(len(part))].batch
    assert bool((batch.source[:, 0, :, 0] == batch.target[:, 0, :, 0]).all())  # of one person
    assert bool((batch.target[:, 0, :, 1:] == 6).all())  # the last of each row
    assert batch.source[:, 0, 0, 5].unique().tolist() == [0, 1, 2, 3, 4]  # the one before the last is frontal too
    assert torch.allclose(batch.yaw, 90 - 15 * batch.source[:, 0, 0, 5].float())
    assert UMIST(str(file)).pose_names == ("30", "60", "90")


def test_another_file_is_refused(file: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no"):
        UMIST(str(tmp_path / "nowhere")).part("train")
    path = file / "UMIST_575_32x32.mat"
    savemat(path, {"X": np.zeros((3, 9)), "Y": [1, 2, 3]})
    with pytest.raises(UserError, match="float64"):
        UMIST(str(file)).part("train")
    savemat(path, {"X": np.zeros((3, 1024), np.uint8), "Y": ["anna", "bert", "carl"]})
    with pytest.raises(UserError, match="no numbers of persons"):
        UMIST(str(file)).part("train")


def _compressed(path: Path) -> bytes:
    savemat(path, {"X": np.zeros((3, 1024), np.uint8), "Y": [1, 2, 3]}, do_compression=True)
    return path.read_bytes()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda _: b"", id="empty"),
        pytest.param(lambda _: b"no such thing", id="text"),
        pytest.param(lambda _: b"one line of a text\n" * 20, id="a longer text"),
        pytest.param(lambda whole: whole[:64], id="cut in its header"),
        pytest.param(lambda whole: whole[: len(whole) // 2], id="cut in its pixels"),
        pytest.param(lambda whole: whole[:140] + bytes(20) + whole[160:], id="overwritten"),
        pytest.param(lambda whole: whole[:124] + b"\x00\x02" + whole[126:], id="of HDF5, as MATLAB 7.3 writes"),
        pytest.param(lambda whole: whole[:128], id="without X"),
    ],
)
def test_a_damaged_file_is_refused_in_a_line(damage: Callable[[bytes], bytes], tmp_path: Path) -> None:
    path = tmp_path / "UMIST_575_32x32.mat"
    path.write_bytes(damage(_compressed(path)))
    with pytest.raises(UserError, match=r"^data.root: \S+UMIST_575_32x32.mat cannot be read"):
        UMIST(str(tmp_path)).part("train")


def test_umists_own_file_has_persons_who_turn_twice(real_data: Path) -> None:
    data = UMIST(str(real_data / "pose_faces"))
    parts = [data.part(split) for split in ("train", "test")]
    persons = [set(part.told.person.tolist()) for part in parts]
    assert [len(some) for some in persons] == [15, 5]
    assert not persons[0] & persons[1]
    fronts = torch.cat([part[torch.arange(len(part))].batch.target for part in parts]).unique(dim=0)
    assert len(fronts) == 20
    mirrored = (fronts.float() - fronts.float().flip(3)).abs().mean() / 255
    assert 0.05 < float(mirrored) < 0.2
