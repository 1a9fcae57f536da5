"""Label maps: the class of each pixel, as a whole number."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.images import flipped
from gan_cli.media.label_files import Colour, numbers_of, read_labels, usual_colours, write_labels
from gan_cli.media.medium import Medium


@dataclass(frozen=True)
class LabelMaps(Medium):
    """Numbers of classes [N, 1, H, W], 0 to K - 1: kept as uint8, shown as int64. A picture has the classes' colours.

    Attributes:
        names: What the K classes are called, 256 at most.
        colours: Red, green and blue of each, 0..255; () takes colours that are far apart.
        unknown: The value in files that means that nobody knows; it is the last class. -1 if there is none.
    """

    names: tuple[str, ...] = ()
    colours: tuple[Colour, ...] = ()
    unknown: int = -1

    name: ClassVar[str] = "label maps"
    FACTS: ClassVar[tuple[str, ...]] = ("image_size", "num_labels")
    suffix: ClassVar[str] = ".png"

    @property
    def palette(self) -> tuple[Colour, ...]:
        """The colour of each class."""
        return self.colours or usual_colours(len(self.names))

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return (kept if mirrored is None else flipped(kept, mirrored)).to(torch.int64)

    def kept(self, made: Tensor) -> Tensor:
        return made.to(torch.uint8)

    def pictures(self, kept: Tensor) -> Tensor:
        palette = torch.tensor(self.palette, dtype=torch.uint8, device=kept.device)
        return palette[kept[:, 0].long()].permute(0, 3, 1, 2).contiguous()

    def write(self, one: Tensor, path: Path) -> None:
        write_labels(one, self.palette, path)

    def numbers_of(self, values: NDArray[Any], path: Path) -> NDArray[np.uint8]:
        """Numbers of classes, uint8 [H, W], of what a file or a frame has: values [H, W, 1], or colours [H, W, 3].

        Raises:
            Unreadable: If a value or a colour belongs to no class.
        """
        return numbers_of(values, path, len(self.names), self.palette, self.unknown)

    def read(self, path: Path) -> Tensor:
        try:
            return read_labels(path, len(self.names), self.palette, self.unknown)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} is no map of these labels: {error.reason}") from error


def map_facts(names: tuple[str, ...]) -> dict[str, Any]:
    """The facts of a set with label maps of these classes: how many there are, and what they are called."""
    return {"num_labels": len(names), "label_names": names}


def edges_of(things: Tensor) -> Tensor:
    """Where a thing meets another above, below or beside it, uint8 of 0 and 1, [..., H, W]; both sides count."""
    edges = torch.zeros_like(things, dtype=torch.bool)
    across = things[..., 1:] != things[..., :-1]
    down = things[..., 1:, :] != things[..., :-1, :]
    edges[..., 1:] |= across
    edges[..., :-1] |= across
    edges[..., 1:, :] |= down
    edges[..., :-1, :] |= down
    return edges.to(torch.uint8)
