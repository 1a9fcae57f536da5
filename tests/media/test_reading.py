import errno
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.reading import Unreadable

SIZE = (6, 4)


def picture() -> Image.Image:
    pixels = np.arange(6 * 4 * 3, dtype=np.uint8).reshape(4, 6, 3) * 3
    return Image.fromarray(pixels)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr", "F"])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_images_of_every_mode_become_tensors_of_the_channels_asked_for(
    tmp_path: Path, mode: str, channels: int
) -> None:
    path = tmp_path / "image.tif"
    if mode == "I;16":
        wide = np.asarray(picture().convert("L")).astype(np.uint16) * 257
        Image.fromarray(wide).save(path)
    else:
        picture().convert(mode).save(path)
    made = reading.to_tensor(reading.read(path), channels)
    assert made.shape == (channels, 4, 6)
    assert made.dtype == torch.uint8
    if mode == "I;16":
        grey = torch.from_numpy(np.array(picture().convert("L")))
        assert all(torch.equal(channel, grey) for channel in made[:3])
    if mode == "CMYK" and channels == 3:
        assert (made.int() - reading.to_tensor(picture(), 3).int()).abs().max() <= 2


def test_transparent_pixels_lie_over_white(tmp_path: Path) -> None:
    image = picture().convert("RGBA")
    image.putalpha(Image.new("L", SIZE, 0))
    image.save(tmp_path / "image.png")
    read = reading.read(tmp_path / "image.png")
    assert reading.to_tensor(read, 3).min() == 255
    assert reading.to_tensor(read, 4)[3].max() == 0


def test_an_image_lies_as_its_orientation_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[reading.ORIENTATION] = 6
    path = tmp_path / "image.png"
    picture().save(path, exif=exif)
    assert reading.read(path).size == (4, 6) == reading.size(path)
    turned = picture().transpose(Image.Transpose.ROTATE_270)
    assert torch.equal(reading.to_tensor(reading.read(path), 3), reading.to_tensor(turned, 3))


def test_an_image_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path) -> None:
    picture().save(tmp_path / "large.png")
    for look in (reading.read, reading.size):
        with pytest.raises(Unreadable, match="more than 20 pixels"):
            look(tmp_path / "large.png", max_pixels=20)
        look(tmp_path / "large.png", max_pixels=24)


def test_more_pixels_than_pillow_allows_can_be_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10)  # 24 pixels are more than twice as many
    picture().save(tmp_path / "large.png")
    with pytest.raises(Unreadable, match="more than 10 pixels"):
        reading.read(tmp_path / "large.png", max_pixels=10)
    assert reading.read(tmp_path / "large.png", max_pixels=30).size == SIZE


def test_a_large_jpeg_is_decoded_smaller_where_that_is_enough(tmp_path: Path) -> None:
    path = tmp_path / "large.jpg"
    picture().resize((640, 480), Image.Resampling.BICUBIC).save(path)
    assert reading.read(path).size == (640, 480)
    assert reading.read(path, at_least=100).size == (160, 120)
    assert reading.read(path, at_least=500).size == (640, 480)


def test_hidden_files_and_other_endings_are_no_images(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "c.png").touch()
    assert reading.image_names(tmp_path) == ["a.jpeg", "b.PNG"]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone_as_pillow_does_it(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[reading.ORIENTATION] = orientation
    path = tmp_path / "image.png"
    picture().save(path, exif=exif)
    with Image.open(path) as image:
        wanted = ImageOps.exif_transpose(image)
    assert reading.read(path).tobytes() == wanted.tobytes()


def test_links_are_followed_and_a_folder_is_entered_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "inner").mkdir(parents=True)
    (tmp_path / "a" / "1.png").touch()
    (tmp_path / "b").symlink_to("a")
    (tmp_path / "a" / "inner" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    (tmp_path / "nowhere.png").symlink_to("gone.png")
    (tmp_path / "linked.png").symlink_to("a/1.png")
    os.mkfifo(tmp_path / "pipe.png")
    assert reading.image_names(tmp_path) == ["a/1.png", "linked.png"]


def test_a_folder_that_cannot_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "closed").mkdir()
    scan = os.scandir

    def refuse(path: Path) -> Any:
        if path.name == "closed":
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)  # the one who runs the tests may be allowed everything
    with pytest.raises(UserError, match=r"closed cannot be read \(Permission denied\); mend its permissions"):
        reading.image_names(tmp_path)
