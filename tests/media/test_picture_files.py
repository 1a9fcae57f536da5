from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from gan_cli.media.picture_files import (
    Picture,
    for_network,
    picture_of_tensor,
    read_picture,
    thumbnail,
    to_tensor,
    with_colours,
    write_picture,
)
from gan_cli.media.reading import Unreadable
from tests.inference.translators import colours


def random(kind: Any, *shape: int) -> Any:
    return np.random.default_rng(0).integers(0, np.iinfo(kind).max, shape, dtype=kind, endpoint=True)


@pytest.mark.parametrize("suffix", [".png", ".tif", ".TIFF"])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("transparent", [False, True])
def test_every_bit_and_the_opacity_come_back(
    tmp_path: Path, suffix: str, kind: Any, channels: int, transparent: bool
) -> None:
    alpha = random(kind, 21, 33) if transparent else None
    written = Picture(random(kind, 21, 33, channels), alpha)
    write_picture(written, tmp_path / f"a{suffix}")
    read = read_picture(tmp_path / f"a{suffix}")
    assert read.colours.dtype == kind
    assert np.array_equal(read.colours, np.broadcast_to(written.colours, read.colours.shape))
    assert (read.alpha is None) == (alpha is None)
    if read.alpha is not None and alpha is not None:
        assert np.array_equal(read.alpha, alpha)


@pytest.mark.parametrize(("suffix", "error"), [(".bmp", 0), (".ppm", 0), (".jpg", 6), (".jpeg", 6), (".webp", 9)])
def test_other_formats_keep_the_colours_and_lay_transparent_pixels_over_white(
    tmp_path: Path, suffix: str, error: int
) -> None:
    alpha = np.full((48, 64), 255, np.uint8)
    alpha[:, :32] = 0
    write_picture(Picture(colours(64, 48), alpha), tmp_path / f"a{suffix}")
    read = read_picture(tmp_path / f"a{suffix}")
    assert np.abs(read.colours[:, 36:].astype(int) - colours(64, 48)[:, 36:]).max() <= error
    if suffix == ".webp":
        assert read.alpha is not None
        assert np.array_equal(read.alpha, alpha)
    else:
        assert read.colours[:, :28].min() >= 255 - error


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
def test_pictures_are_turned_as_the_camera_was_held(tmp_path: Path, orientation: int, kind: Any) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / "a.png"
    write_picture(Picture(random(kind, 21, 33, 3)), path)
    eight = Image.fromarray((random(kind, 21, 33, 3) // (257 if kind == np.uint16 else 1)).astype(np.uint8))
    eight.save(tmp_path / "upright.png", exif=exif)
    if kind == np.uint8:
        eight.save(path, exif=exif)
    else:  # 16 bits with the chunk that Pillow writes, in front of the image data
        content, chunk = path.read_bytes(), (tmp_path / "upright.png").read_bytes()
        start = chunk.index(b"eXIf") - 4
        length = int.from_bytes(chunk[start : start + 4]) + 12
        place = content.index(b"IDAT") - 4
        path.write_bytes(content[:place] + chunk[start : start + length] + content[place:])
    read = read_picture(path)
    wanted = read_picture(tmp_path / "upright.png")
    assert read.deep == (kind == np.uint16)
    assert np.array_equal(read.colours // (257 if read.deep else 1), wanted.colours)
    assert wanted.colours.shape == ((21, 33, 3) if orientation < 5 else (33, 21, 3))


@pytest.mark.parametrize("mode", ["1", "P", "CMYK", "YCbCr", "F", "I", "PA"])
def test_modes_that_no_network_takes_are_converted(tmp_path: Path, mode: str) -> None:
    image = Image.fromarray(colours(64, 48)).convert("L" if mode in ("F", "I") else "RGB").convert(mode)
    path = tmp_path / ("a.png" if mode in ("1", "P") else "a.tif")
    if mode == "PA":
        Image.fromarray(colours(64, 48)).convert("P").save(path := tmp_path / "a.png", transparency=0)
    else:
        image.save(path)
    read = read_picture(path)
    assert read.colours.shape[:2] == (48, 64)
    assert not read.deep  # numbers up to 255, as floats or of 32 bits, are grey of 8 bits
    assert (read.alpha is not None) == (mode == "PA")


def test_a_grey_picture_with_a_transparent_shade_has_an_opacity(tmp_path: Path) -> None:
    Image.fromarray(colours(64, 48)).convert("L").save(tmp_path / "a.png", transparency=0)
    alpha = read_picture(tmp_path / "a.png").alpha
    assert alpha is not None
    assert alpha[0, 0] == 0
    assert alpha[-1, -1] == 255


def test_colour_profiles_stay_with_colours_only(tmp_path: Path) -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(colours(64, 48)).save(tmp_path / "a.png", icc_profile=profile)
    read = read_picture(tmp_path / "a.png")
    write_picture(read, tmp_path / "b.jpg")
    write_picture(read._replace(colours=read.colours[:, :, :1]), tmp_path / "grey.png")
    with Image.open(tmp_path / "b.jpg") as coloured, Image.open(tmp_path / "grey.png") as grey:
        assert coloured.info["icc_profile"] == profile
        assert "icc_profile" not in grey.info


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_network_gets_the_channels_it_knows(channels: int) -> None:
    alpha = np.full((48, 64), 100, np.uint8)
    alpha[0] = 0
    for picture in (Picture(colours(64, 48), alpha), Picture(colours(64, 48)[:, :, :1])):
        given = for_network(picture, channels)
        assert given.shape == (48, 64, channels)
        assert given.dtype == np.uint8
    given = for_network(Picture(colours(64, 48), alpha), channels)
    if channels == 4:
        assert np.array_equal(given[:, :, 3], alpha)
    else:
        assert given[0].min() == 255  # nothing is seen there, whatever its colour
        expected = np.array(Image.fromarray(colours(64, 48)).convert({1: "L", 3: "RGB"}[channels]))
        assert np.array_equal(given[1:].squeeze(), expected[1:])


def test_a_translation_keeps_the_opacity_unless_it_brings_its_own() -> None:
    picture = Picture(random(np.uint16, 4, 5, 3), random(np.uint16, 4, 5))
    kept = with_colours(picture, random(np.uint8, 4, 5, 3)).alpha
    assert kept is not None
    assert picture.alpha is not None
    assert np.array_equal(kept, picture.alpha // 257)
    brought = with_colours(picture, random(np.uint8, 4, 5, 4)).alpha
    assert brought is not None
    assert np.array_equal(brought, random(np.uint8, 4, 5, 4)[:, :, 3])


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_tensors_come_back(channels: int) -> None:
    image = torch.from_numpy(random(np.uint8, channels, 5, 7))
    assert torch.equal(to_tensor(picture_of_tensor(image)), image)


def test_a_thumbnail_fits_into_its_square() -> None:
    small = thumbnail(Picture(random(np.uint16, 300, 600, 3), random(np.uint16, 300, 600)), 100)
    assert (small.size, small.mode) == ((100, 50), "RGBA")
    assert thumbnail(Picture(colours(20, 10)), 100).size == (20, 10)


@pytest.mark.parametrize("kind", ["empty", "text", "cut", "missing", "cut 16 bits"])
def test_what_is_no_whole_picture_is_named(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a.png"
    write_picture(Picture(random(np.uint16 if "16" in kind else np.uint8, 50, 50, 3)), path)
    content = path.read_bytes()
    path.write_bytes({"empty": b"", "text": b"hello"}.get(kind, content[: len(content) // 2]))
    if kind == "missing":
        path.unlink()
    with pytest.raises(Unreadable) as caught:
        read_picture(path)
    assert caught.value.reason
