"""Balls, boxes, chairs and tables of all sizes: volumes made from a seed."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor
from volumes import VolumeBatch, Volumes

from gan_cli.data import Facts, GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import InMemory
from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.seeding import stream

THICKNESS = 0.14
"""Of legs, seats and table tops, in sides of the cube."""


class Shapes(GANDataModule):
    """Four kinds of things of all sizes, made from a seed: 4,000 to train on, 400 held out.

    Args:
        volume_size: Side of the volumes in cells.
        batch_size: Volumes per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    licence = "free: computed from a fixed seed"
    layout = "nothing"
    offline = True
    fields: Mapping[str, Medium] = {"volumes": Volumes()}
    class_names = ("ball", "box", "chair", "table")

    def __init__(self, volume_size: int = 16, batch_size: int = 32, num_workers: int = 0) -> None:
        super().__init__(batch_size, num_workers)
        if volume_size < 8:
            raise UserError(f"data.volume_size: {volume_size} is not possible; take 8 or more")
        self.volume_size = volume_size

    @property
    def facts(self) -> Facts:
        return {
            "name": self.name,
            "volume_size": self.volume_size,
            "num_classes": len(self.class_names),
            "class_names": self.class_names,
        }

    def part(self, split: Split) -> InMemory:
        count = 1000 if split == "train" else 100
        cells = torch.cartesian_prod(*[(torch.arange(self.volume_size) + 0.5) / self.volume_size] * 3)
        shapes: tuple[Callable[..., Tensor], ...] = (ball, box, chair, table)
        numbers = torch.rand(len(shapes), 4, count, generator=stream("shapes", split))
        full = torch.cat([shape(cells, *each) for shape, each in zip(shapes, numbers, strict=True)])
        volumes = full.view(-1, 1, *[self.volume_size] * 3).to(torch.uint8) * 255
        return InMemory(VolumeBatch(volumes, torch.arange(len(self.class_names)).repeat_interleave(count)))


def ball(cells: Tensor, radius: Tensor, *place: Tensor) -> Tensor:
    """Which cells [M, 3] are within balls, bool [N, M]; all numbers [N] are from [0, 1], as those of the others."""
    middle = 0.4 + 0.2 * torch.stack(place, dim=1)
    return torch.cdist(middle, cells) < 0.2 + 0.2 * radius[:, None]


def box(cells: Tensor, height: Tensor, depth: Tensor, width: Tensor, _: Tensor) -> Tensor:
    """Boxes on the ground."""
    half_depth, half_width = 0.15 + 0.3 * depth, 0.15 + 0.3 * width
    return filled(
        cells, (0, 0.5 - half_depth, 0.5 - half_width), (0.3 + 0.6 * height, 0.5 + half_depth, 0.5 + half_width)
    )


def table(cells: Tensor, height: Tensor, depth: Tensor, width: Tensor, _: Tensor) -> Tensor:
    """A top on four legs."""
    top, near, left = 0.4 + 0.5 * height, 0.3 - 0.25 * depth, 0.3 - 0.25 * width
    full = filled(cells, (top - THICKNESS, near, left), (top, 1 - near, 1 - left))
    for front in (near, 1 - near - THICKNESS):
        for side in (left, 1 - left - THICKNESS):
            full |= filled(cells, (0, front, side), (top, front + THICKNESS, side + THICKNESS))
    return full


def chair(cells: Tensor, height: Tensor, depth: Tensor, width: Tensor, back: Tensor) -> Tensor:
    """A low table with a back."""
    near, left = 0.3 - 0.25 * depth, 0.3 - 0.25 * width
    seat = table(cells, 0.4 * height, depth, width, back)
    return seat | filled(cells, (0.3, 1 - near - THICKNESS, left), (0.75 + 0.25 * back, 1 - near, 1 - left))


def filled(cells: Tensor, low: tuple[Tensor | float, ...], high: tuple[Tensor | float, ...]) -> Tensor:
    """Which cells [M, 3] are within boxes, bool [N, M]: from low to high in height, depth and width."""
    inside = [
        (cells[:, axis] > torch.as_tensor(least)[..., None]) & (cells[:, axis] < torch.as_tensor(most)[..., None])
        for axis, (least, most) in enumerate(zip(low, high, strict=True))
    ]
    return inside[0] & inside[1] & inside[2]
