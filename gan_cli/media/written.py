"""Sentences as pictures, and below pictures of what they say."""

from collections.abc import Sequence
from functools import cache

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

SIZE = 11
"""Of the letters, in pixels."""
LEADING = 13
"""From a line to the next."""
MARGIN = 3
NARROWEST = 96
"""Pictures that are narrower are enlarged before a sentence is written below them."""
MOST = 6
"""At most so many lines are written; what is left out is marked by an ellipsis."""


def written(sentences: Sequence[str], width: int, least: int = 0) -> Tensor:
    """Pictures of sentences, black on white, uint8 [N, H, W], all as high as the longest needs.

    Args:
        sentences: N of them, of any length.
        width: W, in pixels; lines are broken there.
        least: H, at least.
    """
    broken = [_broken(sentence, width - 2 * MARGIN) for sentence in sentences]
    height = max(least, 2 * MARGIN + LEADING * max(map(len, broken), default=1))
    return torch.stack([_drawn(lines, width, height) for lines in broken])


def with_lines(pictures: Tensor, sentences: Sequence[str]) -> Tensor:
    """Pictures with a sentence below each; small ones are enlarged so far that it can be read.

    Args:
        pictures: uint8 [N, C, H, W].
        sentences: N of them.

    Returns:
        uint8 [N, C, H', W'].
    """
    by = -(-NARROWEST // pictures.shape[3])
    large = pictures.repeat_interleave(by, 2).repeat_interleave(by, 3)
    below = written(sentences, large.shape[3])[:, None].repeat(1, pictures.shape[1], 1, 1)
    if pictures.shape[1] in (2, 4):
        below[:, -1] = 255  # opacity
    return torch.cat([large, below], dim=2)


@cache
def _font() -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=SIZE)


def _broken(sentence: str, width: int) -> list[str]:
    """A sentence as lines that fit."""
    lines = [""]
    for word in sentence.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and _font().getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines if len(lines) <= MOST else [*lines[: MOST - 1], f"{lines[MOST - 1]} \u2026"]


def _drawn(lines: Sequence[str], width: int, height: int) -> Tensor:
    picture = Image.new("L", (width, height), 255)
    for number, line in enumerate(lines):
        place = (width // 2, MARGIN + LEADING * number + LEADING // 2)
        ImageDraw.Draw(picture).text(place, line, fill=0, font=_font(), anchor="mm")
    return torch.from_numpy(np.array(picture))
