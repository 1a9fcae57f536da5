"""Pictures of solids: what is nearest on parallel rays, lit from the upper left. Tensors alone, no graphics library."""

from functools import lru_cache
from math import cos, radians, sin
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, avg_pool3d, pad

ELEVATION = 25.0
"""Degrees by which we look down."""
SIDES = (215.0, 35.0)
"""Degrees by which the two sides of a picture are turned: the first two axes point away from us, then to us."""
WIDEST = 0.75
"""Half of what a picture shows, in sides of the grid: nothing sticks out, whatever the turn."""
FINE = 2
"""Steps of a ray in a voxel."""
LIGHT = (-0.4, 0.55, -0.75)
"""Where the light comes from, seen from us: to the right, upwards, away from us."""
SHADOW, WHITE = 40, 255
"""The darkest grey of a solid, and the background."""
AT_ONCE = 1 << 24
"""At most this many places are looked at together."""


class Rays(NamedTuple):
    """Parallel rays through a grid with an empty border of one voxel.

    Attributes:
        cells: Which voxel of the bordered grid each ray is in at each step, int64 [P, P, T]; outside it the first one,
            which is empty.
        light: The direction that light comes from, in the grid's own axes, [3].
        eye: The direction that we look from, the same.
    """

    cells: Tensor
    light: Tensor
    eye: Tensor


def pixels_of(size: int) -> int:
    """The side of a picture of a solid of side S, in pixels."""
    return min(128, max(64, 3 * size))


def rendered(solids: Tensor, turn: float, rays_a_pixel: int = 2) -> Tensor:
    """Solids seen from a side, uint8 [N, 1, P, P], white around them.

    Args:
        solids: [N, S, S, S], full where they are not 0; the last axis points up.
        turn: Degrees by which they are turned about it.
        rays_a_pixel: Along each side of a pixel; their mean makes smooth edges.
    """
    size = solids.shape[-1]
    rays = _rays(size, pixels_of(size) * rays_a_pixel, turn)
    several = max(1, AT_ONCE // rays.cells.numel())
    lit = [avg_pool2d(_lit(some, rays), rays_a_pixel) for some in (solids != 0).split(several)]
    return torch.cat(lit).round().to(torch.uint8)


def two_sides(solids: Tensor) -> Tensor:
    """Solids from the front and from behind, beside each other, uint8 [N, 1, P, 2 P]."""
    return torch.cat([rendered(solids, turn) for turn in SIDES], dim=3)


@lru_cache(maxsize=64)
def _rays(size: int, pixels: int, turn: float) -> Rays:
    """The rays of a view, the same for all solids of a size."""
    around, down = radians(turn), radians(ELEVATION)
    right = torch.tensor([-sin(around), cos(around), 0.0])
    eye = torch.tensor([cos(around) * cos(down), sin(around) * cos(down), sin(down)])
    up = torch.linalg.cross(eye, right)
    half = size * 3**0.5 / 2
    across = ((torch.arange(pixels) + 0.5) / pixels * 2 - 1) * WIDEST * size
    steps = torch.arange(int(2 * half * FINE)) / FINE
    start = across[None, :, None] * right - across[:, None, None] * up + half * eye
    places = start[:, :, None] - steps[:, None] * eye + size / 2
    inside = ((places >= 0) & (places < size)).all(-1)
    x, y, z = (places.long() + 1).unbind(-1)
    wide = size + 2
    cells = ((x * wide + y) * wide + z) * inside
    light = LIGHT[0] * right + LIGHT[1] * up - LIGHT[2] * eye
    return Rays(cells, light / light.norm(), eye)


def _lit(full: Tensor, rays: Rays) -> Tensor:
    """Solids, bool [N, S, S, S], in grey, float [N, 1, P, P]: lit by Lambert's law, the far side a little darker."""
    wide = pad(full, (1, 1, 1, 1, 1, 1))
    met = wide.flatten(1)[:, rays.cells.flatten()].view(-1, *rays.cells.shape)
    first = met.to(torch.uint8).argmax(-1)  # how far each ray comes
    seen = met.any(-1)
    cells = rays.cells.expand(len(full), -1, -1, -1).gather(3, first[..., None])[..., 0]
    normals = outwards(wide).flatten(2)
    at = cells.flatten(1)[:, None].expand(-1, 3, -1)
    facing = torch.einsum("nkp,k->np", normals.gather(2, at), rays.light).view(cells.shape)
    depth = 1 - first / rays.cells.shape[-1]
    grey = SHADOW + (0.3 + 0.7 * facing.clamp(min=0)) * (0.55 + 0.45 * depth) * (WHITE - SHADOW)
    return torch.where(seen, grey.clamp(0, WHITE - 10), WHITE)[:, None]


def outwards(wide: Tensor) -> Tensor:
    """The direction out of a solid at each voxel of grids [N, D, H, W], [N, 3, D, H, W]: unit vectors, or 0.

    It is that in which the smoothed solid thins out, so that the steps of a slope are lit as one.
    """
    smooth = avg_pool3d(wide.float()[:, None], 3, 1, 1)[:, 0]
    slopes = [
        smooth.roll(1, axis) - smooth.roll(-1, axis)  # the border is empty on both ends
        for axis in (1, 2, 3)
    ]
    normals = torch.stack(slopes, dim=1)
    unit: Tensor = normals / normals.norm(dim=1, keepdim=True).clamp_min(1e-6)
    return unit
