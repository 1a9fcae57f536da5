"""Images larger or odder than a network takes: padding, overlapping tiles, and seams that do not show."""

from collections.abc import Callable
from math import ceil, pi
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.media.picture_files import Pixels


class Piece(NamedTuple):
    """What a tile covers of one axis.

    Attributes:
        start: Its first pixel.
        weights: How much each of its pixels counts, [length]; those of all pieces add up to 1 at every pixel.
    """

    start: int
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
    """The image with so much of its mirror image around it that both sides are possible.

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


def pieces(length: int, tile: int, overlap: int, multiple: int = 1) -> list[Piece]:
    """Cuts one axis into tiles that overlap; where two meet, one fades out as the other fades in.

    Args:
        length: Pixels of the axis.
        tile: Pixels of a tile; one piece has all where there are no more.
        overlap: Pixels that neighbours share at least, up to half a tile.
        multiple: Tiles start at multiples of it, so that strided layers see every tile as they see the whole image;
            `length` and `tile` are multiples too.
    """
    if length <= tile:
        return [Piece(0, torch.ones(length))]
    count = ceil((length - overlap) / (tile - overlap))
    starts = [round(k * (length - tile) / (count - 1) / multiple) * multiple for k in range(count)]
    raw = torch.zeros(count, length)
    for number, start in enumerate(starts):
        weights = torch.ones(tile)
        if number > 0 and (shared := starts[number - 1] + tile - start) > 0:
            weights[:shared] *= _rise(shared)
        if number < count - 1 and (shared := start + tile - starts[number + 1]) > 0:
            weights[-shared:] *= _rise(shared).flip(0)
        raw[number, start : start + tile] = weights
    shares = raw / raw.sum(dim=0)
    return [Piece(start, shares[number, start : start + tile]) for number, start in enumerate(starts)]


def in_tiles(
    translate: Callable[[Pixels], Tensor], pixels: Pixels, tile: int, overlap: int, multiple: int = 1
) -> Tensor:
    """The whole image's translation, made of its tiles' translations; float32 [C', H, W] on the CPU.

    Beside the image and the result one tile at a time is held.

    Args:
        translate: Gives float [C', H, W] from pixels [H, W, C].
        pixels: uint8 or uint16 [H, W, C].
        tile: Side of the tiles; a side of the image that is no longer is not cut.
        overlap: Pixels that neighbours share at least.
        multiple: Tiles start at multiples of it.
    """
    height, width = pixels.shape[:2]
    whole = torch.empty(0)
    for row in pieces(height, tile, overlap, multiple):
        rows = slice(row.start, row.start + len(row.weights))
        for column in pieces(width, tile, overlap, multiple):
            columns = slice(column.start, column.start + len(column.weights))
            made = translate(pixels[rows, columns]).float().cpu()
            if not len(whole):
                whole = torch.zeros(len(made), height, width)
            whole[:, rows, columns] += made * row.weights[:, None] * column.weights
    return whole


def _rise(length: int) -> Tensor:
    """From almost 0 to almost 1, flat at both ends; with its mirror image it adds up to 1."""
    return torch.sin((torch.arange(length) + 0.5) / length * (pi / 2)).square()
