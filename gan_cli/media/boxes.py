"""Boxes around things in images, with the classes of the things: drawn on the images, written and read as JSON."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import Any, ClassVar

import torch
from torch import Tensor
from torch.nn.functional import pad

from gan_cli.errors import UserError
from gan_cli.files import write_json
from gan_cli.media import box_pictures
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import grid

COLUMNS = 6
"""What is known of a box: its left, top, right and bottom edge, its class and how sure that is."""
SURE = 0.3
"""Pages show boxes of such scores and of higher ones; files hold all."""
RATIO = 3
"""From so many times the side of small things on, things are large: COCO has 32 and 96 pixels."""


@dataclass(frozen=True)
class Boxes(Medium):
    """The boxes in images, float [N, P, 6] everywhere: left, top, right, bottom in pixels, class number, score.

    Images with fewer boxes than P have NaN in the last rows. The score of what is known is 1. Edges are counted from
    the upper left corner of the image, so that a box as large as an image of S pixels is 0, 0, S, S.

    Attributes:
        names: What the classes are called.
        image_size: Side of the square images in pixels.
    """

    names: tuple[str, ...] = ()
    image_size: int = 64

    name: ClassVar[str] = "boxes"
    FACTS: ClassVar[tuple[str, ...]] = ("box_classes", "most_boxes", "small_side", "reduction")
    suffix: ClassVar[str] = ".json"
    endings: ClassVar[tuple[str, ...]] = (".json",)
    usual: ClassVar[int] = 16
    in_folder: ClassVar[str] = "both"
    comparable: ClassVar[bool] = False
    of_places: ClassVar[bool] = False

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        if mirrored is None:
            return kept
        turned = torch.cat([self.image_size - kept[..., [2]], kept[..., [1]], self.image_size - kept[..., [0]]], dim=-1)
        return torch.where(mirrored[:, None, None], torch.cat([turned, kept[..., 3:]], dim=-1), kept)

    def kept(self, made: Tensor) -> Tensor:
        return made.float()

    def pictures(self, kept: Tensor) -> Tensor:
        dark = torch.full((len(kept), 3, self.image_size, self.image_size), 24, dtype=torch.uint8)
        return box_pictures.drawn(dark, sure(kept.cpu()), self.names)

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """The images that boxes were found in, with these drawn on them."""
        images = beside.given.get("images")
        if images is None:
            return super().page(kept, beside)
        pictures = box_pictures.drawn(images, sure(kept), self.names)
        return grid(pictures, columns=isqrt(len(pictures) - 1) + 1)

    def stacked(self, things: Sequence[Tensor]) -> Tensor:
        most = max(len(thing) for thing in things)
        return torch.stack([padded(thing, most) for thing in things])

    def write(self, one: Tensor, path: Path) -> None:
        """Writes the boxes of an image, [P, 6], as a list of records."""
        write_json(path, {"image_size": self.image_size, "boxes": self.records(one)})

    def records(self, one: Tensor) -> list[dict[str, Any]]:
        """The boxes of an image, [P, 6], as plain values; `bbox` as COCO has it: left, top, width, height."""
        found = []
        for x1, y1, x2, y2, number, score in one[~one[:, 0].isnan()].tolist():
            box = [round(value, 3) for value in (x1, y1, x2 - x1, y2 - y1)]
            found.append({"class": self.name_of(int(number)), "bbox": box, "score": round(score, 5)})
        return found

    def name_of(self, number: int) -> str:
        """What a class is called."""
        return self.names[number] if number < len(self.names) else str(number)

    def read(self, path: Path) -> Tensor:
        """The boxes in a file as `write` makes it, [P, 6].

        Raises:
            UserError: If it is none, or has a box outside the image, of no area or of an unknown class.
        """
        try:
            records = json.loads(path.read_text(encoding="utf-8"))["boxes"]
            rows = [(one["class"], *map(float, one["bbox"]), float(one.get("score", 1))) for one in records]
            boxes = [(name, x, y, x + width, y + height, score) for name, x, y, width, height, score in rows]
        except (ValueError, TypeError, KeyError, OSError) as error:
            raise UserError(
                f"given: {path} has no boxes as they are written here: "
                '{"boxes": [{"class": "door", "bbox": [LEFT, TOP, WIDTH, HEIGHT]}]}'
            ) from error
        for number, (name, *edges, _) in enumerate(boxes, 1):
            if name not in self.names:
                raise UserError(f"given: {path}, box {number}: {name!r} is none of {', '.join(self.names)}")
            if reason := wrong(edges, self.image_size, self.image_size):
                raise UserError(f"given: {path}, box {number}: {reason}")
        found = [[*edges, float(self.names.index(name)), score] for name, *edges, score in boxes]
        return torch.tensor(found, dtype=torch.float32).view(-1, COLUMNS)


def sure(rows: Tensor) -> Tensor:
    """Boxes [..., 6] without those of scores below `SURE`, which become NaN."""
    return torch.where((rows[..., 5] >= SURE)[..., None], rows, torch.nan)


def padded(rows: Tensor, most: int) -> Tensor:
    """Boxes of an image [M, 6] with rows of NaN behind them, [most, 6]."""
    return pad(rows, (0, 0, 0, most - len(rows)), value=torch.nan)


def wrong(edges: Sequence[float], width: float, height: float, slack: float = 1.0) -> str:
    """What is wrong with a box in a picture, in words; "" if nothing is.

    Args:
        edges: Left, top, right, bottom.
        width: Of the picture.
        height: Of the picture.
        slack: So many pixels beyond the picture are a matter of rounding, or of counting from 1.
    """
    left, top, right, bottom = edges
    told = f"the box from {left:g}, {top:g} to {right:g}, {bottom:g}"
    if not all(abs(edge) < 1e9 for edge in edges):
        return f"{told} has an edge that is no number of a pixel"
    if right <= left or bottom <= top:
        return f"{told} has no area"
    if min(left, top) < -slack or right > width + slack or bottom > height + slack:
        return f"{told} is not within the picture of {width:g}x{height:g} pixels"
    return ""


def size_of(rows: Tensor, small_side: float) -> Tensor:
    """Whether things are small (0), medium (1) or large (2), by the root of the area of boxes [..., 4 or more].

    Args:
        rows: Boxes; NaN is small.
        small_side: Smaller things are small, those of `RATIO` times as much or more are large.
    """
    sides = side_of(rows)
    return (sides >= small_side).long() + (sides >= RATIO * small_side).long()


def side_of(rows: Tensor) -> Tensor:
    """The root of the area of boxes [..., 4 or more], in pixels."""
    return ((rows[..., 2] - rows[..., 0]) * (rows[..., 3] - rows[..., 1])).clamp(min=0).sqrt()
