"""Image files, whatever their kind, as Pillow images of a few modes and as uint8 tensors."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from gan_cli.errors import UserError

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})
"""File endings, in lower case, of the images in a folder."""

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's mode for each number of channels C."""

WIDE = "I;16"
"""Pillow's mode for grey with 16 bits."""

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


def image_names(folder: Path) -> list[str]:
    """The image files below a folder, by their endings: paths from there with "/", sorted; without hidden ones.

    Links are followed; a folder is entered once, by the first of its names, so links in a circle end.

    Raises:
        UserError: If a folder cannot be read: images in it would be missing without a word.
    """
    found: list[str] = []
    entered = {_identity(folder.stat())}
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            with os.scandir(folder / below) as entries:
                here = sorted((entry for entry in entries if not entry.name.startswith(".")), key=lambda e: e.name)
            folders = []
            for entry in here:
                if _leads_to_folder(entry):
                    if (identity := _identity(entry.stat())) not in entered:
                        entered.add(identity)
                        folders.append(f"{below}{entry.name}/")
                elif is_image_name(entry.name) and entry.is_file():
                    found.append(below + entry.name)
        except OSError as error:
            raise UserError(
                f"{folder / below} cannot be read ({error.strerror}); mend its permissions, or move it away"
            ) from error
        pending += folders[::-1]
    return sorted(found)


def is_image_name(name: str) -> bool:
    """Whether a name ends like that of an image."""
    return f".{name.rpartition('.')[2].lower()}" in SUFFIXES


def read(path: Path, content: bytes | None = None, max_pixels: int = MAX_PIXELS, at_least: int = 0) -> Image.Image:
    """A file's image, decoded whole and turned as its EXIF orientation says.

    Args:
        path: The file, or what to call the content.
        content: The file's bytes, where it is in an archive.
        max_pixels: More are not decoded: a small file can unpack to any size.
        at_least: Pixels that the shorter side needs: a JPEG is decoded at a half, a quarter or an eighth of its
            size where that leaves as many, which is faster. 0 decodes all.

    Returns:
        Mode "L", "LA", "RGB", "RGBA" or "I;16" (grey of 16 bits); palettes, CMYK and other kinds are converted. The
        first frame of several.

    Raises:
        Unreadable: If it is no image, is cut short, or has too many pixels.
    """
    with _opened(path, content, max_pixels) as image:
        if at_least and image.format == "JPEG":
            image.draft(None, (at_least, at_least))
        image.load()
        return _plain(_upright(image))


class Examined(NamedTuple):
    """The properties of a file, as it was written.

    Attributes:
        image: As `read` gives it.
        mode: Pillow's name for its colours and depth, before they were converted.
        kind: Its format, such as "PNG", whatever its name says.
        frames: How many images it holds.
        turned: Whether its EXIF orientation turns or mirrors it.
    """

    image: Image.Image
    mode: str
    kind: str
    frames: int
    turned: bool


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
        return Examined(_plain(_upright(image)), mode, kind, frames, turned)


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
        with Image.open(path if content is None else io.BytesIO(content)) as image:
            if image.width * image.height > max_pixels:
                raise _too_large(path, max_pixels)
            yield image
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path, max_pixels) from error
    except UnidentifiedImageError as error:
        empty = content == b"" if content is not None else path.stat().st_size == 0
        raise Unreadable(path, "empty" if empty else "no image") from error
    except OSError as error:
        raise Unreadable(path, error.strerror or f"damaged ({error})") from error
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # on broken chunks its readers raise whatever they stumble upon
        raise Unreadable(path, f"damaged ({error})") from error


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


def _plain(image: Image.Image) -> Image.Image:
    """The image in one of the modes that `read` promises."""
    if image.mode in ("I", "I;16B", "I;16L", "I;16N"):
        return Image.fromarray(np.asarray(image).clip(0, 65535).astype(np.uint16))
    if image.mode in ("L", "LA", "RGB", "RGBA", WIDE):
        return image
    if image.mode == "F":
        return Image.fromarray(np.asarray(image).clip(0, 255).astype(np.uint8))
    if image.mode == "1":
        return image.convert("L")
    transparent = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _leads_to_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself
        return False


def _identity(status: os.stat_result) -> tuple[int, int]:
    """The numbers that tell folders apart, whatever their names."""
    return status.st_dev, status.st_ino
