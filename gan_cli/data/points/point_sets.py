"""Sets of points of the plane, made from a seed."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, Any, ClassVar

from torch import Tensor

from gan_cli.batches import PointBatch
from gan_cli.data.datamodules import Facts, GANDataModule, Split, class_facts
from gan_cli.data.parts import InMemory
from gan_cli.data.points import mixtures as points
from gan_cli.media.medium import Medium
from gan_cli.media.points import Points
from gan_cli.metrics.modes import KINDS, ModeScores, count_modes
from gan_cli.metrics.row_table import OwnMeasures, RowTable
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
    HELD_OUT: ClassVar[int] = 10_000

    def __init__(
        self,
        num_points: Annotated[int, Range(1, 10_000_000)] = 100_000,
        batch_size: BatchSize = 256,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.num_points = num_points

    @abstractmethod
    def make(self, count: int, seed: int) -> PointBatch:
        """`count` points, with the mode that each belongs to."""

    def part(self, split: Split) -> InMemory:
        train = split == "train"
        return InMemory(self.make(self.num_points if train else self.HELD_OUT, seed=0 if train else 1))

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "point_dim": 2}


class MixtureDataModule(PointDataModule):
    """A mixture of equally likely small Gaussians, whose modes can be counted.

    Args:
        divisor: All coordinates are divided by it: 2.828 for Grid25 and 1.414 for Ring8 in the code of Gulrajani et al.
            2017 (arXiv:1704.00028), which brings them to a deviation of about 1.
        **arguments: Further arguments of `PointDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    modes: ClassVar[points.Modes]
    """Where the set's modes are, before they are divided."""
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(KINDS, things=2500, watched=True)
    """With as many samples as the protocol takes, see `gan_cli.metrics.modes`."""

    def __init__(self, divisor: Annotated[float, Range(0.001, 1000)] = 1.0, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.divisor = divisor

    def make(self, count: int, seed: int) -> PointBatch:
        made = points.mixture(self.modes, count, seed)
        return made._replace(points=made.points / self.divisor)

    def mode_scores(self, made: Tensor) -> ModeScores:
        """How points [N, 2] cover the set's modes."""
        return count_modes(made, self.modes.centres / self.divisor, self.modes.deviation / self.divisor)

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        real = self.make(len(made), seed=2).points
        rows = {name: self.mode_scores(points).as_row() for name, points in (("made", made), ("real", real))}
        notes = (f"made: {len(made):,} points; real: as many; a point is near a mode within three deviations of it",)
        return RowTable(f"{self.name}: modes", KINDS, rows, notes)

    @property
    def facts(self) -> Facts:
        return {**super().facts, **class_facts(tuple(str(number) for number in range(len(self.modes.centres))))}


class Ring8(MixtureDataModule):
    """Eight small Gaussians on a circle: radius 2, deviation 0.02."""

    modes = points.RING8


class Grid25(MixtureDataModule):
    """25 small Gaussians on a square grid: spacing 2, deviation 0.05."""

    modes = points.GRID25


class SwissRoll(PointDataModule):
    """A spiral of noisy points, within about 2 of the centre; no modes."""

    def make(self, count: int, seed: int) -> PointBatch:
        return points.swiss_roll(count, seed)
