"""What all sets with boxes share: their fields, facts and measures of found boxes."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from torch import Tensor

from gan_cli.data.boxes.box_part import BoxPart, counted
from gan_cli.data.datamodules import Facts, GANDataModule, Split
from gan_cli.media.boxes import Boxes as BoxMedium
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.metrics.detection_tables import OWN, boxes_table
from gan_cli.metrics.row_table import OwnMeasures, RowTable


class BoxDataModule(GANDataModule):
    """Images with boxes. A subclass says the classes, the size of small things, and gives `part`."""

    own_measures: ClassVar[OwnMeasures | None] = OWN
    image_size: int
    image_channels: int

    if TYPE_CHECKING:

        @property
        def names(self) -> Sequence[str]:
            """The classes."""

        @property
        def small_side(self) -> int:
            """Things of a smaller side (root of the area) are small, in pixels of the images trained on."""

        @property
        def most_boxes(self) -> int:
            """P, the most boxes of an image."""

    @property
    def reduction(self) -> int:
        """So many times are crops reduced to be small; 0 where images are whole."""
        return 0

    @property
    def fields(self) -> Mapping[str, Medium]:  # type: ignore[override]
        return {"images": Images(), "boxes": BoxMedium(tuple(self.names), self.image_size)}

    @property
    def facts(self) -> Facts:
        size = {"image_size": self.image_size, "image_channels": self.image_channels}
        boxes = {"most_boxes": self.most_boxes, "small_side": self.small_side, "reduction": self.reduction}
        return {"name": self.name, **size, "box_classes": len(self.names), **boxes}

    def box_part(self, split: Split) -> BoxPart:
        """A part, which is read if it is not at hand."""
        found = self.at_hand(split)
        assert isinstance(found, BoxPart)
        return found

    def measures_of(self, field: str) -> OwnMeasures | None:
        return super().measures_of(field) if field == "boxes" and not self.reduction else None

    def compared(self, made: Tensor, numbers: Tensor, split: Split) -> RowTable:
        return boxes_table({"made": made}, self.box_part(split).boxes[numbers], self.small_side, f"{self.name} {split}")

    def notes(self) -> list[str]:
        return counted(self.box_part("train").every, self.names, self.small_side)
