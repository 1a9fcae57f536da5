"""What a pair of growing networks works on at the moment: images of one size, into which the next is faded."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

SMALLEST = 4
"""Side of the first map, in pixels."""


class Stage(NamedTuple):
    """How far two networks have grown.

    Attributes:
        side: Side of the images, in pixels.
        share: Weight of the newest layers, above 0; below 1 what the older ones give is beside it.
    """

    side: int
    share: float = 1.0

    @property
    def level(self) -> int:
        """How often the first map is doubled."""
        return doublings(SMALLEST, self.side)

    @property
    def fades(self) -> bool:
        """Whether new layers are on their way in."""
        return self.share < 1


def doublings(smaller: int, larger: int) -> int:
    """How often a power of two is doubled to give another."""
    return larger.bit_length() - smaller.bit_length()


def halved(images: Tensor) -> Tensor:
    """Means over squares of 2x2, [N, C, H / 2, W / 2]."""
    return avg_pool2d(images, 2)


def enlarged(images: Tensor, side: int) -> Tensor:
    """Images of another side by repeating their pixels, [N, C, side, side]."""
    return images if images.shape[2] == side else interpolate(images, size=(side, side), mode="nearest")


def as_shown(images: Tensor, stage: Stage) -> Tensor:
    """Images as a growing network is shown them: small, and while it fades with as much detail as it has itself.

    Args:
        images: [N, C, H, W], as large as the stage's or larger.
        stage: Says how small, and how much of the detail is there.
    """
    if (by := images.shape[2] // stage.side) > 1:
        images = avg_pool2d(images, by)
    if not stage.fades:
        return images
    return torch.lerp(enlarged(halved(images), stage.side), images, stage.share)
