"""Videos: uint8 outside, float in [-1, 1] in a model, GIF in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, NamedTuple

import torch
from PIL import Image, ImageSequence, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor

from gan_cli.errors import UserError
from gan_cli.media.films import write_film
from gan_cli.media.images import flipped
from gan_cli.media.medium import Beside, Medium, columns
from gan_cli.media.pictures import grid, to_float, to_uint8

STRIP = 8
"""Frames of a video that a picture shows at most."""


class VideoBatch(NamedTuple):
    """Videos with their classes.

    Attributes:
        videos: uint8 [N, C, T, H, W] as it leaves the loader; float in [-1, 1] once it is on the device.
        labels: int64 [N], class numbers from 0.
    """

    videos: Tensor
    labels: Tensor

    @property
    def real(self) -> Tensor:
        """What the generator is to imitate."""
        return self.videos


@dataclass(frozen=True)
class Films(Medium):
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
        """Strips of frames, from left to right."""
        every = -(-kept.shape[2] // STRIP)
        return kept[:, :, ::every].transpose(2, 3).flatten(3)

    def film(self, kept: Tensor, beside: Beside) -> list[Tensor]:
        """All videos of all walks play at once, a row for each walk; those of a single one are a square."""
        return [grid(frames.flatten(0, 1), columns(kept)) for frames in kept.unbind(3)]

    def write(self, one: Tensor, path: Path) -> None:
        write_film(one.unbind(1), path, self.frame_rate)

    def read(self, path: Path) -> Tensor:
        frames: list[Tensor] = []
        try:
            with Image.open(path) as film:
                for frame in ImageSequence.Iterator(film):
                    # Pillow writes frames that are alike as one that lasts longer
                    times = round(frame.info.get("duration", 0) * self.frame_rate / 1000)
                    frames += [pil_to_tensor(frame.convert("RGB"))] * max(1, times)
        except (OSError, UnidentifiedImageError) as error:
            raise UserError(f"given: {path} cannot be read ({error}); take a GIF") from error
        video = torch.stack(frames, dim=1)
        return video[:1] if torch.equal(video, video[:1].expand_as(video)) else video
