"""The base of every set of videos."""

from collections.abc import Mapping
from typing import Annotated

from gan_cli.data.datamodules import Facts, GANDataModule, class_facts
from gan_cli.media.medium import Medium
from gan_cli.media.videos import Videos
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
        frame_rate: Frames a second, of films that are shown and written.
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
        frame_rate: Rate = 8,
        batch_size: BatchSize = 32,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.num_frames = num_frames
        self.image_size = image_size
        self.image_channels = image_channels
        self.frame_rate = frame_rate

    @property
    def classes(self) -> tuple[str, ...]:
        """What the classes are called; none where the set has none."""
        return self.class_names

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"videos": Videos(self.frame_rate)}

    @property
    def facts(self) -> Facts:
        size = {name: getattr(self, name) for name in Videos.FACTS}
        return {"name": self.name, **size, **class_facts(self.classes)}
