"""Images of sizes that a network does not take: padding, overlapping tiles, and seams that do not show."""

from collections.abc import Callable, Iterator
from itertools import zip_longest
from math import ceil, pi
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.media.picture_files import Pixels


class Piece(NamedTuple):
    """The piece of one axis that a tile covers.

    Attributes:
        start: Its first pixel.
        length: Its pixels.
        weights: How much each pixel of its translation counts, [length * scale]; those of all pieces add up to 1 at
            every pixel.
    """

    start: int
    length: int
    weights: Tensor


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


def pieces(length: int, tile: int, overlap: int, multiple: int = 1, scale: int = 1) -> list[Piece]:
    """Cuts one axis into tiles that overlap; where two meet, one fades out as the other fades in.

    Args:
        length: Pixels of the axis.
        tile: Pixels of a tile; one piece has all where there are no more.
        overlap: Pixels that neighbours share at least, up to half a tile.
        multiple: Tiles start at multiples of it, so that strided layers see every tile as they see the whole image;
            `length` and `tile` are multiples too.
        scale: How many times longer a translation is; they fade at its resolution, so that no steps show.
    """
    if length <= tile:
        return [Piece(0, length, torch.ones(length * scale))]
    count = ceil((length - overlap) / (tile - overlap))
    starts = [round(k * (length - tile) / (count - 1) / multiple) * multiple for k in range(count)]
    raw = torch.zeros(count, length * scale)
    covered = [slice(start * scale, (start + tile) * scale) for start in starts]
    for number, place in enumerate(covered):
        weights = torch.ones(tile * scale)
        if number > 0 and (shared := covered[number - 1].stop - place.start) > 0:
            weights[:shared] *= _rise(shared)
        if number < count - 1 and (shared := place.stop - covered[number + 1].start) > 0:
            weights[-shared:] *= _rise(shared).flip(0)
        raw[number, place] = weights
    shares = raw / raw.sum(dim=0)
    return [Piece(start, tile, shares[number, covered[number]]) for number, start in enumerate(starts)]


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


def _rise(length: int) -> Tensor:
    """From almost 0 to almost 1, flat at both ends; with its mirror image it adds up to 1."""
    return torch.sin((torch.arange(length) + 0.5) / length * (pi / 2)).square()
