"""Measures of a set of generated images beside real ones: features in, numbers out.

Each can be fooled alone (by blends, by copies, by noise); together, and beside baseline rows, they are hard to fool.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from gan_cli.metrics.undefined import Undefined, at_least

SUBSETS = 100
"""Kernel distances are averaged over this many random subsets."""
SUBSET = 1000
"""Images in each subset; half of the images if there are fewer than twice as many."""
BLOCK = 1000
"""At most this many rows of a table of distances are computed at once."""
PARTS = 10
"""The Inception Score is averaged over this many parts of the images."""
ROUNDING = 1e-6
"""Features nearer than this, as a share of their lengths, are the same: float32 tells no more, and the features of one
image differ by so much from batch to batch."""


class Estimate(NamedTuple):
    """A number and its uncertainty.

    Attributes:
        value: The mean over parts of the images.
        deviation: The standard deviation over them.
    """

    value: float
    deviation: float


class Gaussian(NamedTuple):
    """Features as the Frechet distance takes them.

    Attributes:
        mean: float64 [F].
        covariance: float64 [F, F].
    """

    mean: NDArray[Any]
    covariance: NDArray[Any]


GAUSSIAN = {"mu": "mean", "sigma": "covariance"}
"""torch-fidelity's names for the two."""


class Neighbourhoods(NamedTuple):
    """Which share of one set lies near the other, a fidelity and a diversity.

    Attributes:
        fidelity: How far generated images are like real ones: precision, or density, which can be above 1.
        diversity: How much of the real images is reached: recall, or coverage.
    """

    fidelity: float
    diversity: float


def frechet_distance(first: Tensor, second: Tensor) -> float:
    """The Frechet distance between two sets, each taken as a Gaussian; computed by torch-fidelity in float64.

    Heusel et al. 2017, "GANs Trained by a Two Time-Scale Update Rule", arXiv:1706.08500, equation 6.

    Args:
        first: Features [N, F], N >= 2.
        second: Features [M, F], M >= 2.

    Returns:
        A value >= 0 in squared units of the features; 0 for equal means and covariances.

    Raises:
        Undefined: If a set is too small to have a covariance.
    """
    return gaussian_distance(gaussian_of(first), gaussian_of(second))


def gaussian_of(features: Tensor) -> Gaussian:
    """The mean and the covariance of features [N, F], in float64."""
    from torch_fidelity import metric_fid as library

    at_least(2, len(features))
    found = library.fid_features_to_statistics(features.double())
    return Gaussian(found["mu"], np.atleast_2d(found["sigma"]))  # a single feature has a variance


def gaussian_distance(first: Gaussian, second: Gaussian) -> float:
    """The Frechet distance between two Gaussians of one F; see `frechet_distance`."""
    from torch_fidelity import metric_fid as library

    statistics = ({key: getattr(gaussian, name) for key, name in GAUSSIAN.items()} for gaussian in (first, second))
    return max(0.0, float(library.fid_statistics_to_metric(*statistics, verbose=False)[library.KEY_METRIC_FID]))


def kernel_distance(first: Tensor, second: Tensor) -> Estimate:
    """The squared maximum mean discrepancy under a cubic kernel (KID), unbiased also for few images.

    Binkowski et al. 2018, "Demystifying MMD GANs", arXiv:1801.01401, section 4; computed by torch-fidelity in float64.

    Args:
        first: Features [N, F], N >= 4.
        second: Features [M, F], M >= 4.

    Returns:
        Mean and deviation over 100 random subsets; the mean can be a little below 0.

    Raises:
        Undefined: If there are fewer images.
    """
    from torch_fidelity import metric_kid as library

    at_least(4, len(first), len(second))
    found = library.kid_features_to_metric(
        first.double(),
        second.double(),
        kid_subsets=SUBSETS,
        kid_subset_size=subset_size(len(first), len(second)),
        verbose=False,
    )
    return Estimate(found[library.KEY_METRIC_KID_MEAN], found[library.KEY_METRIC_KID_STD])


def subset_size(*counts: int) -> int:
    """Images in each subset of `kernel_distance`: at most half of a set, so that the subsets differ."""
    return min(SUBSET, *(count // 2 for count in counts))


def inception_score(logits: Tensor) -> Estimate:
    """How sure a classifier is of each image and how evenly it tells the classes, over ten parts of the images.

    Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 4; computed by
    torch-fidelity. It is meaningful only for inception's logits and natural coloured images.

    Args:
        logits: [N, K], N >= 10.

    Raises:
        Undefined: If there are fewer images, or the logits are too large for exponentials.
    """
    from torch_fidelity import metric_isc as library

    at_least(PARTS, len(logits))
    found = library.isc_features_to_metric(logits, splits=PARTS)
    if not np.isfinite(found[library.KEY_METRIC_ISC_MEAN]):
        raise Undefined("the logits are too large for exponentials")
    return Estimate(found[library.KEY_METRIC_ISC_MEAN], found[library.KEY_METRIC_ISC_STD])


def distances(first: Tensor, second: Tensor) -> Tensor:
    """How far each row of a set is from each of another, float64 [N, M]; equal rows are at distance 0.

    One multiplication of matrices, which is exact for whole numbers as long as all sums are below 2^53. Of floats, what
    lies within the `ROUNDING` of the features is 0.

    Args:
        first: [N, F], of any type.
        second: [M, F].
    """
    here, there = first.double(), second.double()
    found = torch.cdist(here, there, compute_mode="use_mm_for_euclid_dist")
    if not first.is_floating_point():
        return found
    return found.masked_fill_(found <= ROUNDING * (here.norm(dim=1)[:, None] + there.norm(dim=1)), 0)


def precision_recall(real: Tensor, fake: Tensor, neighbours: int = 3) -> Neighbourhoods:
    """Precision and recall: the share of each set inside the other's balls, which reach to the k-th nearest neighbour.

    Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", arXiv:1904.06991,
    equation 2.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F], M > k.
        neighbours: k.

    Raises:
        Undefined: If a set has no k-th neighbours.
    """
    held, recalled = torch.zeros(len(fake), dtype=torch.bool), 0
    fake_radii = torch.cat([radii for _, radii in _balls(fake, neighbours)])
    for block, radii in _balls(real, neighbours):
        apart = distances(block, fake)
        held |= (apart <= radii[:, None]).any(dim=0)
        recalled += int((apart <= fake_radii).any(dim=1).sum())
    return Neighbourhoods(int(held.sum()) / len(fake), recalled / len(real))


def density_coverage(real: Tensor, fake: Tensor, neighbours: int = 5) -> Neighbourhoods:
    """Density and coverage: in how many real balls a generated image lies, and how many of them hold one.

    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", arXiv:2002.09797, equations 7
    and 9. Where a real image is there more than k times, its ball has no inside, and holds what equals it.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F], M > 0.
        neighbours: k.

    Raises:
        Undefined: If there are no k-th neighbours, or no generated images.
    """
    at_least(1, len(fake))
    held, covered = 0, 0
    for block, radii in _balls(real, neighbours):
        apart = distances(block, fake)
        inside = (apart < radii[:, None]) | (apart == 0)
        held += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return Neighbourhoods(held / (neighbours * len(fake)), covered / len(real))


def _balls(points: Tensor, neighbours: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Blocks of points [B, F], with how far each point's k-th nearest neighbour is, [B]."""
    at_least(neighbours + 1, len(points))
    for block in points.split(BLOCK):
        yield block, distances(block, points).kthvalue(neighbours + 1, dim=1).values  # the nearest is the point itself


def coverage(real: Tensor, fake: Tensor, neighbours: int = 5) -> float:
    """The share of real images with a generated one nearer than their k-th nearest real neighbour.

    See `density_coverage`.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F].
        neighbours: k.

    Returns:
        A share from 0 to 1.
    """
    return density_coverage(real, fake, neighbours).diversity


def mean_distance(features: Tensor) -> float:
    """How far two images are apart on average: the distance of each image to the one half the set further on.

    Args:
        features: [N, F], N >= 2, in no order.

    Raises:
        Undefined: If there are fewer.
    """
    at_least(2, len(features))
    half = len(features) // 2
    return float(_lengths(features[:half], features[half : 2 * half]).mean())


def relative_diversity(fake: Tensor, real: Tensor) -> float:
    """The `mean_distance` of generated images as a share of real ones': 0 where they are all the same.

    Args:
        fake: Features [N, F], N >= 2, in no order.
        real: Features [M, F], M >= 2, in no order.

    Raises:
        Undefined: If there are fewer, or the real ones are all the same.
    """
    if not (whole := mean_distance(real)):
        raise Undefined("the real images are all the same")
    return mean_distance(fake) / whole


def within_class_spread(features: Tensor, labels: Tensor, num_classes: int) -> float:
    """The mean distance of an image from the mean of its class, averaged over the classes that are there.

    Args:
        features: [N, F].
        labels: int64 [N].
        num_classes: K.

    Raises:
        Undefined: If no class has two images.
    """
    groups = [group for number in range(num_classes) if len(group := features[labels == number].double()) > 1]
    if not groups:
        raise Undefined("no class has two images")
    return float(torch.stack([_lengths(group, group.mean(0, keepdim=True)).mean() for group in groups]).mean())


def nearest_distance(features: Tensor, training: Tensor) -> float:
    """The mean distance to the nearest training image: near 0 where images are copied.

    Args:
        features: [N, F], N > 0.
        training: [M, F], M > 0.

    Raises:
        Undefined: If there are none.
    """
    at_least(1, len(features), len(training))
    return float(distances(features, training).min(dim=1).values.mean())


def _lengths(first: Tensor, second: Tensor) -> Tensor:
    """How far each row is from the one in its place, float64 [N]; see `distances`."""
    here, there = first.double(), second.double()
    found: Tensor = (here - there).norm(dim=1)
    return found.masked_fill(found <= ROUNDING * (here.norm(dim=1) + there.norm(dim=1)), 0)
