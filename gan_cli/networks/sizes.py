"""The sizes of images that convolutional networks make: a small first map, doubled several times."""

from collections.abc import Sequence
from typing import NamedTuple

from gan_cli.errors import UserError

SMALLEST, LARGEST = 16, 256
"""Sides of the smallest and of the largest images, in pixels."""


class Maps(NamedTuple):
    """Square maps, each twice as large as the one before, the image the last of them.

    Attributes:
        first: Side of the first.
        doublings: How often it is doubled.
    """

    first: int
    doublings: int


def maps_of(image_size: int, firsts: Sequence[int]) -> Maps:
    """The maps that lead to an image.

    Args:
        image_size: Side of the image in pixels.
        firsts: Sides that the first map can have, none of them twice another.

    Raises:
        UserError: If none of them, doubled, gives the image.
    """
    possible = {
        first << doublings: Maps(first, doublings)
        for first in firsts
        for doublings in range(LARGEST.bit_length())
        if SMALLEST <= first << doublings <= LARGEST
    }
    if image_size not in possible:
        *sizes, largest = sorted(possible)
        raise UserError(
            f"data.image_size: {image_size} is not possible here; take {', '.join(map(str, sizes))} or {largest}"
        )
    return possible[image_size]
