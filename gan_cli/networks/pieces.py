"""An axis in pieces that overlap, for what a network takes only in parts."""

from math import ceil, pi
from typing import NamedTuple

import torch
from torch import Tensor


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


def _rise(length: int) -> Tensor:
    """From almost 0 to almost 1, flat at both ends; with its mirror image it adds up to 1."""
    return torch.sin((torch.arange(length) + 0.5) / length * (pi / 2)).square()
