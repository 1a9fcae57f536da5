from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import reading
from gan_cli.reading import Unreadable

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


def test_sizes_tell_whole_files_from_broken_ones(tmp_path: Path) -> None:
    picture().save(tmp_path / "whole.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.png").write_text("no image")
    picture().resize((300, 300)).save(tmp_path / "cut.png")
    data = (tmp_path / "cut.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(data[: len(data) // 2])
    found = reading.sizes(reading.find_images(tmp_path), seconds=60)
    told = {path.name: size if isinstance(size, tuple) else size.reason for path, size in found.items()}
    assert told["whole.png"] == SIZE
    assert told["empty.jpg"] == "empty"
    assert told["text.png"] == "no image"
    assert "truncated" in str(told["cut.png"])


def test_sizes_end_when_their_time_is_over(tmp_path: Path) -> None:
    picture().save(tmp_path / "whole.png")
    assert reading.sizes([tmp_path / "whole.png"], seconds=-1) == {}


def test_an_image_of_too_many_pixels_is_refused_by_its_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    picture().save(tmp_path / "large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 20)
    with pytest.raises(Unreadable, match="more than 20 pixels"):
        reading.read(tmp_path / "large.png")
    (told,) = reading.sizes([tmp_path / "large.png"], seconds=60).values()
    assert "more than 20 pixels" in str(told)


def test_hidden_files_and_other_endings_are_no_images(tmp_path: Path) -> None:
    for name in ("b.PNG", "a.jpeg", ".hidden.png", "notes.txt"):
        (tmp_path / name).touch()
    (tmp_path / ".thumbnails").mkdir()
    (tmp_path / ".thumbnails" / "c.png").touch()
    assert [path.name for path in reading.find_images(tmp_path)] == ["a.jpeg", "b.PNG"]
