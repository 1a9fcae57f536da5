"""Boxes drawn on pictures, each in the colour of its class, with its name and score."""

import colorsys
from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from PIL import ImageDraw, ImageFont
from torch import Tensor

from gan_cli.media.pictures import to_pil

LETTERS = 11
"""Height of names, in pixels."""
LEAST = 192
"""Smaller pictures are enlarged before boxes are drawn on them, each pixel to a square, so that names can be read."""


def drawn(pictures: Tensor, rows: Tensor, names: Sequence[str], least: int = LEAST) -> Tensor:
    """Pictures with boxes on them, uint8 [N, 3, H', W']; with scores, but for those of 1, which are known.

    Args:
        pictures: uint8 [N, C, H, W].
        rows: As `media.boxes.Boxes` keeps them, in pixels of the pictures, [N, P, 6].
        names: Of the classes; a class without one is written as its number.
        least: The shorter side of what is drawn, at least.
    """
    height, width = pictures.shape[2:]
    by = max(1, -(-least // min(height, width)))
    both = zip(pictures, rows, strict=True)
    return torch.stack([_with_boxes(picture, of_one, names, by) for picture, of_one in both])


def _with_boxes(picture: Tensor, rows: Tensor, names: Sequence[str], by: int) -> Tensor:
    large = picture.repeat_interleave(by, 1).repeat_interleave(by, 2)
    image = to_pil(large).convert("RGB")
    brush = ImageDraw.Draw(image)
    for x1, y1, x2, y2, number, score in rows[~rows[:, 0].isnan()].flip(0).tolist():  # the surest last, on top
        colour = colour_of(int(number))
        left, top, right, bottom = (round(by * edge) for edge in (x1, y1, x2, y2))
        brush.rectangle((left, top, max(left, right - 1), max(top, bottom - 1)), outline=colour, width=1 + (by > 1))
        name = str(names[int(number)]) if int(number) < len(names) else str(int(number))
        _write(brush, (left, top), f"{name} {score:.2f}" if score < 1 else name, colour, image.width)
    return torch.from_numpy(np.array(image)).permute(2, 0, 1)


Colour = tuple[int, int, int]


def _write(brush: ImageDraw.ImageDraw, corner: tuple[int, int], text: str, colour: Colour, width: int) -> None:
    """Writes a name above a box, or inside it where there is no room above."""
    left, top = corner
    size = round(_font().getlength(text)) + 2
    left = max(0, min(left, width - size))
    above = top - LETTERS - 1 if top > LETTERS else top
    brush.rectangle((left, above, left + size, above + LETTERS), fill=colour)
    ink = (0, 0, 0) if sum(colour) > 380 else (255, 255, 255)
    brush.text((left + 1, above + LETTERS // 2), text, fill=ink, font=_font(), anchor="lm")


def colour_of(number: int) -> tuple[int, int, int]:
    """A bright colour for a class; those of neighbours are far apart (steps of the golden section around the hues)."""
    red, green, blue = colorsys.hsv_to_rgb(number * 0.618034 % 1, 0.8, 1.0)
    return round(255 * red), round(255 * green), round(255 * blue)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=LETTERS)
