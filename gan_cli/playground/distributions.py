"""Where a game's real points come from: the package's sets of points, at the size of the plane that is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from gan_cli.data.points.mixtures import GRID25, RING8, Modes, mixture, swiss_roll
from gan_cli.playground.settings import DistributionName, Settings
from gan_cli.seeding import stream

POOL = 16_384
"""So many real points are made for a game; its batches are shuffled passes over them."""
JITTER = 0.04
"""Deviation of what a drawn point stands for: a pen has a tip."""


@dataclass(frozen=True)
class Distribution:
    """Real points of the plane.

    Attributes:
        title: Its name for people.
        make: Gives points [count, 2] from a count and a seed.
        modes: Its modes, where they are known.
    """

    title: str
    make: Callable[[int, int], Tensor]
    modes: Modes | None = None


def _of_modes(title: str, modes: Modes) -> Distribution:
    return Distribution(title, lambda count, seed: mixture(modes, count, seed).points, modes)


DISTRIBUTIONS: Mapping[DistributionName, Distribution] = {
    # The sets' own deviations are a pixel of the page; modes that can be seen are learned in seconds, too.
    "ring": _of_modes("Ring of 8", RING8._replace(deviation=0.08)),
    "grid": _of_modes("Grid of 25", Modes(GRID25.centres / 2, 0.06)),
    "swiss_roll": Distribution("Swiss roll", lambda count, seed: swiss_roll(count, seed).points),
    "two": _of_modes("Two modes", Modes(torch.tensor([[-1.5, 0.0], [1.5, 0.0]]), 0.15)),
    "far": _of_modes("One mode, far off", Modes(torch.tensor([[2.0, 2.0]]), 0.15)),
}


def of_settings(settings: Settings) -> Distribution:
    """The distribution that settings name, or the one that was drawn."""
    if settings.distribution != "drawn":
        return DISTRIBUTIONS[settings.distribution]
    return Distribution("Drawn", lambda count, seed: drawn(torch.tensor(settings.drawn), count, seed))


def drawn(points: Tensor, count: int, seed: int) -> Tensor:
    """Points [count, 2] of a drawing: each of its points [M, 2] is equally likely, and a little blurred."""
    random = stream(seed, "drawn")
    chosen = points[torch.randint(len(points), (count,), generator=random)]
    return chosen + JITTER * torch.randn(count, 2, generator=random)
