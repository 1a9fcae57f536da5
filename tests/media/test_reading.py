import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image, ImageOps

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


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_orientation_is_undone_as_pillow_does_it(tmp_path: Path, orientation: int) -> None:
    exif = Image.Exif()
    exif[reading.ORIENTATION] = orientation
    path = tmp_path / "image.png"
    picture().save(path, exif=exif)
    with Image.open(path) as image:
        wanted = ImageOps.exif_transpose(image)
    assert reading.read(path).tobytes() == wanted.tobytes()


def numbers(low: float, high: float, kind: type = np.float32) -> Image.Image:
    return Image.fromarray(np.linspace(low, high, 24).reshape(4, 6).astype(kind))


@pytest.mark.parametrize("high", [1, 255, 65535])
@pytest.mark.parametrize("kind", [np.float32, np.int32])
def test_numbers_are_grey_up_to_the_white_that_they_do_not_exceed(tmp_path: Path, kind: type, high: int) -> None:
    if (kind, high) == (np.int32, 1):
        pytest.skip("whole numbers of 0 and 1 are nearly black")
    numbers(0, high, kind).save(tmp_path / "x.tif")
    read = reading.read(tmp_path / "x.tif")
    assert read.mode == ("L" if high == 255 else "I;16")
    wanted = torch.linspace(0, 255, 24).reshape(4, 6)
    assert (reading.to_tensor(read, 1)[0] - wanted).abs().max() <= 1
    assert reading.examine(tmp_path / "x.tif").white == high


def test_a_dark_pgm_of_16_bits_stays_dark(tmp_path: Path) -> None:
    numbers(0, 255, np.uint16).save(tmp_path / "x.pgm")
    assert reading.to_tensor(reading.read(tmp_path / "x.pgm"), 1).max() == 0


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (numbers(-0.5, 0.5), "numbers from -0.5 to 0.5, and grey goes from 0 to 1, 255 or 65535"),
        (numbers(0, 2e9, np.int32), r"numbers from 0 to 2e\+09"),
        (numbers(0, float("nan")), "numbers that are not finite"),
    ],
)
def test_numbers_that_are_no_grey_are_refused(tmp_path: Path, image: Image.Image, reason: str) -> None:
    image.save(tmp_path / "x.tif")
    with pytest.raises(Unreadable, match=reason):
        reading.read(tmp_path / "x.tif")


@pytest.mark.parametrize("mode", ["1", "L", "RGB", "P"])
@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_the_transparent_colour_of_a_picture_lies_over_white(tmp_path: Path, mode: str, kind: str) -> None:
    image = Image.new("RGB", SIZE).convert(mode)  # black
    image.save(tmp_path / "x", kind, transparency=(0, 0, 0) if mode == "RGB" and kind == "PNG" else 0)
    read = reading.read(tmp_path / "x")
    assert reading.to_tensor(read, 3).min() == 255
    assert reading.to_tensor(read, 4)[3].max() == 0


def test_each_colour_of_a_palette_has_its_opacity(tmp_path: Path) -> None:
    image = Image.fromarray(np.arange(3, dtype=np.uint8)[None]).convert("P")
    image.putpalette([255, 0, 0, 0, 0, 0, 0, 0, 255])
    image.save(tmp_path / "x.png", transparency=bytes([0, 128, 255]))
    read = reading.read(tmp_path / "x.png")
    assert reading.to_tensor(read, 4)[3, 0].tolist() == [0, 128, 255]
    assert reading.to_tensor(read, 3)[:, 0].T.tolist() == [[255, 255, 255], [127, 127, 127], [0, 0, 255]]


def test_an_avif_is_read_and_turned(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[reading.ORIENTATION] = 6
    Image.new("RGB", (32, 16), (200, 0, 0)).save(tmp_path / "x.avif", exif=exif)
    assert reading.read(tmp_path / "x.avif").size == reading.size(tmp_path / "x.avif") == (16, 32)


HEIC = b"\0\0\0\x1cftypheic\0\0\0\0mif1heicmiaf"


def test_heic_names_what_has_to_be_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    (tmp_path / "x.jpg").write_bytes(HEIC)
    with pytest.raises(Unreadable, match=r"HEIC, which needs pillow-heif: pip install 'gan-cli\[heif\]'"):
        reading.size(tmp_path / "x.jpg")


def test_heic_is_read_once_pillow_heif_is_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    monkeypatch.setitem(sys.modules, "pillow_heif", SimpleNamespace(register_heif_opener=lambda: asked.append(1)))
    (tmp_path / "x.heic").write_bytes(HEIC)
    with pytest.raises(Unreadable):  # the one asked does nothing here
        reading.size(tmp_path / "x.heic")
    assert asked


def test_a_kind_that_pillow_does_not_read_is_not_called_no_image(tmp_path: Path) -> None:
    numbers(0, 1).save(tmp_path / "x.tif")
    content = (tmp_path / "x.tif").read_bytes()
    place = content.index(b"\x02\x01\x03\0\x01\0\0\0\x20\0") + 8  # bits of a number: 32
    (tmp_path / "x.tif").write_bytes(content[:place] + b"\x18" + content[place + 1 :])  # 24
    with pytest.raises(Unreadable, match="a TIFF of a kind that cannot be read; save it as PNG"):
        reading.read(tmp_path / "x.tif")
