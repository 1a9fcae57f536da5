"""The noise that a generator adds to its maps, one map for each layer (Karras et al. 2019, arXiv:1812.04948, section
2)."""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from gan_cli.seeding import draw, stream

NoiseMode = Literal["random", "const", "none"]
"""Noise that is new for each image, or the same for all, or none."""


def seeded_maps(seeds: Sequence[int], sides: Sequence[int]) -> list[Tensor]:
    """The noise of images for each layer, [N, 1, H, H]: a function of each image's seed alone.

    Args:
        seeds: One for each image.
        sides: H of each layer.
    """
    generators = [stream(seed, "noise") for seed in seeds]
    return [torch.stack([draw((1, side, side), "normal", one) for one in generators]) for side in sides]
