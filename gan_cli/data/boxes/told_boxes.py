"""What files of annotations tell, before the images are looked at."""

from dataclasses import dataclass, field
from typing import NamedTuple

from gan_cli.data.datamodules import Split


class ToldBox(NamedTuple):
    """A box as a file tells it.

    Attributes:
        place: The file and the line, or the number in it.
        name: The class.
        told: Left, top, right, bottom.
        shares: Whether these are shares of the picture's sides, and not pixels.
    """

    place: str
    name: str
    told: tuple[float, float, float, float]
    shares: bool = False

    def edges(self, width: int, height: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom in pixels, in a picture of that size."""
        left, top, right, bottom = self.told
        if not self.shares:
            return self.told
        return left * width, top * height, right * width, bottom * height


@dataclass
class Told:
    """All that is told in a folder.

    Attributes:
        layout: How, to be said.
        boxes: By the name of an image: its path below the folder, its file's name, or either without the ending.
        parts: The part of an image, where a file says it.
        unknown: Boxes of which the class is not known, each with its place.
        notes: Lines on what was left out.
        slack: So many pixels beyond the picture are a matter of counting from 1 or of rounding.
    """

    layout: str
    boxes: dict[str, list[ToldBox]] = field(default_factory=dict)
    parts: dict[str, Split] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    slack: float = 1.0
