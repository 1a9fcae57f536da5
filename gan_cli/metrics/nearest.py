"""The nearest images of a large set, batch by batch: features or pixels in, distances and numbers out."""

from collections.abc import Iterable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.metrics.distances import distances
from gan_cli.metrics.undefined import all_finite, at_least


class Nearest(NamedTuple):
    """The nearest of a set to each query, nearest first.

    Attributes:
        distances: Euclidean, float64 [N, k]; infinite where the set has fewer than k.
        numbers: Their row numbers in the whole set, int64 [N, k].
    """

    distances: Tensor
    numbers: Tensor


def nearest(queries: Tensor, batches: Iterable[Tensor], k: int) -> Nearest:
    """The k nearest rows of a set to each query; no more than one batch of the set is in memory.

    A copy has distance 0; see `distances`. Of equally near rows the first one is taken.

    Args:
        queries: [N, F], of any type.
        batches: The set, in order: [B, F] each.
        k: How many rows to find.

    Raises:
        Undefined: If a query or a row is not finite.
    """
    count = len(queries)
    found = Nearest(torch.full((count, k), torch.inf, dtype=torch.float64), torch.zeros(count, k, dtype=torch.int64))
    all_finite(queries)
    seen = 0
    for rows in batches:
        all_finite(rows)
        numbers = torch.arange(seen, seen + len(rows)).expand(count, -1)
        found = _merged(found, Nearest(distances(queries, rows), numbers), k)
        seen += len(rows)
    return found


def _merged(first: Nearest, second: Nearest, k: int) -> Nearest:
    """The k nearest of both; sorting is stable, so that the first of equals stays first."""
    apart, numbers = (torch.cat(pair, dim=1) for pair in zip(first, second, strict=True))
    order = apart.argsort(dim=1, stable=True)[:, :k]
    return Nearest(apart.gather(1, order), numbers.gather(1, order))


class Memorisation(NamedTuple):
    """Nearest distances of generated images beside those of real ones that were held out.

    Attributes:
        median: Median distance of generated images.
        held_out_median: Median distance of held-out ones.
        threshold: The distance below which 1 % of the held-out images lie.
        share_nearer: The share of generated images below the threshold; real images have 0.01.
        copies: The share of generated images at distance 0.
        held_out_copies: The share of held-out images at distance 0: what a set has twice.
    """

    median: float
    held_out_median: float
    threshold: float
    share_nearer: float
    copies: float
    held_out_copies: float


class Compared(NamedTuple):
    """Nearest of the training set in one view.

    Attributes:
        name: Name of the view.
        unit: Unit of the distances.
        distances: Distance of each generated image to its nearest training image, [N].
        held_out: The same for held-out real images, [M].
        numbers: The nearest training images of each generated one, int64 [N, k].
        found: The measures of both.
    """

    name: str
    unit: str
    distances: Tensor
    held_out: Tensor
    numbers: Tensor
    found: Memorisation


def memorisation(made: Tensor, held_out: Tensor) -> Memorisation:
    """How much nearer generated images are to the training images than held-out ones are.

    Args:
        made: Distances of generated images to their nearest training images, [N].
        held_out: The same for held-out real images, [M].

    Raises:
        Undefined: If there are none of either.
    """
    at_least(1, len(made), len(held_out))
    threshold = held_out.double().quantile(0.01)
    return Memorisation(
        median=float(made.median()),
        held_out_median=float(held_out.median()),
        threshold=float(threshold),
        share_nearer=_share(made < threshold),
        copies=_share(made == 0),
        held_out_copies=_share(held_out == 0),
    )


def _share(which: Tensor) -> float:
    return int(which.sum()) / len(which)
