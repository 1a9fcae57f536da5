"""Shapes of eight kinds in a cube of side 1, as functions of four numbers: bodies, crosses, chairs and tables."""

from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

NUMBERS = 4
"""So many numbers say what a shape is like."""
THICK = 0.13
"""Of legs, backs and tops, in sides of the cube: two voxels of sixteen."""
MIDDLE = 0.5

Cells = tuple[Tensor, Tensor, Tensor]
"""The middles of all voxels by x, y and z: [S, 1, 1], [1, S, 1] and [1, 1, S]."""
Shape = Callable[[Cells, Tensor], Tensor]
"""Which voxels shapes are full in, bool [N, S, S, S], of numbers from [0, 1), float [NUMBERS, N, 1, 1, 1]."""
Bound = Tensor | float


def between(numbers: Tensor, low: float, high: float) -> Tensor:
    """Numbers from [0, 1) as numbers from low to high."""
    return low + (high - low) * numbers


def filled(cells: Cells, low: Sequence[Bound], high: Sequence[Bound]) -> Tensor:
    """Boxes from a corner to the opposite one, by x, y and z."""
    inside = [
        (cells[axis] > least) & (cells[axis] < most) for axis, (least, most) in enumerate(zip(low, high, strict=True))
    ]
    return inside[0] & inside[1] & inside[2]


def standing(cells: Cells, half: Sequence[Bound], bottom: Bound, top: Bound) -> Tensor:
    """Boxes about the middle line, `half` as deep and wide."""
    deep, wide = half
    return filled(cells, (MIDDLE - deep, MIDDLE - wide, bottom), (MIDDLE + deep, MIDDLE + wide, top))


def from_axis(cells: Cells) -> Tensor:
    """How far voxels are from the middle line, [S, S, 1]."""
    return ((cells[0] - MIDDLE).square() + (cells[1] - MIDDLE).square()).sqrt()


def box(cells: Cells, numbers: Tensor) -> Tensor:
    """Boxes of all three measures."""
    deep, wide, tall, _ = numbers
    height = between(tall, 0.25, 0.8)
    half = (between(deep, 0.12, 0.4), between(wide, 0.12, 0.4))
    return standing(cells, half, MIDDLE - height / 2, MIDDLE + height / 2)


def ellipsoid(cells: Cells, numbers: Tensor) -> Tensor:
    """Balls, pressed and drawn."""
    radii = between(numbers[:3], 0.15, 0.42)
    places = [(cells[axis] - MIDDLE) / radii[axis] for axis in range(3)]
    inside: Tensor = places[0].square() + places[1].square() + places[2].square() < 1
    return inside


def cylinder(cells: Cells, numbers: Tensor) -> Tensor:
    """Upright round columns; those with a last number above a half have a hole along their axis, as a pipe."""
    round_, tall, hollow, pipe = numbers
    radius, height = between(round_, 0.2, 0.42), between(tall, 0.3, 0.85)
    distance = from_axis(cells)
    wall = (distance < radius) & (distance >= (pipe > 0.5) * radius * between(hollow, 0.35, 0.6))
    full: Tensor = wall & ((cells[2] - MIDDLE).abs() < height / 2)
    return full


def pyramid(cells: Cells, numbers: Tensor) -> Tensor:
    """Pyramids on a rectangle."""
    deep, wide, tall, blunt = numbers
    height = between(tall, 0.45, 0.85)
    left = 1 - (cells[2] - 0.1) / height * between(blunt, 0.7, 1.0)  # of the base, at a height
    inside = ((cells[0] - MIDDLE).abs() < left * between(deep, 0.25, 0.42)) & (
        (cells[1] - MIDDLE).abs() < left * between(wide, 0.25, 0.42)
    )
    return inside & (cells[2] > 0.1) & (cells[2] < 0.1 + height)


def cross(cells: Cells, numbers: Tensor) -> Tensor:
    """Three beams at right angles through the middle."""
    x, y, z = between(numbers[:3], 0.25, 0.45)
    thick = between(numbers[3], 0.07, 0.12)
    beams = [(x, thick, thick), (thick, y, thick), (thick, thick, z)]
    first, *others = (standing(cells, half[:2], MIDDLE - half[2], MIDDLE + half[2]) for half in beams)
    return first | others[0] | others[1]


def table(cells: Cells, numbers: Tensor) -> Tensor:
    """A top on four legs."""
    deep, wide, tall, _ = numbers
    return _on_legs(cells, (between(deep, 0.2, 0.42), between(wide, 0.2, 0.42)), between(tall, 0.4, 0.75))


def stool(cells: Cells, numbers: Tensor) -> Tensor:
    """A round top on one leg with a foot."""
    top, foot, tall, thick = numbers
    height = between(tall, 0.45, 0.8)
    distance = from_axis(cells)
    up = cells[2] - 0.08
    on_top = (distance < between(top, 0.25, 0.42)) & (up > height - THICK) & (up < height)
    below = (distance < between(foot, 0.15, 0.35)) & (up > 0) & (up < THICK)
    leg = (distance < between(thick, 0.07, 0.13)) & (up > 0) & (up < height)
    return on_top | below | leg


def chair(cells: Cells, numbers: Tensor) -> Tensor:
    """A seat on four legs with a back."""
    deep, wide, tall, back = numbers
    half, seat = (between(deep, 0.2, 0.36), between(wide, 0.2, 0.36)), between(tall, 0.3, 0.5)
    behind, left = MIDDLE + half[0], MIDDLE - half[1]
    rest = filled(
        cells, (behind - THICK, left, 0.08 + seat), (behind, MIDDLE + half[1], 0.1 + seat + between(back, 0.2, 0.4))
    )
    return _on_legs(cells, half, seat) | rest


def _on_legs(cells: Cells, half: tuple[Tensor, Tensor], height: Tensor) -> Tensor:
    bottom, top = 0.08, 0.08 + height
    full = standing(cells, half, top - THICK, top)
    deep, wide = half
    for x in (MIDDLE - deep, MIDDLE + deep - THICK):
        for y in (MIDDLE - wide, MIDDLE + wide - THICK):
            full = full | filled(cells, (x, y, bottom), (x + THICK, y + THICK, top))
    return full


SHAPES: Mapping[str, Shape] = {
    "box": box,
    "chair": chair,
    "cross": cross,
    "cylinder": cylinder,
    "ellipsoid": ellipsoid,
    "pyramid": pyramid,
    "stool": stool,
    "table": table,
}
"""Each kind by its name."""


def made(kind: str, numbers: Tensor, size: int, at_once: int = 64) -> Tensor:
    """Shapes of a kind as voxels, uint8 [N, 1, S, S, S]: full where a voxel's middle is within.

    Args:
        kind: One of `SHAPES`.
        numbers: From [0, 1), float [N, NUMBERS].
        size: S.
        at_once: So many are made together, to save memory.
    """
    middles = (torch.arange(size) + 0.5) / size
    cells = (middles[:, None, None], middles[:, None], middles)
    return torch.cat([SHAPES[kind](cells, some.T[..., None, None, None]) for some in numbers.split(at_once)])[
        :, None
    ].to(torch.uint8)
