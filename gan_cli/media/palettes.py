"""Palettes: how often a picture has each colour, whatever lies where."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.lab import STRONGEST, rgb_to_lab, shown
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import to_float, to_uint8

STEP = 10.0
"""Colours of one bin differ by at most so much in a and in b."""
LEVELS = round(2 * STRONGEST / STEP) + 1
"""So many bins lie beside each other, from -110 to 110."""
BINS = LEVELS**2
"""All bins; screens show the colours of about half of them."""
WIDTH = BINS + 1
"""Numbers of a palette as a model sees it."""
SIDE = 32
"""Side of a palette's picture in pixels."""
OPAQUE = 128
"""Pixels of less opacity do not count."""


@dataclass(frozen=True)
class Palettes(Medium):
    """Palettes: kept as pictures of their colours, uint8 [N, 3, H, W], shown as float [N, 530].

    A model sees the share of each bin of a and b, which add up to 1, and a last number that is 1: there is a palette.
    Where none is given, all of them are 0. In a file it is any image that has these colours.
    """

    name: ClassVar[str] = "palettes"
    suffix: ClassVar[str] = ".png"
    of_places: ClassVar[bool] = False

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return palette_of(rgb_to_lab(to_float(kept))[:, 1:] / STRONGEST)

    def kept(self, made: Tensor) -> Tensor:
        reached = made[:, :BINS].cumsum(1) / made[:, :BINS].sum(1, keepdim=True).clamp(min=1e-9)
        places = (torch.arange(SIDE**2, device=made.device) + 0.5) / SIDE**2
        bins = torch.searchsorted(reached.contiguous(), places.expand(len(made), -1).contiguous()).clamp(max=BINS - 1)
        ab = centres(bins.reshape(-1, SIDE, SIDE))
        return to_uint8(shown(torch.full_like(ab[:, :1], 60.0), ab))

    def pictures(self, kept: Tensor) -> Tensor:
        return kept

    def read(self, path: Path) -> Tensor:
        try:
            image = reading.read(path)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} cannot be read ({error.reason})") from error
        pixels = reading.to_tensor(reading.to_mode(image, 4), 4)
        colours: Tensor = pixels[:3, pixels[3] >= OPAQUE]
        if not colours.numel():
            raise UserError(f"given: {path} is transparent everywhere, so that it has no colours; take another image")
        return colours[:, None]


def palette_of(ab: Tensor) -> Tensor:
    """The palette of a and b, [N, 2, H, W] divided by 110, as a model sees it: float32 [N, 530]."""
    bins = bins_of(ab).flatten(1)
    shares = torch.full(bins.shape, 1 / bins.shape[1], device=ab.device)
    found = torch.zeros(len(ab), WIDTH, device=ab.device).scatter_add_(1, bins, shares)
    found[:, BINS] = 1
    return found


def bins_of(ab: Tensor) -> Tensor:
    """The bins of a and b, [N, 2, H, W] divided by 110: int64 [N, H, W] from 0 to 528.

    Zhang et al. 2017, arXiv:1705.02999, section 3.2: squares of 10 by 10, here around multiples of 10.
    """
    levels = ((ab.float() * STRONGEST + STRONGEST) / STEP).round().clamp(0, LEVELS - 1).to(torch.int64)
    return levels[:, 0] * LEVELS + levels[:, 1]


def centres(bins: Tensor) -> Tensor:
    """a and b in the middle of bins, int64 [N, H, W] -> float32 [N, 2, H, W] from -110 to 110."""
    return torch.stack([bins // LEVELS, bins % LEVELS], dim=1) * STEP - STRONGEST
