"""The base of all sets of scenes: their people laid end to end in memory, and what is measured of made futures."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, SceneBatch
from gan_cli.data.datamodules import Facts, GANDataModule, Split
from gan_cli.data.parts import Part
from gan_cli.data.paths import comparison
from gan_cli.data.sampling import Span
from gan_cli.media.medium import Medium
from gan_cli.media.paths import Paths
from gan_cli.metrics.futures import KINDS, SAMPLES
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.ranges import BatchSize, Processes, Range
from gan_cli.seeding import stream_indices

ObservedSteps = Annotated[int, Range(2, 1_000)]
"""Moments of a scene that are observed; two, at least, tell how people move."""
FutureSteps = Annotated[int, Range(1, 1_000)]
"""Those that follow, 0.4 seconds apart in the usual recordings."""


class ScenePart(Part):
    """Scenes in memory; their people lie end to end, and only a batch has empty places.

    Args:
        scenes: Where the people of each scene were, float [P, T + T', 2], P of any size.
        observed_steps: T.
        steps: T + T'.
    """

    def __init__(self, scenes: Sequence[np.ndarray[Any, Any]], observed_steps: int, steps: int) -> None:
        nobody = np.empty((0, steps, 2))
        self.people = torch.from_numpy(np.concatenate([nobody, *scenes])).float()
        self.sizes = torch.tensor([len(scene) for scene in scenes], dtype=torch.int64)
        self.starts = self.sizes.cumsum(0) - self.sizes
        self.observed_steps = observed_steps

    @property
    def at_hand(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.sizes)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        sizes, starts = self.sizes[numbers], self.starts[numbers]
        seat = torch.arange(int(sizes.max()) if len(sizes) else 0)
        there = seat < sizes[:, None]
        paths = self.people.new_full((*there.shape, *self.people.shape[1:]), torch.nan)
        paths[there] = self.people[(starts[:, None] + seat)[there]]
        before = self.observed_steps
        return LoadedBatch(SceneBatch(paths[:, :, :before], paths[:, :, before:], tuple(sizes.tolist())))


class SceneDataModule(GANDataModule):
    """Scenes in which people walk: the steps that are observed, and those that follow.

    Args:
        observed_steps: Steps that a model is given.
        future_steps: Steps that follow.
        batch_size: Scenes per step and process, whatever their numbers of people.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    fields: Mapping[str, Medium] = {"observed": Paths(), "future": Paths()}
    own_measures: ClassVar[OwnMeasures] = OwnMeasures(KINDS, things=SAMPLES * 5_000, each=SAMPLES)

    def __init__(
        self,
        observed_steps: ObservedSteps = 8,
        future_steps: FutureSteps = 8,
        batch_size: BatchSize = 32,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.observed_steps = observed_steps
        self.future_steps = future_steps
        self.fields = {"observed": Paths(observed_steps), "future": Paths(future_steps)}

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "observed_steps": self.observed_steps, "future_steps": self.future_steps}

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, numbers, split)

    @property
    def steps(self) -> int:
        """Those that are observed, and those that follow."""
        return self.observed_steps + self.future_steps

    def scene_part(self, scenes: Sequence[np.ndarray[Any, Any]]) -> ScenePart:
        """A part of scenes, each [P, T + T', 2]."""
        return ScenePart(scenes, self.observed_steps, self.steps)
