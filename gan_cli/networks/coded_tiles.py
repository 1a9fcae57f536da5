"""Codes of images of any size, and images of them: what is large goes through the networks in tiles."""

from collections.abc import Callable, Iterator
from itertools import product
from math import prod

import torch
from torch import Tensor

from gan_cli.networks.pieces import Piece, pieces
from gan_cli.networks.vqgan import CodedImages

AT_ONCE = 64**2
"""At most this many codes are computed at once, or a tile: attention takes memory by the square of a tile's."""
SHARED = 4
"""Neighbouring tiles share a part of their sides: one in so many."""


def encode(network: CodedImages, images: Tensor, tile: int) -> Tensor:
    """Codes, int64 [N, h, w], of images [N, C, f h, f w]; each code is of the tile that it is deepest in.

    Args:
        network: In eval mode.
        images: In [-1, 1].
        tile: Side of the tiles in codes; a side of the image that is no longer is not cut.
    """
    height, width = (side // network.factor for side in images.shape[2:])
    rows, columns = _axis(height, tile), _axis(width, tile)
    found = torch.empty(len(images), height, width, dtype=torch.int64, device=images.device)
    own = (_own(rows, height), _own(columns, width))

    def cut(image: int, row: int, column: int) -> Tensor:
        top, left = rows[row].start * network.factor, columns[column].start * network.factor
        high, wide = rows[row].length * network.factor, columns[column].length * network.factor
        return images[image, :, top : top + high, left : left + wide]

    for places, codes in _passed(network.encode, cut, (len(images), len(rows), len(columns)), _size(rows, columns)):
        for (image, row, column), made in zip(places, codes, strict=True):
            (top, bottom), (left, right) = own[0][row], own[1][column]
            above, before = rows[row].start, columns[column].start
            found[image, top:bottom, left:right] = made[top - above : bottom - above, left - before : right - before]
    return found


def decode(network: CodedImages, codes: Tensor, tile: int) -> Tensor:
    """Images [N, C, f h, f w] of codes [N, h, w]; where tiles meet, one fades out as the other fades in.

    Args:
        network: In eval mode.
        codes: int64, each below the number of the network's codes.
        tile: As for `encode`.
    """
    factor = network.factor
    rows, columns = (_axis(side, tile, factor) for side in codes.shape[1:])
    found = torch.empty(0)

    def cut(image: int, row: int, column: int) -> Tensor:
        top, left = rows[row].start, columns[column].start
        return codes[image, top : top + rows[row].length, left : left + columns[column].length]

    for places, images in _passed(network.decode, cut, (len(codes), len(rows), len(columns)), _size(rows, columns)):
        if not len(found):
            sides = [side * factor for side in codes.shape[1:]]
            found = images.new_zeros(len(codes), images.shape[1], *sides)
        for (image, row, column), made in zip(places, images, strict=True):
            top, left = rows[row].start * factor, columns[column].start * factor
            high, wide = (piece.weights.to(made) for piece in (rows[row], columns[column]))
            found[image, :, top : top + len(high), left : left + len(wide)] += made * high[:, None] * wide
    return found


def _axis(length: int, tile: int, scale: int = 1) -> list[Piece]:
    return pieces(length, tile, tile // SHARED, scale=scale)


def _own(axis: list[Piece], length: int) -> list[tuple[int, int]]:
    """First and last place, the latter not included, that each piece of an axis is the deepest for."""
    weights = torch.zeros(len(axis), length)
    for number, piece in enumerate(axis):
        weights[number, piece.start : piece.start + piece.length] = piece.weights
    counts = torch.bincount(weights.argmax(0), minlength=len(axis)).cumsum(0).tolist()
    return list(zip([0, *counts], counts, strict=False))


def _size(rows: list[Piece], columns: list[Piece]) -> int:
    return rows[0].length * columns[0].length


def _passed(
    network: Callable[[Tensor], Tensor], cut: Callable[[int, int, int], Tensor], counts: tuple[int, ...], size: int
) -> Iterator[tuple[list[tuple[int, ...]], Tensor]]:
    """The network's outputs of all tiles, so many at once as fit, each with its image, row and column."""
    places: list[tuple[int, ...]] = [*product(*map(range, counts))]
    at_once = max(1, AT_ONCE // size)
    for start in range(0, prod(counts), at_once):
        some = places[start : start + at_once]
        yield some, network(torch.stack([cut(*place) for place in some]))
