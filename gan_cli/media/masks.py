"""Masks: which pixels of an image are meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.images import flipped
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import save_png

HALF = 128
"""From this level on, grey is taken for white, and alpha for opaque."""


@dataclass(frozen=True)
class Masks(Medium):
    """Masks [N, 1, H, W]: kept as uint8, shown as float, 1 where a pixel is meant (a hole, an edge) and 0 elsewhere.

    In a file the meant pixels are white, or, where it has opacity, transparent.
    """

    name: ClassVar[str] = "masks"
    FACTS: ClassVar[tuple[str, ...]] = ("image_size",)
    suffix: ClassVar[str] = ".png"

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return (kept if mirrored is None else flipped(kept, mirrored)).to(torch.float32)

    def kept(self, made: Tensor) -> Tensor:
        return (made > 0.5).to(torch.uint8)

    def pictures(self, kept: Tensor) -> Tensor:
        return kept * 255

    def write(self, one: Tensor, path: Path) -> None:
        save_png(one * 255, path)

    def drawn(self, opacity: Tensor) -> Tensor | None:
        mask = mask_of_opacity(opacity)
        return mask if mask.any() else None

    def read(self, path: Path) -> Tensor:
        try:
            return read_mask(path)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} cannot be read ({error.reason})") from error


def mask_of_opacity(opacity: Tensor) -> Tensor:
    """The mask of the pixels that are transparent, uint8 of 0 and 1 of the same shape."""
    return (opacity < HALF).to(torch.uint8)


def read_mask(path: Path, content: bytes | None = None) -> Tensor:
    """A file's mask, uint8 [1, H, W] of 0 and 1.

    Raises:
        Unreadable: If it is no image.
    """
    image = reading.read(path, content)
    if image.mode in ("LA", "RGBA"):
        return mask_of_opacity(reading.to_tensor(image, 4)[3:])
    return (reading.to_tensor(image, 1) >= HALF).to(torch.uint8)
