"""Hints: a few colours at places of a picture, and where they are."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.hint_files import Spot, read_spots
from gan_cli.media.images import flipped
from gan_cli.media.lab import STRONGEST, lab_to_rgb, rgb_to_lab
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import save_png, to_float, to_uint8

LIST = ".json"
"""The ending of files that list hints."""
OPAQUE = 255
GREY = 128
"""The level of what a picture of hints shows where there is none."""


@dataclass(frozen=True)
class Hints(Medium):
    """Colours at some places: kept as uint8 [N, 4, H, W], RGB with opacity, which is 0 where there is no hint.

    Shown as float [N, 3, H, W]: a and b of CIE L*a*b* divided by 110, and 1 where there is a hint; all 0 elsewhere. How
    light a hint's colour is does not matter. In a file it is a PNG with opacity, or a JSON list as `hint_files` has it.
    """

    name: ClassVar[str] = "hints"
    FACTS: ClassVar[tuple[str, ...]] = ("image_size",)
    suffix: ClassVar[str] = ".png"

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        kept = kept if mirrored is None else flipped(kept, mirrored)
        there = (kept[:, 3:] >= GREY).to(torch.float32)
        return torch.cat([rgb_to_lab(to_float(kept[:, :3]))[:, 1:] / STRONGEST * there, there], dim=1)

    def kept(self, made: Tensor) -> Tensor:
        there = made[:, 2:] > 0.5
        middle = torch.full_like(made[:, :1], 50.0)
        colours = to_uint8(lab_to_rgb(torch.cat([middle, made[:, :2] * STRONGEST], dim=1)))
        return torch.cat([colours * there, there.to(torch.uint8) * OPAQUE], dim=1)

    def pictures(self, kept: Tensor) -> Tensor:
        return torch.where(kept[:, 3:] >= GREY, kept[:, :3], GREY)

    def write(self, one: Tensor, path: Path) -> None:
        save_png(one, path)

    def read_for(self, path: Path, height: int, width: int) -> Tensor:
        if path.suffix.lower() == LIST:
            return drawn(read_spots(path, height, width), height, width)
        return self.read(path)

    def read(self, path: Path) -> Tensor:
        if path.suffix.lower() == LIST:
            raise UserError(f"given: {path} says where hints are in a picture, whose size is not known; take a PNG")
        try:
            image = reading.read(path)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} cannot be read ({error.reason})") from error
        if image.mode not in ("LA", "RGBA"):
            raise UserError(f"given: {path} has no opacity, which says where its hints are; save it as PNG with alpha")
        return reading.to_tensor(image, 4)


def drawn(spots: Iterable[Spot], height: int, width: int) -> Tensor:
    """Hints of a picture of that size, uint8 [4, H, W]; later ones cover earlier ones.

    Raises:
        UserError: If one does not begin within the picture.
    """
    hints = torch.zeros(4, height, width, dtype=torch.uint8)
    for top, left, side, colour in spots:
        if not (0 <= top < height and 0 <= left < width):
            raise UserError(f"hints: row {top}, column {left} lies outside the picture of {width}x{height}")
        hints[:, top : top + side, left : left + side] = torch.tensor([*colour, OPAQUE], dtype=torch.uint8)[
            :, None, None
        ]
    return hints
