"""Small image files, made on the spot."""

from pathlib import Path
from zlib import crc32

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def write(path: Path, width: int = 24, height: int = 20, seed: int | None = None, mode: str = "RGB") -> Image.Image:
    """Writes a picture of smooth noise, a different one for each path; gives it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    random = np.random.default_rng(crc32(path.name.encode()) if seed is None else seed)
    small = Image.fromarray(random.integers(0, 256, (5, 6, 3), dtype=np.uint8))
    image = small.resize((width, height), Image.Resampling.BICUBIC).convert(mode)
    image.save(path)
    return image


def plain(path: Path, colour: tuple[int, int, int], width: int = 24, height: int = 20) -> None:
    """Writes a picture of one colour."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (width, height), colour).save(path)


def pair(path: Path, left: tuple[int, int, int], right: tuple[int, int, int], width: int = 48) -> None:
    """Writes a file with two sides of one colour each."""
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", (width, 24), left)
    image.paste(right, (width // 2, 0, width, 24))
    image.save(path)


def colours(images: Tensor) -> list[tuple[int, ...]]:
    """The mean colour of each image [N, C, H, W], rounded."""
    means = images.float().mean((2, 3)).round().to(torch.int64)
    return [tuple(mean) for mean in means.tolist()]
