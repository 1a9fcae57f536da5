"""Digits that move: videos made from a seed."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import interpolate
from videos import Films, VideoBatch

from gan_cli.data import Digits, Facts, GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.parts import InMemory
from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.seeding import stream


class RollingDigits(GANDataModule):
    """scikit-learn's 1,797 digits, each on a straight way of its own, thrown back by the edges. No download.

    Args:
        num_frames: T.
        image_size: Side of the frames in pixels; a digit takes three quarters of it.
        batch_size: Videos per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it is made of the digits that come with scikit-learn"
    offline = True
    natural = False
    fields: Mapping[str, Medium] = {"videos": Films(frame_rate=8)}
    class_names = tuple("0123456789")

    def __init__(self, num_frames: int = 8, image_size: int = 16, batch_size: int = 32, num_workers: int = 0) -> None:
        super().__init__(batch_size, num_workers)
        if num_frames < 1 or image_size < 16:
            raise UserError(f"data: {num_frames} frames of {image_size} pixels are not possible; take 1 of 16 or more")
        self.num_frames = num_frames
        self.image_size = image_size

    @property
    def facts(self) -> Facts:
        return {
            "name": self.name,
            "num_frames": self.num_frames,
            "image_size": self.image_size,
            "image_channels": 1,
            "num_classes": 10,
            "class_names": self.class_names,
        }

    def part(self, split: Split) -> InMemory:
        images, labels = Digits(image_size=16).read(split == "train")
        digits = interpolate(images.float(), self.image_size * 3 // 4, mode="bilinear", antialias=True)
        ways = self.ways(len(images), split)
        return InMemory(VideoBatch(moving(digits.round().to(torch.uint8), ways, self.image_size), labels))

    def ways(self, count: int, split: str) -> Tensor:
        """Where each digit is in each frame, in pixels from the top and from the left, int64 [N, T, 2]."""
        start, speed = torch.rand(2, count, 1, 2, generator=stream("moving digits", split))
        room = self.image_size - self.image_size * 3 // 4
        passed = start * 2 + (speed - 0.5) * torch.arange(self.num_frames)[:, None] / 2
        ways: Tensor = ((passed % 2 - 1).abs() * room).round().long()  # there and back again
        return ways


def moving(digits: Tensor, ways: Tensor, image_size: int) -> Tensor:
    """Videos of images on their ways, uint8 [N, 1, T, H, W].

    Args:
        digits: uint8 [N, 1, D, D].
        ways: int64 [N, T, 2].
        image_size: H and W.
    """
    count, frames = ways.shape[:2]
    videos = torch.zeros(count, frames, image_size, image_size, dtype=torch.uint8)
    rows, columns = (ways[..., axis, None] + torch.arange(digits.shape[-1]) for axis in (0, 1))
    which = torch.arange(count)[:, None, None, None], torch.arange(frames)[:, None, None]
    videos[*which, rows[..., :, None], columns[..., None, :]] = digits
    return videos[:, None]
