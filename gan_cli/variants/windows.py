"""The parts of videos that a model of frames is shown: a few frames in a row, and patches where something moves."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

Chosen = Literal["moving", "anywhere"]
STILL = 0.001
"""What a patch in which nothing moves counts, in the mean difference of frames in [-1, 1]."""


def frames_at(videos: Tensor, numbers: Tensor) -> Tensor:
    """Frames of videos by their numbers, [N, C, F, H, W].

    Args:
        videos: [N, C, T, H, W].
        numbers: int64 [N, F].
    """
    return videos[torch.arange(len(videos), device=videos.device)[:, None], :, numbers].transpose(1, 2)


def around(middles: Tensor, given: int, last: int) -> Tensor:
    """The numbers of the frames that are given for frames between them, int64 [N, given]: every second one.

    Where the video ends too early the last frame of the kind is given again, on either side.

    Args:
        middles: Numbers of the frames between them, int64 [N], from 1 to `last - 1`.
        given: How many are given, an even number.
        last: The number of the last frame.
    """
    numbers = middles[:, None] + torch.arange(1 - given, given, 2, device=middles.device)
    first = (middles[:, None] - 1) % 2
    return torch.minimum(torch.maximum(numbers, first), last - (last - first) % 2)


def patches(frames: Tensor, shares: Tensor, side: int, chosen: Chosen) -> Tensor:
    """A square of each window of frames, [N, C, F, S, S].

    Args:
        frames: [N, C, F, H, W].
        shares: What the places are drawn by, in [0, 1], [N].
        side: S, in pixels.
        chosen: "moving" draws places by how much the frames differ there, "anywhere" draws all alike.
    """
    height, width = (length - side + 1 for length in frames.shape[3:])
    if height == width == 1:
        return frames
    if chosen == "moving":
        moved = avg_pool2d(frames.diff(dim=2).abs().mean((1, 2))[:, None], side, stride=1).flatten(1) + STILL
    else:
        moved = frames.new_ones(len(frames), height * width)
    reached = moved.double().cumsum(1)
    places = torch.searchsorted(reached, shares[:, None].double() * reached[:, -1:], right=True)[:, 0]
    places = places.clamp(max=height * width - 1)
    within = torch.arange(side, device=frames.device)
    rows, columns = (places // width)[:, None] + within, (places % width)[:, None] + within
    which = torch.arange(len(frames), device=frames.device)[:, None, None]
    return frames[which, :, :, rows[:, :, None], columns[:, None, :]].permute(0, 3, 4, 1, 2)
