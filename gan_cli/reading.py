"""Image files, whatever their kind, as Pillow images of a few modes and as uint8 tensors."""

import time
import warnings
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor

SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm"})
"""Endings, in small letters, of what a folder's images are."""

MODES = {1: "L", 3: "RGB", 4: "RGBA"}
"""Pillow's name for C channels."""

WIDE = "I;16"
"""Pillow's mode of grey with 16 bits."""

ORIENTATION = 0x0112
"""EXIF's tag; from 5 on width and height change places."""

THREADS = 4
"""That open files beside each other: most of it is waiting for the disk."""


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


def find_images(folder: Path) -> list[Path]:
    """The image files below a folder, by their endings, sorted; without hidden files and hidden folders."""
    found = (path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    return sorted(path for path in found if path.is_file() and not _hidden(path.relative_to(folder)))


def read(path: Path) -> Image.Image:
    """A file's image, decoded whole and turned as its EXIF orientation says.

    Returns:
        Mode "L", "LA", "RGB", "RGBA" or "I;16" (grey of 16 bits); palettes, CMYK and other kinds are converted. The
        first frame of several.

    Raises:
        Unreadable: If it is no image, is cut short, or has more pixels than `PIL.Image.MAX_IMAGE_PIXELS` allows.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        with _told(path), Image.open(path) as image:
            image.load()
            return _plain(ImageOps.exif_transpose(image))


def size(path: Path) -> tuple[int, int]:
    """Width and height of a file's image, turned as its EXIF orientation says; its pixels are not decoded.

    Raises:
        Unreadable: If the file is no image, or its header or checksums say that it is not whole. A JPEG that is cut
            short shows it only to `read`.
    """
    with _told(path):
        with Image.open(path) as image:
            width, height = image.size
            sideways = image.getexif().get(ORIENTATION, 1) >= 5
        with Image.open(path) as image:  # anew: reading the orientation may have moved on in the file
            image.verify()
    if Image.MAX_IMAGE_PIXELS and width * height > Image.MAX_IMAGE_PIXELS:
        raise _too_large(path)
    return (height, width) if sideways else (width, height)


def sizes(paths: Iterable[Path], seconds: float) -> dict[Path, tuple[int, int] | Unreadable]:
    """What `size` says of each file, or why it says nothing, by several threads.

    Args:
        paths: The files.
        seconds: After that no further file is opened, and those left are missing in what is given.
    """
    end = time.monotonic() + seconds

    def look(path: Path) -> tuple[int, int] | Unreadable | None:
        if time.monotonic() > end:
            return None
        try:
            return size(path)
        except Unreadable as error:
            return error

    wanted = list(dict.fromkeys(paths))
    with warnings.catch_warnings():  # set once, because threads share it
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        with ThreadPoolExecutor(THREADS) as pool:
            found = list(pool.map(look, wanted))
    return {path: seen for path, seen in zip(wanted, found, strict=True) if seen is not None}


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
    return image.convert(MODES[channels])


def to_tensor(image: Image.Image, channels: int) -> Tensor:
    """An image of `read` as a network's data has it, uint8 [C, H, W]; converted by `to_mode`.

    Args:
        image: As `read` gives it.
        channels: C: 1, 3 or 4.
    """
    array = np.array(to_mode(image, channels))
    return torch.from_numpy(array).reshape(image.height, image.width, channels).permute(2, 0, 1).contiguous()


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Says in one way what Pillow's readers raise in many.

    Raises:
        Unreadable: Whatever they have raised.
    """
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_large(path) from error
    except UnidentifiedImageError as error:
        raise Unreadable(path, "empty" if path.stat().st_size == 0 else "no image") from error
    except OSError as error:
        raise Unreadable(path, error.strerror or f"damaged ({error})") from error
    except (SyntaxError, ValueError, EOFError) as error:  # what they raise on broken chunks
        raise Unreadable(path, f"damaged ({error})") from error


def _too_large(path: Path) -> Unreadable:
    return Unreadable(path, f"more than {Image.MAX_IMAGE_PIXELS:,} pixels")


def _plain(image: Image.Image) -> Image.Image:
    """The same image in one of the modes that `read` promises."""
    if image.mode in ("I", "I;16B", "I;16L", "I;16N"):
        return Image.fromarray(np.asarray(image).clip(0, 65535).astype(np.uint16))
    if image.mode in ("L", "LA", "RGB", "RGBA", WIDE):
        return image.copy()
    if image.mode == "F":
        return Image.fromarray(np.asarray(image).clip(0, 255).astype(np.uint8))
    if image.mode == "1":
        return image.convert("L")
    transparent = image.mode in ("PA", "La", "RGBa") or "transparency" in image.info
    return image.convert("RGBA" if transparent else "RGB")


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)
