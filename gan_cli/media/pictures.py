"""From [-1, 1] to image files and back: rounding, grids, and pictures that are written whole or not at all."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torchvision.utils import make_grid

from gan_cli.files import write_atomically


def to_uint8(images: Tensor) -> Tensor:
    """Images as saved: [-1, 1] of any float type -> 0..255, rounded, same shape; values outside are clipped."""
    return images.float().add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8)


def to_float(images: Tensor) -> Tensor:
    """Images as a model sees them: uint8 0..255 -> float32 in [-1, 1], same shape; undone exactly by `to_uint8`."""
    return images.to(torch.float32).div_(127.5).sub_(1)


def grid(images: Tensor, columns: int, padding: int = 2) -> Tensor:
    """A grid of images: uint8 [N, C, H, W] -> uint8 [C, H', W'], row by row, white lines of `padding` pixels."""
    sheet: Tensor = make_grid(images, nrow=columns, padding=padding, pad_value=255)
    return sheet[:1] if images.shape[1] == 1 else sheet


def labelled_grid(rows: Sequence[Tensor], names: Sequence[str], padding: int = 2) -> Tensor:
    """One picture with a row for each class and its name in front of it, uint8 [C, H', W'].

    Args:
        rows: For each class uint8 [N, C, H, W]; a row may have fewer images than the first.
        names: What to write.
        padding: White lines between images, in pixels.
    """
    columns = len(rows[0])
    missing = [row.new_full((columns - len(row), *row.shape[1:]), 255) for row in rows]
    images = torch.cat([part for pair in zip(rows, missing, strict=True) for part in pair])
    sheet = grid(images, columns, padding)
    height = images.shape[2]
    font = ImageFont.load_default(size=max(10, min(20, height // 2)))
    margin = max(round(font.getlength(name)) for name in names) + 8
    strip = Image.new("L", (margin, sheet.shape[1]), 255)
    for number, name in enumerate(names):
        middle = padding + number * (height + padding) + height // 2
        ImageDraw.Draw(strip).text((margin - 4, middle), name, fill=0, font=font, anchor="rm")
    written = torch.from_numpy(np.array(strip)).expand(sheet.shape[0], -1, -1)
    return torch.cat([written, sheet], dim=2)


def to_pil(image: Tensor) -> Image.Image:
    """A Pillow image from uint8 [C, H, W] with 1 (grey), 2 (grey, alpha), 3 (RGB) or 4 (RGB, alpha) channels."""
    array = image.permute(1, 2, 0).contiguous().cpu().numpy()
    return Image.fromarray(array[:, :, 0] if image.shape[0] == 1 else array)


def save_png(image: Tensor, path: Path) -> None:
    """Writes uint8 [C, H, W] as PNG; a failed write leaves an existing file as it was."""
    write_atomically(path, lambda file: to_pil(image).save(file, format="PNG"))
