"""Brightness, contrast, luma, hue and saturation as one map of colours."""

from functools import reduce
from math import pi, sqrt

import torch
from torch import Tensor

from gan_cli.objectives.ada.coins import Coins
from gan_cli.objectives.ada.filters import constant

CROSS = (0, -1, 1, 1, 0, -1, -1, 1, 0)
"""The cross product with the line of greys, as a matrix, times sqrt(3)."""


def recoloured(images: Tensor, coins: Coins) -> Tensor:
    """Images [N, C, H, W] in other colours; those without three channels change as greys do.

    Hue and saturation leave greys as they are.
    """
    matrices, shifts = _colours(coins)
    colours = images.flatten(2)
    if images.shape[1] == 3:
        changed = matrices @ colours + shifts
    else:
        changed = colours * matrices.sum(dim=(1, 2), keepdim=True) / 3 + shifts.mean(dim=1, keepdim=True)
    return changed.view_as(images)


def _colours(coins: Coins) -> tuple[Tensor, Tensor]:
    """A matrix [N, 3, 3] and what is added, [N, 3, 1]."""
    brightness = coins.sometimes(0.2 * coins.normal(), 0)
    contrast = coins.sometimes(torch.exp2(0.5 * coins.normal()), 1)
    inverted = coins.sometimes((2 * coins.uniform()).floor(), 0)
    hue = coins.sometimes((2 * coins.uniform() - 1) * pi, 0)
    saturation = coins.sometimes(torch.exp2(coins.normal()), 1)
    unit = torch.eye(3, device=hue.device, dtype=hue.dtype)
    grey = torch.full_like(unit, 1 / 3)  # onto the line of greys
    x = constant(CROSS, hue.device, hue.dtype).view(3, 3) / sqrt(3)
    contrast, inverted, hue, saturation = (n[:, None, None] for n in (contrast, inverted, hue, saturation))
    chain = [
        grey + (unit - grey) * saturation,
        grey + (unit - grey) * hue.cos() + x * hue.sin(),
        unit - 2 * grey * inverted,
        unit * contrast,
    ]
    matrices = reduce(torch.matmul, chain)
    return matrices, matrices @ brightness[:, None, None].expand(-1, 3, 1)
