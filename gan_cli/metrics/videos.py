"""Measures of videos, uint8 [N, C, T, H, W], and what videos that learn nothing or by heart look like.

Frames alone do not tell whether time runs as it should; what each measure here sees is in the rows of baselines.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.metrics.row_table import Kind
from gan_cli.metrics.undefined import Undefined
from gan_cli.seeding import stream

SIDE = 32
"""Videos are compared at this many pixels a side at most."""
FRAMES = 32
"""And with this many frames at most, evenly chosen."""
COMPONENTS = 16
"""How many principal components describe frames, and how many their changes."""
PER_CENT = 100
"""Distances are in per cent of the training videos' variance: about 100 is as far as their mean is from them."""
REPEATED = 8

CHANGES = Kind("frames and changes", "lower")
ACTIONS = Kind("actions", "lower")
BROKEN = Kind("told as broken")
SINGLE = Kind("single frames", "lower")
MOTION = Kind("motion / real", "1")
ORDER = Kind("next / any frame")


def reduced(videos: Tensor) -> Tensor:
    """Videos as they are compared, uint8 [N, C, T', H', W']: at most `SIDE` pixels a side and `FRAMES` frames."""
    frames = videos.shape[2]
    if frames > FRAMES:
        videos = videos[:, :, torch.linspace(0, frames - 1, FRAMES).round().long()]
    if max(videos.shape[3:]) <= SIDE:
        return videos
    pieces = [_smaller(piece.transpose(1, 2).flatten(0, 1)) for piece in videos.split(64)]
    smaller: Tensor = torch.cat(pieces).unflatten(0, (-1, videos.shape[2])).transpose(1, 2).contiguous()
    return smaller


def motion(videos: Tensor) -> float:
    """By how much a pixel changes from a frame to the next, on average, in levels of 255."""
    return float(
        torch.stack([piece.float().diff(dim=2).abs().mean() * len(piece) for piece in videos.split(64)]).sum()
    ) / len(videos)


def order(videos: Tensor) -> float:
    """How much a frame differs from the next one, as a share of how much it differs from any other of its video.

    Of squared differences, summed over all videos: about 1 where frames are in no order, and less the more smoothly
    they follow each other, however much moves.

    Raises:
        Undefined: If nothing moves.
    """
    near, far = 0.0, 0.0
    for piece in videos.split(64):
        floats = piece.double()
        near += float(floats.diff(dim=2).square().mean((1, 2, 3, 4)).sum())
        far += 2 * float(floats.var(dim=2).mean((1, 2, 3)).sum())  # the mean over all pairs of frames
    if not far:
        raise Undefined("nothing moves")
    return near / far


class Components(NamedTuple):
    """Principal components of some vectors.

    Attributes:
        mean: [D].
        axes: [K, D], scaled so that the vectors' whole variance is `PER_CENT`.
    """

    mean: Tensor
    axes: Tensor

    @classmethod
    def of(cls, vectors: Tensor) -> "Components":
        """Those of vectors [N, D], at most `COMPONENTS`."""
        mean = vectors.mean(0)
        centred = vectors - mean
        _, _, axes = torch.linalg.svd(centred, full_matrices=False)
        variance = centred.square().sum() / max(1, len(vectors) - 1)
        return cls(mean, axes[:COMPONENTS] * (PER_CENT / variance.clamp_min(1e-9)).sqrt())

    def __call__(self, vectors: Tensor) -> Tensor:
        """Coordinates [N, K] of vectors [N, D]."""
        return (vectors - self.mean) @ self.axes.T


class FramesAndChanges(NamedTuple):
    """Features without a network: a video's mean frame, and where its frames change, each by principal components.

    A Frechet distance in them is no FVD, which is in features of a network that was trained on actions (I3D).

    Attributes:
        frames: Of mean frames.
        changes: Of mean squared differences from a frame to the next.
    """

    frames: Components
    changes: Components

    @classmethod
    def of(cls, videos: Tensor) -> "FramesAndChanges":
        """Features that describe these videos best, as `reduced` gives them; two frames each at least."""
        frames, changes = _seen(videos)
        return cls(Components.of(frames), Components.of(changes))

    def __call__(self, videos: Tensor) -> Tensor:
        """Features [N, F] of videos."""
        frames, changes = _seen(videos)
        return torch.cat([self.frames(frames), self.changes(changes)], dim=1)


def shuffled(videos: Tensor) -> Tensor:
    """The frames of each in an order of its own."""
    order = torch.rand(len(videos), videos.shape[2], generator=stream("shuffled frames")).argsort(1)
    return videos.gather(2, order[:, None, :, None, None].expand_as(videos))


def frozen(videos: Tensor) -> Tensor:
    """The first frame of each, all the time."""
    return videos[:, :, :1].expand_as(videos).contiguous()


def repeated(videos: Tensor) -> Tensor:
    """A few of them, again and again."""
    return videos[torch.arange(len(videos)) % REPEATED]


def mean_video(videos: Tensor) -> Tensor:
    """The mean of all, as many times."""
    return videos.float().mean(0, keepdim=True).round().to(torch.uint8).expand_as(videos).contiguous()


BASELINES: Mapping[str, Callable[[Tensor], Tensor]] = {
    "their frames, shuffled": shuffled,
    "their first frame, frozen": frozen,
    "eight of them, repeated": repeated,
    "the mean of them": mean_video,
}
"""What becomes of real videos, by its name in the table."""


def _seen(videos: Tensor) -> tuple[Tensor, Tensor]:
    """The mean frame and the mean squared change of each, [N, D], in levels of 1."""
    frames, changes = [], []
    for piece in videos.split(64):
        floats = piece.float() / 255
        frames.append(floats.mean(2).flatten(1))
        changes.append(floats.diff(dim=2).square().mean(2).flatten(1))
    return torch.cat(frames), torch.cat(changes)


def _smaller(frames: Tensor) -> Tensor:
    small = interpolate(frames.float(), (SIDE, SIDE), mode="bilinear", antialias=True)
    return small.round().clamp(0, 255).to(torch.uint8)
