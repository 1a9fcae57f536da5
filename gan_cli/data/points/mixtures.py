"""Points of the plane as functions of a seed: two mixtures of Gaussians and a spiral."""

from typing import NamedTuple

import torch
from sklearn.datasets import make_swiss_roll
from torch import Tensor

from gan_cli.batches import PointBatch
from gan_cli.seeding import mix, stream


class Modes(NamedTuple):
    """A mixture of equally likely round Gaussians.

    Attributes:
        centres: [K, 2].
        deviation: Standard deviation of each, in both directions.
    """

    centres: Tensor
    deviation: float


_ANGLES = torch.arange(8) * (torch.pi / 4)
_STEPS = torch.arange(-4.0, 5.0, 2.0)

RING8 = Modes(2 * torch.stack([_ANGLES.cos(), _ANGLES.sin()], dim=1), 0.02)
"""Eight modes on a circle: Gulrajani et al. 2017, figure 1, before they divide by 1.414."""
GRID25 = Modes(torch.cartesian_prod(_STEPS, _STEPS), 0.05)
"""25 modes on a grid: Lin et al. 2018 (PacGAN), arXiv:1712.04086, section 4.1; centres -4, -2, ..., 4 both ways."""


def mixture(modes: Modes, count: int, seed: int) -> PointBatch:
    """Points of a mixture, float32 [count, 2], with their modes."""
    random = stream(seed, "points")
    labels = torch.randint(len(modes.centres), (count,), generator=random)
    noise = torch.randn(count, 2, generator=random)
    return PointBatch(modes.centres[labels] + modes.deviation * noise, labels)


def swiss_roll(count: int, seed: int) -> PointBatch:
    """Points of scikit-learn's roll seen from its end, noise 0.25, divided by 7.5 (Gulrajani et al. 2017, figure 1)."""
    roll, _ = make_swiss_roll(count, noise=0.25, random_state=mix(seed, "points") % 2**32)
    flat = torch.from_numpy(roll[:, [0, 2]]).float() / 7.5
    return PointBatch(flat, torch.zeros(count, dtype=torch.long))
