"""Image files, whatever their kind, as Pillow images of a few modes and as uint8 tensors."""

import warnings
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
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as image:
                image.load()
                return _plain(ImageOps.exif_transpose(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable(path, f"more than {Image.MAX_IMAGE_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise Unreadable(path, "empty" if path.stat().st_size == 0 else "no image") from error
    except OSError as error:
        raise Unreadable(path, error.strerror or f"damaged ({error})") from error
    except (SyntaxError, ValueError, EOFError) as error:  # what Pillow's readers raise on broken chunks
        raise Unreadable(path, f"damaged ({error})") from error


def to_tensor(image: Image.Image, channels: int) -> Tensor:
    """An image of `read` as a network's data has it, uint8 [C, H, W].

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
    array = np.array(image.convert(MODES[channels]))
    return torch.from_numpy(array).reshape(image.height, image.width, channels).permute(2, 0, 1).contiguous()


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
