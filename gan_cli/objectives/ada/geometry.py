"""Flips, turns, scales and shifts as one map from places to places, and the images seen through it."""

from functools import reduce
from math import pi

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.objectives.ada.coins import Coins
from gan_cli.objectives.ada.filters import SYM6, constant, doubled, halved
from gan_cli.objectives.ada.sampling import sampled

CENTRE = sum(place * tap for place, tap in enumerate(SYM6)) / sum(SYM6)
"""Where the filter, which is not symmetric, has its middle: a turned image stays in its place."""
REACH = 3
"""Pixels beyond an image that its own filters touch."""
MARGIN = 2 * REACH
"""Pixels that an image is continued by, so that there are as many on the other side of a filter."""


def moved(images: Tensor, coins: Coins, upright: bool = False) -> Tensor:
    """Images [N, C, H, W] whose pixels lie elsewhere; what moves in from outside is the image, mirrored."""
    height, width = images.shape[2:]
    if min(height, width) <= MARGIN:
        raise ValueError(f"{height}x{width} pixels are too few to be continued by {MARGIN}")
    sources = _sources(_geometry(coins, height, width, upright), height, width)
    # Twice as fine while it is sampled, so that turning leaves no aliases: the authors' way.
    taps = constant(SYM6, images.device, images.dtype) / sum(SYM6)
    fine = doubled(pad(images, [MARGIN] * 4, mode="reflect"), taps)
    places = 2 * (sources + MARGIN) + CENTRE
    ends = constant((fine.shape[3] - 1, fine.shape[2] - 1), places.device, places.dtype)
    grid = (2 * places / ends - 1).to(images.dtype)
    return halved(sampled(fine, grid), taps)


def _sources(matrices: Tensor, height: int, width: int) -> Tensor:
    """Where the pixels of an output twice as fine come from, as x and y in pixels, [N, 2H + 10, 2W + 10, 2].

    The output is larger than the image by what the halving filter uses up.
    """
    y, x = (
        (torch.arange(2 * side + len(SYM6) - 2, dtype=matrices.dtype, device=matrices.device) - CENTRE) / 2
        - (side - 1) / 2
        for side in (height, width)
    )
    rows, columns = torch.meshgrid(y, x, indexing="ij")
    places = torch.stack([columns, rows, torch.ones_like(rows)], dim=-1).flatten(0, 1)
    found = (matrices[:, :2] @ places.T).transpose(1, 2).unflatten(1, rows.shape)
    ends = constant((width - 1, height - 1), matrices.device, matrices.dtype)
    return _mirrored(found + ends / 2, ends)


def _mirrored(places: Tensor, ends: Tensor) -> Tensor:
    """Places on a line that is folded at 0 and at an end, again and again.

    Next to the image it is not: there the image has been continued, and an image that stays where it is stays itself.
    """
    along = places.remainder(2 * ends)
    near = (places > -REACH) & (places < ends + REACH)
    return torch.where(near, places, torch.minimum(along, 2 * ends - along))


def _geometry(coins: Coins, height: int, width: int, upright: bool) -> Tensor:
    """From places in the output to places in the input, in pixels from the centre, [N, 3, 3]."""
    flip = coins.sometimes((2 * coins.uniform()).floor(), 0)
    quarters = coins.sometimes((4 * coins.uniform()).floor(), 0)
    far = coins.sometimes(torch.ones_like(flip), 0) / 4
    x, y = ((far * (coins.uniform() - 0.5) * side).round() for side in (width, height))
    scale = coins.sometimes(torch.exp2(0.2 * coins.normal()), 1)
    turning = 1 - (1 - coins.probability).clamp(0, 1).sqrt()  # two turns, and p is the chance of either
    before = coins.sometimes((2 * coins.uniform() - 1) * pi, 0, turning)
    stretch = coins.sometimes(torch.exp2(0.2 * coins.normal()), 1)
    after = coins.sometimes((2 * coins.uniform() - 1) * pi, 0, turning)
    near = coins.sometimes(torch.ones_like(flip), 0) / 8
    finer_x, finer_y = (near * coins.normal() * side for side in (width, height))
    if upright:
        flip, quarters, before, after = (torch.zeros_like(flip) for _ in range(4))
    chain = [
        _scaling(1 - 2 * flip, torch.ones_like(flip)),
        _rotation(pi / 2 * quarters),
        _shift(-x, -y),
        _scaling(1 / scale, 1 / scale),
        _rotation(before),
        _scaling(1 / stretch, stretch),
        _rotation(after),
        _shift(-finer_x, -finer_y),
    ]
    return reduce(torch.matmul, chain)


def _scaling(x: Tensor, y: Tensor) -> Tensor:
    return torch.diag_embed(torch.stack([x, y, torch.ones_like(x)], dim=1))


def _rotation(angle: Tensor) -> Tensor:
    cos, sin, zero, one = angle.cos(), angle.sin(), torch.zeros_like(angle), torch.ones_like(angle)
    return torch.stack([cos, -sin, zero, sin, cos, zero, zero, zero, one], dim=1).view(-1, 3, 3)


def _shift(x: Tensor, y: Tensor) -> Tensor:
    zero, one = torch.zeros_like(x), torch.ones_like(x)
    return torch.stack([one, zero, x, zero, one, y, zero, zero, one], dim=1).view(-1, 3, 3)
