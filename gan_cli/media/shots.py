"""Clips of one length and size: films that are brought to the frames that a model sees at once."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.film_reading import film_at, frames_of, length_of, seen_at
from gan_cli.media.frames import squared
from gan_cli.media.reading import Unreadable
from gan_cli.media.videos import Videos


@dataclass(frozen=True)
class Shots(Videos):
    """Videos as `Videos` has them; a film is brought to their rate, and its middle frames to their size.

    Attributes:
        num_frames: T.
        image_size: Side of the square frames in pixels.
        image_channels: C.
    """

    num_frames: int = 16
    image_size: int = 64
    image_channels: int = 3

    def read(self, path: Path) -> Tensor:
        """The frames in the middle of a film, uint8 [C, T, H, W]."""
        try:
            return self.shot(path)
        except Unreadable as error:
            raise UserError(f"given: {path} is not possible ({error.reason})") from error

    def shot(self, path: Path, start: float | None = None) -> Tensor:
        """Frames of a film, uint8 [C, T, H, W].

        Args:
            path: A GIF, a video, a folder of frames, or a picture of square frames side by side.
            start: Seconds from its beginning, at the model's rate; None takes the middle.

        Raises:
            Unreadable: If it is no film, damaged, or too short.
        """
        film = film_at(path)
        numbers = seen_at(length_of(film), self.frame_rate)
        spare = len(numbers) - self.num_frames
        first = spare // 2 if start is None else round(start * self.frame_rate)
        if spare < 0 or first > spare:
            where = f", {max(0, len(numbers) - first)} from there on" if start and spare >= 0 else ""
            at = f"at {self.frame_rate} a second "
            raise Unreadable(path, f"{at}it has {len(numbers)} of the {self.num_frames} frames that are needed{where}")
        images = frames_of(film, numbers[first : first + self.num_frames])
        channels, side = self.image_channels, self.image_size
        frames = [reading.to_tensor(squared(reading.to_mode(image, channels), side), channels) for image in images]
        return torch.stack(frames, dim=1)
