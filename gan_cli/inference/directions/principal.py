"""Directions in which styles differ most from each other.

Harkonen et al. 2020, "GANSpace: Discovering Interpretable GAN Controls", arXiv:2004.02546, section 2.1.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from gan_cli.inference.directions.axes import Axes, axes_of

NUM = 300_000
"""Styles that are looked at, as many as the authors' code takes."""


def principal_axes(batches: Iterable[Tensor]) -> Axes:
    """The principal components of vectors, with the variance along each.

    Sums in float64 take the place of the authors' incremental decomposition: exact, and no vector is kept.

    Args:
        batches: Vectors [n, W], two in all at least.
    """
    count, total, products = 0, torch.zeros(()), torch.zeros(())
    start: Tensor | None = None
    for batch in batches:
        vectors = batch.double()
        start = vectors[0] if start is None else start  # near the mean: no digits are lost in the difference of sums
        away = vectors - start
        count, total, products = count + len(away), total + away.sum(0), products + away.T @ away
    return axes_of((products - torch.outer(total, total) / count) / (count - 1))
