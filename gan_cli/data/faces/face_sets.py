"""What every set of faces of known person and pose has: facts, fields, mirrored points, and measures of its own."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from gan_cli.batches import AnyBatch, FaceBatch, LoadedBatch
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split
from gan_cli.data.faces import comparison
from gan_cli.data.faces.face_part import FacePart, Told
from gan_cli.data.faces.poses import POINTS, Pose, mirrored_points
from gan_cli.data.pairs.translation_sets import facts_between, side_of
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.seeding import stream

DOMAINS = ("posed", "frontal")
NOT_NAMED = "persons are numbers here: nobody is told by name, and nothing tells who somebody is"


class FaceDataModule(GANDataModule):
    """Pairs of a turned face and a frontal one of the same person, split by person."""

    fields: Mapping[str, Medium] = {"source": Images(), "target": Images()}
    image_size: int

    @property
    @abstractmethod
    def channels(self) -> int:
        """C."""

    @property
    @abstractmethod
    def pose_names(self) -> tuple[str, ...]:
        """What the poses of turned faces are called, by their numbers."""

    @property
    @abstractmethod
    def num_persons(self) -> int:
        """How many persons are trained on."""

    @property
    @abstractmethod
    def frontal_points(self) -> Tensor:
        """Where eyes, nose and mouth of frontal pictures are on average, [5, 2] in shares of the sides."""

    @property
    def facts(self) -> Facts:
        facts = facts_between(self.name, self.image_size, DOMAINS, (self.channels, self.channels))
        points = tuple(round(place, 4) for place in self.frontal_points.flatten().tolist())
        return {**facts, "num_persons": self.num_persons, "frontal_points": points}

    def on_device(self, loaded: LoadedBatch) -> AnyBatch:
        batch = super().on_device(loaded)
        mirrored = loaded.mirrored.get("source")
        if not isinstance(batch, FaceBatch) or mirrored is None:
            return batch

        def either(turned: Tensor, plain: Tensor) -> Tensor:
            return torch.where(mirrored.reshape(-1, *[1] * (plain.ndim - 1)), turned, plain)

        return batch._replace(
            yaw=either(-batch.yaw, batch.yaw),
            source_points=either(mirrored_points(batch.source_points), batch.source_points),
            target_points=either(mirrored_points(batch.target_points), batch.target_points),
        )

    @property
    def own_measures(self) -> OwnMeasures | None:  # type: ignore[override]
        """What is measured of frontal pictures that were made."""
        return comparison.measures(self.pose_names)

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, numbers, split)

    @cached_property
    def yardstick(self) -> comparison.Yardstick:
        """The faces as measures see them."""
        return comparison.Yardstick(self)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        """The faces to judge on: the turned ones, unless the frontal ones are asked for."""
        part = self.at_hand("test")
        assert isinstance(part, FacePart)
        side = side_of(domain, DOMAINS) if domain else 0
        names = self.input_names("test", part.told)
        return [NamedImage(f"{name}.png", _Side(part, number, side)) for number, name in enumerate(names)]

    def input_names(self, split: Split, told: Told) -> list[str]:
        """What the files are called that are made of faces: numbers of persons and poses, and no names."""
        return [
            f"{person:03d}-{self.pose_names[pose]}-{number:04d}"
            for number, (person, pose) in enumerate(zip(told.person.tolist(), told.pose.tolist(), strict=True))
        ]


class _Side:
    """One side of a pair, uint8 [C, S, S], read when it is called.

    Args:
        part: Has the pair.
        number: Its number.
        side: 0 the turned face, 1 the frontal one.
    """

    def __init__(self, part: FacePart, number: int, side: int) -> None:
        self.part, self.number, self.side = part, number, side

    def __call__(self) -> Tensor:
        sides: Tensor = self.part[torch.tensor([self.number])].batch[self.side]
        return sides[0]


def split_persons(persons: Sequence[str], held_out: float, seed: int) -> tuple[list[str], list[str]]:
    """The persons to train on, and those held out: whole persons, so that nobody is in both.

    Args:
        persons: Each once.
        held_out: The share that is held out.
        seed: Chooses them.

    Raises:
        UserError: If there are fewer than two to train on, or to judge on.
    """
    count = max(2, round(held_out * len(persons)))
    if len(persons) - count < 2:
        raise UserError(
            f"data.held_out: of {len(persons)} persons {count} would be held out, which leaves too few to train on; "
            "take four persons or more, and two of them or more to judge on"
        )
    taken = set(torch.randperm(len(persons), generator=stream(seed, "held-out persons"))[:count].tolist())
    return (
        [person for number, person in enumerate(persons) if number not in taken],
        [person for number, person in enumerate(persons) if number in taken],
    )


def pose_names_of(poses: Sequence[Pose]) -> tuple[str, ...]:
    """The names of poses, each once: from little turned to much, and then those that look up or down."""
    order = sorted(poses, key=lambda pose: (pose.pitch != 0, abs(pose.yaw), pose.name))
    return tuple(dict.fromkeys(pose.name for pose in order))


def stacked_points(points: Sequence[Tensor]) -> Tensor:
    """Points of several pictures, float [N, 5, 2]."""
    return torch.stack(list(points)) if points else torch.empty(0, POINTS, 2)


def told_of(persons: Tensor, poses: Sequence[Pose], names: Sequence[str], sources: Tensor, targets: Tensor) -> Told:
    """What is known of pairs, in tensors.

    Args:
        persons: Numbers, [M].
        poses: Of the turned faces.
        names: Of all poses.
        sources: Points of the turned faces, [M, 5, 2].
        targets: Points of the frontal ones.
    """
    numbers: dict[str, Any] = {name: number for number, name in enumerate(names)}
    pose = torch.tensor([numbers[one.name] for one in poses], dtype=torch.int64)
    return Told(persons, pose, torch.tensor([one.yaw for one in poses], dtype=torch.float32), sources, targets)
