"""The base of every set of films of faces, of which two frames are taken at a time."""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cached_property
from typing import ClassVar

from torch import Tensor

from gan_cli.data.datamodules import Facts, GANDataModule, Split
from gan_cli.data.portraits import comparison
from gan_cli.data.portraits.pairs import FramePairs
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.metrics.row_table import OwnMeasures, RowTable


class PortraitDataModule(GANDataModule):
    """Pairs of frames of films; what belongs to a film is held out as a whole, or its end is.

    A subclass sets `image_size` and `image_channels`.
    """

    fields: Mapping[str, Medium] = {"source": Images(), "driving": Images()}
    own_measures: ClassVar[OwnMeasures | None] = comparison.OWN
    image_size: int
    image_channels: int

    @property
    def facts(self) -> Facts:
        return {"name": self.name, "image_size": self.image_size, "image_channels": self.image_channels}

    @abstractmethod
    def part(self, split: Split) -> FramePairs:
        """The pairs of a part."""

    def at_hand(self, split: Split | None = None) -> FramePairs:
        part = super().at_hand(split)
        assert isinstance(part, FramePairs)
        return part

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return comparison.table(self, made, numbers, split)

    @cached_property
    def yardstick(self) -> comparison.Yardstick:
        """The training films as measures see them."""
        return comparison.Yardstick(self)

    def true_points(self, part: FramePairs, numbers: Tensor) -> Tensor | None:
        """Pixels of driving frames that belong to parts of faces, int64 [N, P, 2], x and y; None where none are known.

        Args:
            part: The part that the pairs are of.
            numbers: Of the pairs, int64 [N].
        """
        return None
