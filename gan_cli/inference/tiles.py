"""Images of sizes that a network does not take: padding, overlapping tiles, and seams that do not show."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from math import ceil
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.media.picture_files import Pixels
from gan_cli.networks.pieces import pieces


class Frame(NamedTuple):
    """An image with a border around it.

    Attributes:
        pixels: uint8 or uint16 [H', W', C].
        top: Rows above the image.
        left: Columns before it.
    """

    pixels: Pixels
    top: int
    left: int


def framed(pixels: Pixels, least: int, multiple: int) -> Frame:
    """The image with a mirrored border around it that makes its height and width possible.

    A border wider than the image is mirrored again and again, where torch's reflection would refuse.

    Args:
        pixels: uint8 or uint16 [H, W, C].
        least: Smallest height and width wanted.
        multiple: Height and width are to be multiples of it.
    """
    missing = [max(least, ceil(side / multiple) * multiple) - side for side in pixels.shape[:2]]
    if not any(missing):
        return Frame(pixels, 0, 0)
    before = [extra // 2 for extra in missing]
    widths = [*((first, extra - first) for first, extra in zip(before, missing, strict=True)), (0, 0)]
    return Frame(np.pad(pixels, widths, mode="reflect"), *before)


def in_tiles(
    translate: Callable[[Pixels], Tensor], pixels: Pixels, tile: int, overlap: int, multiple: int = 1, scale: int = 1
) -> Iterator[Tensor]:
    """The whole image's translation, made of its tiles' translations, in bands from top to bottom.

    Beside the image, only two rows of tiles are in memory.

    Args:
        translate: Gives float [C', sH, sW] from pixels [H, W, C].
        pixels: uint8 or uint16 [H, W, C].
        tile: Side of the tiles; a side of the image that is no longer is not cut.
        overlap: Pixels that neighbours share at least.
        multiple: Tiles start at multiples of it.
        scale: s, how many times larger a translation is.

    Yields:
        float32 [C', rows, sW] on the CPU.
    """
    height, width = pixels.shape[:2]
    rows = pieces(height, tile, overlap, multiple, scale)
    columns = pieces(width, tile, overlap, multiple, scale)
    begun = torch.empty(0)
    for row, following in zip_longest(rows, rows[1:]):
        band = torch.empty(0)
        for column in columns:
            part = pixels[row.start : row.start + row.length, column.start : column.start + column.length]
            made = translate(part).float().cpu()
            if not len(band):
                band = torch.zeros(len(made), len(row.weights), width * scale)
            left = column.start * scale
            band[:, :, left : left + len(column.weights)] += made * row.weights[:, None] * column.weights
        if len(begun):
            band[:, : begun.shape[1]] += begun
        done = (following.start - row.start) * scale if following else band.shape[1]
        yield band[:, :done]
        begun = band[:, done:]
