"""Images without their colours, and hints of what these were."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from gan_cli.data.degraded.degradation import Degradation, Examples, random_of
from gan_cli.media.hint_files import Spot
from gan_cli.media.hints import Hints, drawn
from gan_cli.media.images import Images
from gan_cli.media.lab import lightness_as_grey
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import to_float, to_uint8

FEWER = 1 / 8
"""A further hint comes with a probability of 7/8, so there are 7 on average."""
LARGEST = 9
"""A hint is a square of 1 to so many pixels a side."""


@dataclass(frozen=True)
class Grey(Degradation):
    """Grey images of the same lightness L (CIE L*a*b*), of one channel."""

    domains: ClassVar[tuple[str, str]] = ("grey", "colour")
    takes: ClassVar[tuple[int, ...]] = (3,)

    def of(self, image: Tensor, key: int) -> Examples:
        return {"source": grey(image)}

    def channels(self, whole: int) -> int:
        return 1


@dataclass(frozen=True)
class Hinted(Degradation):
    """Grey images, and hints of the true colours at random places.

    Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors", arXiv:1705.02999, section
    3.1: the number is geometric with p = 1/8, the places are normal around the middle with a quarter of the image's
    size as deviation, a hint is a square of 1 to 9 pixels a side and has the mean colour of what it covers.

    Attributes:
        hints: How many; None draws a number for each image.
    """

    hints: int | None = None

    domains: ClassVar[tuple[str, str]] = ("grey", "colour")
    takes: ClassVar[tuple[int, ...]] = (3,)
    fields: ClassVar[Mapping[str, Medium]] = {"source": Images(), "target": Images(), "hints": Hints()}

    def of(self, image: Tensor, key: int) -> Examples:
        random = random_of(key)
        count = random.geometric(FEWER) - 1 if self.hints is None else self.hints
        spots = [_spot(image, random) for _ in range(count)]
        return {"source": grey(image), "hints": drawn(spots, *image.shape[1:])}

    def channels(self, whole: int) -> int:
        return 1


def grey(image: Tensor) -> Tensor:
    """A grey image uint8 [1, H, W] of the same lightness as a coloured one [3, H, W], or as itself."""
    return to_uint8(lightness_as_grey(to_float(image[None])))[0]


def _spot(image: Tensor, random: np.random.Generator) -> Spot:
    side = int(random.integers(1, LARGEST + 1))
    top, left = (
        int(np.clip(round(random.normal((length - side) / 2, length / 4)), 0, max(0, length - side)))
        for length in image.shape[1:]
    )
    red, green, blue = (
        image[:, top : top + side, left : left + side].float().mean((1, 2)).round().to(torch.int64).tolist()
    )
    return Spot(top, left, side, (red, green, blue))
