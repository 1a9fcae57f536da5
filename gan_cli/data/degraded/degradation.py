"""What a degradation is: a function of an image and a key, which says what it draws at random."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from torch import Tensor

from gan_cli.media.images import Images
from gan_cli.media.medium import Medium

Examples = dict[str, Tensor]
"""What is left of an image, by the names of a batch's fields, each [C, h, w]."""


@dataclass(frozen=True)
class Degradation(ABC):
    """Takes something from an image. A subclass is a frozen dataclass, so that its text says all of its settings."""

    domains: ClassVar[tuple[str, str]]
    """What the images that are left and the whole ones are called."""
    fields: ClassVar[Mapping[str, Medium]] = {"source": Images(), "target": Images()}
    """The media of a batch: `source`, what is left, and `target`, the whole, first."""
    takes: ClassVar[tuple[int, ...]] = (1, 3, 4)
    """The numbers of channels that whole images may have."""
    quick: ClassVar[bool] = True
    """Whether it takes so little time that other processes are of no use."""

    @abstractmethod
    def of(self, image: Tensor, key: int) -> Examples:
        """What is left, with everything that a model is told about it; all fields but `target`.

        Args:
            image: uint8 [C, H, W], with sides that are multiples of `scale`.
            key: What is drawn depends on it alone.
        """

    @property
    def scale(self) -> int:
        """How many times larger the whole is than what is left of it, in height and in width."""
        return 1

    def channels(self, whole: int) -> int:
        """C of what is left of images of so many channels."""
        return whole


def random_of(key: int) -> np.random.Generator:
    """A random generator of a key."""
    return np.random.default_rng(key)


def levels(image: Tensor) -> Tensor:
    """Floats 0..255, rounded and clipped to uint8 of the same shape."""
    return image.round().clamp(0, 255).to(torch.uint8)
