"""What key points of a driving film are to become for somebody else's picture.

Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196, section 3.4, equation 12.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.networks.key_points import KeyPoints, inverse, product

LEAST_MOTION = 0.01
"""A film moves if one of its points goes so far from its mean place, in half sides of the picture."""
LEAST_SPREAD = 1e-3
"""Points are no nearer to their middle than that, in half sides."""


def spread(points: KeyPoints) -> Tensor:
    """How far the points of each image lie from their middle, the root of the mean square, [N]."""
    away = points.places - points.places.mean(1, keepdim=True)
    return away.square().sum(2).mean(1).sqrt().clamp(min=LEAST_SPREAD)


def normal(points: KeyPoints) -> Tensor:
    """Where points lie around their middle, [N, K, 2], whatever their size."""
    away = points.places - points.places.mean(1, keepdim=True)
    return away / spread(points)[:, None, None]


def nearest(pictures: KeyPoints, frames: KeyPoints) -> tuple[int, int]:
    """Which of some pictures and which frame of a film are held most alike.

    Args:
        pictures: Key points of M pictures.
        frames: Those of T frames.
    """
    apart = (normal(pictures)[:, None] - normal(frames)[None]).square().sum((2, 3))
    best = int(apart.argmin())
    return best // apart.shape[1], best % apart.shape[1]


def relative(source: KeyPoints, frames: KeyPoints, start: int, scaled: bool) -> KeyPoints:
    """The source's points, moved as those of a film have moved since its start frame.

    Args:
        source: Those of one picture.
        frames: Those of T frames.
        start: The frame whose pose the picture's pose is said to be.
        scaled: Whether the way is as much longer or shorter as the source's points are further apart. The authors'
            code compares areas of hulls, which is the same for what is of one form.
    """
    first = frames.at(slice(start, start + 1))
    share = spread(source) / spread(first) if scaled else torch.ones_like(spread(source))
    places = source.places + (frames.places - first.places) * share[:, None, None]
    since = product(frames.jacobians, inverse(first.jacobians))
    return KeyPoints(places, product(since, source.jacobians))


def motion(frames: KeyPoints) -> float:
    """The longest way of any point from its mean place over a film, in half sides of the picture."""
    return float((frames.places - frames.places.mean(0)).norm(dim=2).max())


def together(batches: Sequence[KeyPoints]) -> KeyPoints:
    """The points of several batches of images."""
    return KeyPoints(*(torch.cat(parts) for parts in zip(*batches, strict=True)))
