"""Videos: uint8 outside, float in [-1, 1] in a model, GIF, MP4 or a folder of pictures in files."""

from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.media.films import write_film
from gan_cli.media.images import flipped
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import grid, to_float, to_uint8

WIDEST = 512
"""A strip of frames has at most so many pixels from left to right, but two frames at least."""


@dataclass(frozen=True)
class Videos(Medium):
    """Videos, grey or in colours: kept as uint8 [N, C, T, H, W], shown as float in [-1, 1] of the same shape.

    Attributes:
        frame_rate: Frames a second.
    """

    frame_rate: int = 8

    name: ClassVar[str] = "videos"
    FACTS: ClassVar[tuple[str, ...]] = ("num_frames", "image_size", "image_channels")
    suffix: ClassVar[str] = ".gif"
    usual: ClassVar[int] = 20
    rounds: ClassVar[bool] = True
    moves: ClassVar[bool] = True

    @property
    def fps(self) -> int:
        return self.frame_rate

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return to_float(kept if mirrored is None else flipped(kept, mirrored))

    def kept(self, made: Tensor) -> Tensor:
        return to_uint8(made)

    def pictures(self, kept: Tensor) -> Tensor:
        """Strips of frames from left to right, uint8 [N, C, H, F * W]: evenly from the first to the last."""
        frames = kept.shape[2]
        fit = min(frames, max(2, WIDEST // kept.shape[4]))
        chosen = torch.linspace(0, frames - 1, fit).round().long()
        return kept[:, :, chosen].transpose(2, 3).flatten(3)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """Walks as one picture, uint8 [C, H, W]: a column for each, its videos as strips below each other."""
        return grid(self.each_pictured(kept.transpose(0, 1).flatten(0, 1)), columns=kept.shape[0])

    def film(self, kept: Tensor, beside: Beside) -> list[Tensor]:
        """All videos of all walks play at once, a row for each walk."""
        walks, videos = kept.shape[:2]
        columns = isqrt(videos - 1) + 1 if walks == 1 else videos
        return [grid(frames.flatten(0, 1), columns=columns) for frames in kept.unbind(3)]

    def write(self, one: Tensor, path: Path) -> None:
        """Writes a video, [C, T, H, W], as GIF or, by the ending, as MP4."""
        write_film(one.unbind(1), path, self.frame_rate)
