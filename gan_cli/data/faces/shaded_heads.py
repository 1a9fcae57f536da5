"""Heads that are drawn, turned and lit, with their exact frontal views. No download."""

from functools import lru_cache
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.data.faces import heads
from gan_cli.data.faces.face_part import FacePart, Told
from gan_cli.data.faces.face_sets import FaceDataModule, pose_names_of, split_persons, told_of
from gan_cli.data.faces.heads import Heads
from gan_cli.data.faces.poses import of_angle
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Processes, Range, Seed, Share

Side = Annotated[int, Range(16, 512)]
Angles = tuple[Annotated[int, Range(1, 90)], ...]
ANGLES = (15, 30, 45, 60, 75, 90)
"""Degrees between the cameras of Multi-PIE."""


class Drawn(NamedTuple):
    """Pairs of pictures of heads.

    Attributes:
        pixels: uint8 [M, 2, S, S], the turned head and the frontal one.
        told: What is known of them.
    """

    pixels: Tensor
    told: Told


class ShadedHeads(FaceDataModule):
    """Heads of parameters, drawn and lit, in turns to both sides, with their exact frontal views. No download.

    A person is 28 numbers, such as the width of the jaw or the distance of the eyes, drawn from a fixed seed; one in
    two wears glasses, and a mole is on one cheek, which the other side does not tell. The light does not turn with the
    head, so frontal views are not symmetric. Where eyes, nose and mouth are is known of each picture.

    Args:
        persons: How many there are, with those held out.
        angles: Degrees of the turns, each to both sides.
        image_size: Side of the square pictures in pixels.
        held_out: Share of the persons held out.
        split_seed: Chooses them.
        batch_size: Pairs per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If a value is not possible.
    """

    home = "computed from a fixed seed"
    licence = "that of this package; they show nobody"
    layout = "nothing: they are drawn"
    offline = True
    natural = False

    def __init__(
        self,
        persons: Annotated[int, Range(4, 10_000)] = 160,
        angles: Angles = ANGLES,
        image_size: Side = 32,
        held_out: Share = 0.2,
        split_seed: Seed = 0,
        batch_size: BatchSize = 16,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if not angles or len(set(angles)) < len(angles):
            raise UserError(f"data.angles: {list(angles)} are not possible; take some, each once, such as [15,45,90]")
        self.angles = tuple(sorted(angles))
        self.image_size = image_size
        names = [str(number) for number in range(persons)]
        self.split = split_persons(names, held_out, split_seed)

    @property
    def channels(self) -> int:
        return 1

    @property
    def pose_names(self) -> tuple[str, ...]:
        return pose_names_of([of_angle(angle) for angle in self.angles])

    @property
    def num_persons(self) -> int:
        return len(self.split[0])

    @property
    def frontal_points(self) -> Tensor:
        everybody = heads.persons(sum(map(len, self.split)), seed=0)
        trained = everybody[[int(name) for name in self.split[0]]]
        return heads.frontal_points(trained).mean(0)

    def part(self, split: Split) -> FacePart:
        chosen = self.split[0 if split == "train" else 1]
        first = 0 if split == "train" else self.num_persons
        pixels, told = _drawn(tuple(map(int, chosen)), first, self.angles, self.image_size)
        return FacePart(TensorStore(pixels), told, Framing(self.image_size, self.image_size, flip=False))

    def notes(self) -> list[str]:
        trained, held_out = map(len, self.split)
        return [f"persons: {trained} to train on and {held_out} held out, none in both", f"poses: {self._angles}"]

    @property
    def _angles(self) -> str:
        return f"{', '.join(map(str, self.angles))} degrees to both sides"


@lru_cache(maxsize=4)
def _drawn(persons: tuple[int, ...], first: int, angles: tuple[int, ...], side: int) -> Drawn:
    """Each of some persons in all turns, beside the frontal view; they are numbered from `first` on."""
    traits = heads.persons(max(persons) + 1, seed=0)[list(persons)]
    poses = [of_angle(way * angle) for angle in angles for way in (-1, 1)]
    count = len(poses)
    yaw = torch.tensor([pose.yaw for pose in poses])
    turned = heads.drawn(traits.repeat_interleave(count, 0), yaw.repeat(len(traits)), side)
    frontal = heads.drawn(traits, torch.zeros(len(traits)), side)
    frontal = Heads(*(column.repeat_interleave(count, 0) for column in frontal))
    numbers = torch.arange(len(traits)).repeat_interleave(count) + first
    told = told_of(numbers, poses * len(traits), pose_names_of(poses), turned.points, frontal.points)
    return Drawn(torch.cat([turned.images, frontal.images], dim=1), told)
