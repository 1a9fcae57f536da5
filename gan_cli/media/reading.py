"""Image files, whatever their kind, as Pillow images of a few modes and as uint8 tensors."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from gan_cli.media.image_files import HEAD, kind_of

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode for each number of channels C."""

WIDE = "I;16"
"""Pillow's mode for grey with 16 bits."""

NUMBERS = ("F", "I")
"""Pillow's modes for floats and whole numbers of 32 bits."""

ORIENTATION = 0x0112
"""EXIF's tag for the orientation; from value 5 on, width and height change places."""

TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
"""The operation that undoes each orientation."""

END_OF_JPEG = b"\xff\xd9"
TAIL = 4096
"""A whole JPEG has its end mark within this many last bytes, unless something long was added after it."""

MAX_PIXELS = 89_478_485
"""An image may have this many pixels unless another limit is given: Pillow's limit, 256 MB of colours."""


class Unreadable(Exception):
    """A file that is no whole image.

    Args:
        path: The file.
        reason: Why, in a few words.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason


def read(path: Path, content: bytes | None = None, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Image.Image:
    """A file's image, decoded whole and turned as its EXIF orientation says.

    Args:
        path: The file, or what to call the content.
        content: The file's bytes, where it is in an archive.
        max_pixels: More are not decoded: a small file can unpack to any size.
        at_least: Pixels that the shorter side needs: a JPEG is decoded at a half, a quarter or an eighth of its
            size where that leaves as many, which is faster. 0 decodes all.

    Returns:
        Mode "L", "LA", "RGB", "RGBA" or "I;16" (grey of 16 bits); palettes, CMYK and other kinds are converted, and
        numbers of 32 bits are taken for grey up to `white_of`. The first frame of several.

    Raises:
        Unreadable: If it is no image, is cut short, has too many pixels, or holds numbers that are no grey.
    """
    with _opened(path, content, max_pixels) as image:
        if at_least and image.format == "JPEG":
            image.draft(None, (at_least, at_least))
        image.load()
        return _plain(_upright(image), path)


class Examined(NamedTuple):
    """The properties of a file, as it was written.

    Attributes:
        image: As `read` gives it.
        mode: Pillow's name for its colours and depth, before they were converted.
        kind: Its format, such as "PNG", whatever its name says.
        frames: How many images it holds.
        turned: Whether its EXIF orientation turns or mirrors it.
        white: What `white_of` takes for white where it holds numbers; 0 for other images.
    """

    image: Image.Image
    mode: str
    kind: str
    frames: int
    turned: bool
    white: int = 0


def examine(path: Path, content: bytes | None = None, max_pixels: int = MAX_PIXELS) -> Examined:
    """Looks at a file closely; it is decoded whole.

    Args:
        path: The file, or what to call the content.
        content: The file's bytes, where they are at hand.
        max_pixels: More are not decoded.

    Raises:
        Unreadable: If it is no image, is cut short, or has too many pixels.
    """
    with _opened(path, content, max_pixels) as image:
        frames, turned = getattr(image, "n_frames", 1), image.getexif().get(ORIENTATION, 1) > 1
        image.load()
        mode, kind = image.mode, image.format or ""
        plain = _plain(_upright(image), path)
        return Examined(plain, mode, kind, frames, turned, white_of(image) if mode in NUMBERS else 0)


def size(path: Path, content: bytes | None = None, max_pixels: int = MAX_PIXELS) -> tuple[int, int]:
    """Width and height of a file's image, turned as its EXIF orientation says; its pixels are not decoded.

    Args:
        path: The file, or what to call the content.
        content: The file's bytes, where it is in an archive.
        max_pixels: More are refused.

    Raises:
        Unreadable: If the file is no image, or its header, its checksums or its end say that it is not whole.
    """
    with _opened(path, content, max_pixels) as image:
        width, height = image.size
        if image.format == "JPEG" and END_OF_JPEG not in _tail(path, content):
            image.load()  # it is cut short, or something long was added
        sideways = image.getexif().get(ORIENTATION, 1) >= 5
    with _opened(path, content, max_pixels) as image:  # again: the orientation's reading moves on in the file
        image.verify()
    return (height, width) if sideways else (width, height)


def values(path: Path, content: bytes | None = None, max_pixels: int = MAX_PIXELS) -> NDArray[Any]:
    """A file's numbers as they are written, [H, W] or [H, W, C], turned as its EXIF orientation says.

    Of a palette they are the numbers of its entries and not their colours, of 16 bits all of them.

    Args:
        path: The file, or what to call the content.
        content: The file's bytes, where it is in an archive.
        max_pixels: More are not decoded.

    Raises:
        Unreadable: If it is no image, is cut short, has too many pixels, or is in no plain colours.
    """
    with _opened(path, content, max_pixels) as image:
        image.load()
        if image.mode not in ("1", "L", "P", "I", "RGB", "RGBA") and not image.mode.startswith("I;16"):
            raise Unreadable(path, f"its pixels are no numbers of classes ({image.mode}); save it as PNG of 8 bits")
        return np.array(_upright(image))


def to_mode(image: Image.Image, channels: int) -> Image.Image:
    """An image of `read` in the mode of so many channels, 8 bits each.

    16 bits are scaled to 8, grey is repeated or colours are weighed (ITU-R 601) as the channels ask for. Transparent
    pixels lie over white unless there are four channels.

    Args:
        image: As `read` gives it.
        channels: C: 1, 3 or 4.
    """
    if image.mode == WIDE:
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) // 257).astype(np.uint8))
    if channels != 4 and image.mode in ("LA", "RGBA"):
        colours = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), colours).convert("RGB")
    return image if image.mode == MODES[channels] else image.convert(MODES[channels])


def to_tensor(image: Image.Image, channels: int) -> Tensor:
    """An image of `read` as a network's data has it, uint8 [C, H, W]; converted by `to_mode`.

    Args:
        image: As `read` gives it.
        channels: C: 1, 3 or 4.
    """
    array = np.array(to_mode(image, channels))
    return torch.from_numpy(array).reshape(image.height, image.width, channels).permute(2, 0, 1).contiguous()


@contextmanager
def _opened(path: Path, content: bytes | None, max_pixels: int) -> Iterator[Image.Image]:
    """Opens an image, and turns the many errors of Pillow's readers, here and within the block, into one kind.

    Raises:
        Unreadable: If they raise anything, or the image has too many pixels.
    """
    if Image.MAX_IMAGE_PIXELS and max_pixels > Image.MAX_IMAGE_PIXELS:
        Image.MAX_IMAGE_PIXELS = max_pixels  # more were asked for; never lowered, because threads share it
    try:
        with _found(path, content) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(path, max_pixels)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, max_pixels) from error
    except UnidentifiedImageError as error:
        raise Unreadable(path, _why_unknown(_head(path, content))) from error
    except OSError as error:
        raise Unreadable(path, error.strerror or f"damaged ({error})") from error
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # on broken chunks its readers raise whatever they stumble upon
        raise Unreadable(path, f"damaged ({error})") from error


def _found(path: Path, content: bytes | None) -> Image.Image:
    """The image as Pillow opens it, which learns HEIF where that is needed and possible."""
    try:
        return Image.open(path if content is None else io.BytesIO(content))
    except UnidentifiedImageError:
        if kind_of(_head(path, content)) == "HEIF" and _learns_heif():
            return Image.open(path if content is None else io.BytesIO(content))
        raise


def _learns_heif() -> bool:
    """Whether Pillow reads HEIF from now on: if pillow-heif is installed."""
    try:
        import pillow_heif
    except ImportError:
        return False
    pillow_heif.register_heif_opener()
    return True


def _why_unknown(head: bytes) -> str:
    """Why Pillow does not know a file that begins so."""
    if kind_of(head) == "HEIF":
        return "HEIC, which needs pillow-heif: pip install 'gan-cli[heif]'"
    if kind := kind_of(head):
        return f"a {kind} of a kind that cannot be read; save it as PNG"
    return "no image" if head else "empty"


def _head(path: Path, content: bytes | None) -> bytes:
    if content is not None:
        return content[:HEAD]
    with open(path, "rb") as file:
        return file.read(HEAD)


def _tail(path: Path, content: bytes | None) -> bytes:
    if content is not None:
        return content[-TAIL:]
    with open(path, "rb") as file:
        file.seek(-min(TAIL, path.stat().st_size), os.SEEK_END)
        return file.read()


def _too_large(path: Path, limit: int) -> Unreadable:
    return Unreadable(path, f"more than {limit:,} pixels")


def _upright(image: Image.Image) -> Image.Image:
    """The image turned as its orientation says; the same object if nothing is to be done, because a copy takes time."""
    turn = TURNS.get(image.getexif().get(ORIENTATION, 1))
    return image if turn is None else image.transpose(turn)


def _plain(image: Image.Image, path: Path) -> Image.Image:
    """The image in one of the modes that `read` promises.

    Raises:
        Unreadable: If it holds numbers that are no grey.
    """
    if image.mode in NUMBERS or (image.mode.startswith("I;") and image.mode != WIDE):
        return _grey(image, path)
    if "transparency" in image.info and image.mode in ("1", "L", "RGB"):  # one colour is transparent
        return image.convert("RGBA" if image.mode == "RGB" else "LA")
    if image.mode in ("L", "LA", "RGB", "RGBA", WIDE):
        return image
    if image.mode == "1":
        return image.convert("L")
    transparent = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def white_of(image: Image.Image) -> int:
    """The number that stands for white in a Pillow image of numbers (modes "F" and "I"): 1, 255 or 65535.

    No file says it, so it is the smallest of them that is not exceeded; only a PGM always means 65535.
    """
    high = float(np.asarray(image).max())
    if image.mode == "F" and high <= 1:
        return 1
    return 255 if high <= 255 and image.format != "PPM" and not image.mode.startswith("I;") else 65535


def _grey(image: Image.Image, path: Path) -> Image.Image:
    """Numbers as grey of 8 or 16 bits."""
    values = np.asarray(image)
    if not np.isfinite(values).all():
        raise Unreadable(path, "holds numbers that are not finite")
    low, high = values.min(), values.max()
    if low < 0 or high > 65535:
        raise Unreadable(path, f"holds numbers from {low:g} to {high:g}, and grey goes from 0 to 1, 255 or 65535")
    white = white_of(image)
    if white == 255:
        return Image.fromarray(values.round().astype(np.uint8))
    return Image.fromarray((values * (65535 / white)).round().astype(np.uint16))
