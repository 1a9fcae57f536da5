"""Sets of points of the plane, made from a seed."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar

from torch import Tensor

from gan_cli.batches import PointBatch
from gan_cli.data.datamodules import Facts, GANDataModule, Split, class_facts
from gan_cli.data.parts import InMemory
from gan_cli.data.points import mixtures as points
from gan_cli.media.medium import Medium
from gan_cli.media.points import Points
from gan_cli.metrics.modes import count_modes
from gan_cli.ranges import BatchSize, Processes, Range


class PointDataModule(GANDataModule):
    """Points of the plane, generated from a fixed seed: sets that show at a glance what a GAN has missed.

    Args:
        num_points: Points to train on.
        batch_size: Points per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://scikit-learn.org"
    licence = "free: computed from a fixed seed"
    layout = "nothing"
    offline = True
    fields: Mapping[str, Medium] = {"points": Points()}
    modes: ClassVar[points.Modes | None] = None
    """Where the set's modes are, if it has any."""
    HELD_OUT: ClassVar[int] = 10_000

    def __init__(
        self,
        num_points: Annotated[int, Range(1, 10_000_000)] = 100_000,
        batch_size: BatchSize = 256,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.num_points = num_points

    MEASURED: ClassVar[int] = 2500
    """How many samples the protocol takes, see `gan_cli.metrics.modes`."""

    def measures(self, made: Tensor) -> dict[str, float]:
        """Modes covered, the share of points near one, and how unevenly they are covered, where the set has modes."""
        if self.modes is None:
            return {}
        scores = count_modes(made, self.modes.centres, self.modes.deviation)
        return {"modes": float(scores.modes), "high_quality": scores.high_quality, "kl_modes": scores.kl}

    @abstractmethod
    def make(self, count: int, seed: int) -> PointBatch:
        """`count` points, with the mode that each belongs to."""

    def part(self, split: Split) -> InMemory:
        train = split == "train"
        return InMemory(self.make(self.num_points if train else self.HELD_OUT, seed=0 if train else 1))

    @property
    def facts(self) -> Facts:
        names = tuple(str(number) for number in range(len(self.modes.centres))) if self.modes else ()
        return {"name": self.name, "point_dim": 2, **class_facts(names)}


class Ring8(PointDataModule):
    """Eight small Gaussians on a circle: radius 2, deviation 0.02."""

    modes = points.RING8

    def make(self, count: int, seed: int) -> PointBatch:
        return points.mixture(points.RING8, count, seed)


class Grid25(PointDataModule):
    """25 small Gaussians on a square grid: spacing 2, deviation 0.05."""

    modes = points.GRID25

    def make(self, count: int, seed: int) -> PointBatch:
        return points.mixture(points.GRID25, count, seed)


class SwissRoll(PointDataModule):
    """A spiral of noisy points, within about 2 of the centre; no modes."""

    def make(self, count: int, seed: int) -> PointBatch:
        return points.swiss_roll(count, seed)
