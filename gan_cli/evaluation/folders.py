"""Images of folders and archives, to be compared with others."""

from collections import Counter
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data import archives
from gan_cli.data.archives import File
from gan_cli.errors import UserError
from gan_cli.evaluation.collections import Collection
from gan_cli.media import reading
from gan_cli.media.image_files import SIGNATURES

RESIZING = "bicubic with antialiasing (Pillow)"


def images_at(path: Path, side: int | None, channels: int | None) -> Collection:
    """The images of a folder (with those below it) or a .zip.

    Args:
        path: Where they are.
        side: Side in pixels of the squares that images are resized to (`RESIZING`); None refuses different
            sizes.
        channels: C wanted, 1 or 3; None takes the first image's.

    Raises:
        UserError: If there are no images, one cannot be read, or they are of different sizes.
    """
    if not (path.is_dir() or archives.is_archive(path)):
        raise UserError(f"evaluate: {path} is no folder, no .zip and no .npz")
    files = archives.listing(path)
    if not files:
        raise UserError(f"evaluate: there are no images in {path}; take another, with {', '.join(SIGNATURES)}")
    sizes = Counter(_looked_at(file) for file in files)
    if side is None and len(sizes) > 1:
        named = ", ".join(f"{width}x{height}" for (width, height), _ in sizes.most_common(3))
        raise UserError(f"evaluate: {path} has images of {len(sizes)} sizes ({named}); type --image_size N to resize")
    wanted = channels or (1 if _read(files[0]).mode in ("L", "LA", reading.WIDE) else 3)

    def read(numbers: Tensor) -> Tensor:
        coloured = (reading.to_mode(_read(files[number]), wanted) for number in numbers.tolist())
        return torch.stack([reading.to_tensor(sized(image, side), wanted) for image in coloured])

    return Collection(str(path), "", len(files), read)


def _looked_at(file: File) -> tuple[int, int]:
    try:
        return reading.size(file.path, file.content())
    except reading.Unreadable as error:
        raise _unreadable(error) from error


def _read(file: File) -> Image.Image:
    try:
        return reading.read(file.path, file.content())
    except reading.Unreadable as error:
        raise _unreadable(error) from error


def _unreadable(error: reading.Unreadable) -> UserError:
    return UserError(f"evaluate: {error.path} cannot be read ({error.reason}); mend it, or take it out")


def sized(image: Image.Image, side: int | None) -> Image.Image:
    """The image resized to a square (`RESIZING`); as it is if None, or if it has that size."""
    if side is None or image.size == (side, side):
        return image
    return image.resize((side, side), Image.Resampling.BICUBIC)
