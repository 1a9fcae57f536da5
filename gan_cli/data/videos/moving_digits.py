"""Digits that move: videos made of real images on ways that are drawn from a seed."""

import math
from typing import Annotated

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, VideoBatch
from gan_cli.data.datamodules import Split
from gan_cli.data.images import sources
from gan_cli.data.parts import LabelledPart
from gan_cli.data.sampling import Span
from gan_cli.data.videos.video_sets import Frames, Side, VideoDataModule
from gan_cli.ranges import BatchSize, Processes, Range, Seed
from gan_cli.seeding import stream, stream_indices

SPEEDS = (1 / 32, 3 / 32)
"""The slowest and the fastest way, in sides of the frame per frame."""


class MovingDigits(VideoDataModule):
    """scikit-learn's 1,797 digits, each on a straight way that the edges of the frame throw back. No download.

    The digits that are held out of `Digits` are those of the held-out videos.

    Args:
        num_frames: T.
        image_size: Side of the frames in pixels; a digit takes half of it.
        ways: How many videos there are of each digit, each on a way of its own.
        seed: The ways are drawn from it.
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
    class_names = tuple("0123456789")
    frame_rate = 8

    def __init__(
        self,
        num_frames: Frames = 16,
        image_size: Side = 32,
        ways: Annotated[int, Range(1, 100)] = 4,
        seed: Seed = 0,
        batch_size: BatchSize = 32,
        num_workers: Processes = 0,
    ) -> None:
        super().__init__(num_frames, image_size, batch_size=batch_size, num_workers=num_workers)
        self.ways = ways
        self.seed = seed

    def part(self, split: Split) -> "MovingPart":
        side = self.image_size // 2
        images, labels = sources.digits(split == "train", side)
        random = stream(self.seed, "moving digits", "train" if split == "train" else "held out")
        ways = drawn(len(images) * self.ways, self.num_frames, self.image_size - side, self.image_size, random)
        return MovingPart(images, labels.repeat(self.ways), ways, self.image_size)


class MovingPart(LabelledPart):
    """Images on their ways; the videos are put together when they are asked for.

    Args:
        images: uint8 [M, C, S, S].
        labels: Classes of the videos, int64 [N]; N is a multiple of M, and video k shows image k modulo M.
        ways: Where the image is in each frame, in pixels from the top and from the left, int64 [N, T, 2].
        image_size: H and W.
    """

    def __init__(self, images: Tensor, labels: Tensor, ways: Tensor, image_size: int) -> None:
        self.images = images
        self.labels = labels
        self.ways = ways
        self.image_size = image_size

    @property
    def at_hand(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        videos = moving(self.images[numbers % len(self.images)], self.ways[numbers], self.image_size)
        return LoadedBatch(VideoBatch(videos, self.labels[numbers]))


def drawn(count: int, frames: int, room: int, side: int, random: torch.Generator) -> Tensor:
    """Straight ways of all directions, thrown back by the edges: places in pixels, int64 [N, T, 2].

    Args:
        count: N.
        frames: T.
        room: How far an image can go from edge to edge, in pixels.
        side: Of the frame, in pixels; speeds are shares of it.
        random: Numbers are drawn from it.
    """
    start = torch.rand(count, 1, 2, generator=random) * 2 * room  # there and back again is one round
    angle, share = torch.rand(2, count, 1, generator=random)
    speed = (SPEEDS[0] + share * (SPEEDS[1] - SPEEDS[0])) * side
    step = torch.stack([(angle * math.tau).sin() * speed, (angle * math.tau).cos() * speed], dim=-1)
    passed = start + step * torch.arange(frames)[:, None]
    return (passed % (2 * room) - room).abs().round().long()


def moving(images: Tensor, ways: Tensor, image_size: int) -> Tensor:
    """Videos of images on their ways over black, uint8 [N, C, T, H, W].

    Args:
        images: uint8 [N, C, S, S].
        ways: int64 [N, T, 2].
        image_size: H and W.
    """
    count, frames = ways.shape[:2]
    videos = torch.zeros(count, frames, image_size, image_size, images.shape[1], dtype=torch.uint8)
    rows, columns = (ways[..., axis, None] + torch.arange(images.shape[-1]) for axis in (0, 1))
    which = torch.arange(count)[:, None, None, None], torch.arange(frames)[:, None, None]
    videos[*which, rows[..., :, None], columns[..., None, :]] = images.permute(0, 2, 3, 1)[:, None]
    return videos.permute(0, 4, 1, 2, 3).contiguous()
