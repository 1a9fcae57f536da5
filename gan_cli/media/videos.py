"""Videos: uint8 outside, float in [-1, 1] in a model, GIF, MP4 or a folder of pictures in files."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.film_reading import film_at, frames_of, length_of, seen_at
from gan_cli.media.films import FILMS, write_film
from gan_cli.media.images import flipped
from gan_cli.media.medium import Beside, Medium, columns
from gan_cli.media.pictures import grid, labelled_grid, save_png, to_float, to_uint8

WIDEST = 512
"""A strip of frames has at most so many pixels from left to right, but two frames at least."""
STRIPS = 2
"""Of so many strips is a row of a class."""
FRAMES = ".frames"
"""The ending that asks for a folder of frames."""
NOISE = 6
"""The colours of a grey film may differ by at most so much, because videos change them a little."""


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
    in_folder: ClassVar[str] = "both"
    endings: ClassVar[tuple[str, ...]] = (".gif", ".mp4", FRAMES)

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

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """Strips in rows of `STRIPS`, from a new row on for each class, with its name in front of its first row."""
        if beside.labels is None:
            return super().page(kept, beside)
        strips, rows, names = self.each_pictured(kept), [], []
        for number in dict.fromkeys(beside.labels.tolist()):
            each = strips[beside.labels == number].split(STRIPS)
            rows += each
            names += [str(beside.names[number]) if number < len(beside.names) else str(number), *[""] * (len(each) - 1)]
        return labelled_grid(rows, names)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """Walks as one picture, uint8 [C, H, W]: a column for each, its videos as strips below each other."""
        return grid(self.each_pictured(kept.transpose(0, 1).flatten(0, 1)), columns=kept.shape[0])

    def film(self, kept: Tensor, beside: Beside) -> list[Tensor]:
        """All videos of all walks play at once, a row for each walk; those of a single one are a square."""
        return [grid(frames.flatten(0, 1), columns(kept)) for frames in kept.unbind(3)]

    def write(self, one: Tensor, path: Path) -> None:
        """Writes a video, [C, T, H, W], by the ending as GIF, as MP4, or as a folder of that name, of a PNG a frame."""
        frames = one.unbind(1)
        if path.suffix.lower() in FILMS:
            write_film(frames, path, self.frame_rate)
            return
        for number, frame in enumerate(frames):
            save_png(frame, path.with_suffix("") / f"frame{number:05d}.png")

    def read(self, path: Path) -> Tensor:
        """A film, [C, T, H, W]: a GIF, a video, a folder of frames, or square frames side by side in one picture.

        A film of another rate is brought to this one; frames of folders and pictures are taken as they are. One
        without colours has one channel.
        """
        try:
            film = film_at(path)
            length = length_of(film)
            images = list(frames_of(film, seen_at(length, self.frame_rate)))
        except reading.Unreadable as error:
            raise UserError(
                f"given: {path} is no film ({error.reason}); take a GIF, a video, a folder of frames, or a picture of "
                "square frames side by side"
            ) from error
        if len({image.size for image in images}) > 1:
            raise UserError(f"given: the frames of {path} differ in size; make them alike")
        video = torch.stack([reading.to_tensor(image, 3) for image in images], dim=1)
        return _grey(video) if _is_grey(video) else video


def _is_grey(video: Tensor) -> bool:
    """Whether a film [3, T, H, W] has no colours."""
    return int((video.amax(0).short() - video.amin(0).short()).max()) <= NOISE


def _grey(video: Tensor) -> Tensor:
    """A film [3, T, H, W] without its colours, [1, T, H, W]."""
    return video.float().mean(0, keepdim=True).round().to(torch.uint8)
