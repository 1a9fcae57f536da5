"""How many modes of a known distribution a generator covers, and how evenly."""

from typing import NamedTuple

import torch
from torch import Tensor


class ModeScores(NamedTuple):
    """Attributes: modes covered, share of high-quality samples, KL over modes from uniform (natural log)."""

    modes: int
    high_quality: float
    kl: float


def count_modes(points: Tensor, centres: Tensor, deviation: float, least: int = 20) -> ModeScores:
    """Modes of a mixture of equal Gaussians that samples cover."""
    distances, nearest = torch.cdist(points, centres).min(dim=1)
    good = distances <= 3 * deviation
    counts = torch.bincount(nearest[good], minlength=len(centres)).double()
    shares = counts / counts.sum().clamp(min=1)
    kl = float(torch.special.xlogy(shares, shares * len(centres)).sum())
    return ModeScores(int((counts >= least).sum()), float(good.double().mean()), kl)
