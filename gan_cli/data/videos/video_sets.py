"""The base of every set of videos."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated

from torch import Tensor

from gan_cli.data.datamodules import Facts, GANDataModule, Split, class_facts
from gan_cli.data.videos import comparison
from gan_cli.media.medium import Medium
from gan_cli.media.videos import Videos
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.ranges import BatchSize, Processes, Range

Frames = Annotated[int, Range(1, 10_000)]
"""How many frames a video has."""
Rate = Annotated[int, Range(1, 240)]
"""Frames a second."""
Side = Annotated[int, Range(16, 1_024)]
"""Of square frames, in pixels."""


class VideoDataModule(GANDataModule):
    """Videos of one length and size, with their classes where the set has any.

    Args:
        num_frames: T.
        image_size: Side of the square frames in pixels.
        image_channels: C: 1 (grey) or 3.
        batch_size: Videos per step and process.
        num_workers: Processes that load beside the training.

    Raises:
        UserError: If a value is not possible.
    """

    def __init__(
        self,
        num_frames: Frames = 16,
        image_size: Side = 32,
        image_channels: int = 1,
        batch_size: BatchSize = 32,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.num_frames = num_frames
        self.image_size = image_size
        self.image_channels = image_channels

    @property
    @abstractmethod
    def frame_rate(self) -> int:
        """Frames a second, of films that are shown and written."""

    @property
    def classes(self) -> tuple[str, ...]:
        """What the classes are called; none where the set has none."""
        return self.class_names

    @property
    def own_measures(self) -> OwnMeasures | None:  # type: ignore[override]
        """What is measured of made videos; nothing of single frames, which have no time."""
        return comparison.measures(len(self.classes)) if self.num_frames > 1 else None

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, numbers, split)

    @cached_property
    def yardstick(self) -> comparison.Yardstick:
        """The training videos as measures see them."""
        return comparison.Yardstick(self)

    @property
    def metrics_folder(self) -> Path:
        """Where classifiers for measures are kept."""
        return Path("data/cache/metrics")

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"videos": Videos(self.frame_rate)}

    @property
    def facts(self) -> Facts:
        size = {name: getattr(self, name) for name in Videos.FACTS}
        return {"name": self.name, **size, **class_facts(self.classes)}
