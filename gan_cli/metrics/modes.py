"""How many modes of a known distribution a generator covers, and how evenly."""

from math import log
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.metrics.row_table import Kind
from gan_cli.metrics.undefined import at_least

HIGH_QUALITY = 3
"""A sample within this many deviations of the nearest centre is of high quality."""

KINDS = {
    "modes": Kind("modes with 20 samples", "higher"),
    "modes_reached": Kind("with any", "higher"),
    "high_quality": Kind("share near a mode", "higher"),
    "kl_modes": Kind("KL over modes", "lower"),
}
"""What is measured of samples of a mixture, in the order of `ModeScores`."""


class ModeScores(NamedTuple):
    """How a mixture's modes are covered.

    Attributes:
        modes: Modes with enough samples of high quality.
        reached: Modes with at least one, which is how PacGAN's authors count.
        high_quality: Share of the samples that are of high quality.
        kl: KL divergence of the high-quality samples' distribution over the modes from the uniform one, in nats; 0 is
            even, log K all on one mode (or none of high quality at all).
    """

    modes: int
    reached: int
    high_quality: float
    kl: float

    def as_row(self) -> list[float]:
        """The numbers of `KINDS`."""
        return [float(number) for number in self]


class ClassModes(NamedTuple):
    """How classes are covered.

    Attributes:
        modes: Classes with enough samples, which is one unless more are asked for.
        reached: Classes with at least one, which is how the papers count.
        kl: KL divergence of the samples' distribution over the classes from the uniform one, in nats.
    """

    modes: int
    reached: int
    kl: float


def count_modes(points: Tensor, centres: Tensor, deviation: float, least: int = 20) -> ModeScores:
    """The modes of a mixture of equally likely round Gaussians that samples cover.

    Uniform noise reaches all modes of a grid: the numbers mean something only together. The protocol takes 2,500
    samples (after Srivastava et al. 2017, "VEEGAN", arXiv:1705.07761, and Lin et al. 2018, "PacGAN", arXiv:1712.04086,
    in whose code one sample of high quality is enough).

    Args:
        points: Samples [N, 2], N > 0.
        centres: [K, 2].
        deviation: Standard deviation of each mode, in both directions; high quality is within 3 of them.
        least: A mode counts if it has at least this many high-quality samples.

    Raises:
        Undefined: If there are no samples.
    """
    at_least(1, len(points))
    apart, nearest = torch.cdist(points, centres).min(dim=1)
    good = apart <= HIGH_QUALITY * deviation
    counts = torch.bincount(nearest[good], minlength=len(centres))
    share = int(good.sum()) / len(points)
    return ModeScores(int((counts >= least).sum()), int((counts > 0).sum()), share, _kl_from_uniform(counts))


def class_modes(labels: Tensor, num_classes: int, least: int = 1) -> ClassModes:
    """The classes that samples cover, as a classifier tells them: for stacked MNIST, with 1,000 classes.

    The protocol takes 26,000 samples (Srivastava et al. 2017, arXiv:1705.07761; Lin et al. 2018, arXiv:1712.04086).

    Args:
        labels: int64 [N].
        num_classes: K.
        least: A class counts if it has at least this many samples.
    """
    counts = torch.bincount(labels, minlength=num_classes)
    return ClassModes(int((counts >= least).sum()), int((counts > 0).sum()), _kl_from_uniform(counts))


def _kl_from_uniform(counts: Tensor) -> float:
    """KL(shares || uniform) >= 0 in nats; empty modes contribute 0, and no counts at all are as bad as one mode."""
    if not counts.any():
        return log(len(counts))
    shares = counts.double() / counts.sum()
    return float(torch.special.xlogy(shares, shares * len(counts)).sum().clamp(min=0))
