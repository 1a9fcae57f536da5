"""Images: uint8 outside, float in [-1, 1] in a model, PNG in a file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.medium import Medium
from gan_cli.media.pictures import save_png, to_float, to_uint8

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Images(Medium):
    """Images of 1 to 4 channels: kept as uint8 [N, C, H, W], shown as float in [-1, 1] of the same shape."""

    name: ClassVar[str] = "images"
    FACTS: ClassVar[tuple[str, ...]] = ("image_size", "image_channels")
    suffix: ClassVar[str] = ".png"
    rounds: ClassVar[bool] = True

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return to_float(kept if mirrored is None else flipped(kept, mirrored))

    def kept(self, made: Tensor) -> Tensor:
        return to_uint8(made)

    def pictures(self, kept: Tensor) -> Tensor:
        return kept

    def arrays(self, kept: Tensor) -> dict[str, np.ndarray[Any, Any]]:
        return {self.name: kept.permute(0, 2, 3, 1).numpy()}

    def write(self, one: Tensor, path: Path) -> None:
        save_png(one, path)

    def read(self, path: Path) -> Tensor:
        try:
            image = reading.read(path)
        except reading.Unreadable as error:
            raise UserError(f"given: {path} cannot be read ({error.reason})") from error
        channels = {"L": 1, "LA": 1, "RGB": 3, "RGBA": 4}.get(image.mode, 3)
        return reading.to_tensor(reading.to_mode(image, channels), channels)

    def features(self, choose: Callable[[], Any]) -> Any | None:
        return choose()


def flipped(things: Tensor, mirrored: Tensor) -> Tensor:
    """Things whose last axis goes from left to right, some of them mirrored, of the same shape.

    Args:
        things: [N, ..., W].
        mirrored: Which of them are mirrored, bool [N].
    """
    return torch.where(mirrored.reshape(-1, *[1] * (things.ndim - 1)), things.flip(-1), things)
