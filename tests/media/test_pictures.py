import errno
import os
from pathlib import Path
from typing import IO

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli.files import write_atomically
from gan_cli.media.pictures import grid, save_png, to_float, to_uint8


def test_uint8_survives_the_way_through_floats() -> None:
    levels = torch.arange(256, dtype=torch.uint8)
    floats = to_float(levels)
    assert floats[0] == -1
    assert floats[255] == 1
    assert torch.equal(to_uint8(floats), levels)
    assert torch.equal(to_uint8(floats.bfloat16())[[0, 255]], levels[[0, 255]])


def test_values_outside_are_clipped() -> None:
    assert to_uint8(torch.tensor([-3.0, 3.0])).tolist() == [0, 255]


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_keeps_every_pixel(tmp_path: Path, channels: int) -> None:
    image = torch.randint(0, 256, (channels, 5, 7), dtype=torch.uint8)
    save_png(image, tmp_path / "new" / "a.png")
    read = np.array(Image.open(tmp_path / "new" / "a.png")).reshape(5, 7, channels)
    assert torch.equal(torch.from_numpy(read).permute(2, 0, 1), image)


def test_grid_places_images_row_by_row() -> None:
    images = torch.arange(4, dtype=torch.uint8)[:, None, None, None].expand(4, 1, 2, 2)
    sheet = grid(images, columns=2, padding=1)
    assert sheet.shape == (1, 7, 7)
    assert [int(sheet[0, y, x]) for y in (1, 4) for x in (1, 4)] == [0, 1, 2, 3]
    assert int(sheet[0, 0, 0]) == 255


@pytest.mark.parametrize("failing", ["write", "fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"old")

    def no_room(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    def write(file: IO[bytes]) -> None:
        file.write(b"new")
        if failing == "write":
            no_room()

    if failing != "write":
        monkeypatch.setattr(os, failing, no_room)
    with pytest.raises(OSError, match="No space left") as caught:
        write_atomically(target, write)
    assert caught.value.errno == errno.ENOSPC
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert target.read_bytes() == b"old"
