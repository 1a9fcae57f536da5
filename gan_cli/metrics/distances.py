"""Measures of a set of generated images beside real ones: features in, numbers out.

Each can be fooled alone (by blends, by copies, by noise); together, and beside baseline rows, they are hard to fool.
"""

from typing import Any, NamedTuple

import torch
from numpy.typing import NDArray
from torch import Tensor

SUBSETS = 100
"""Kernel distances are averaged over this many random subsets."""
SUBSET = 1000
"""Images in each subset; half of the images if there are fewer than twice as many."""
BLOCK = 1000
"""At most this many rows of a table of distances are computed at once."""


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
        first: Features [N, F].
        second: Features [M, F].

    Returns:
        A value >= 0 in squared units of the features; 0 for equal means and covariances.
    """
    return gaussian_distance(gaussian_of(first), gaussian_of(second))


def gaussian_of(features: Tensor) -> Gaussian:
    """The mean and the covariance of features [N, F], in float64."""
    from torch_fidelity import metric_fid as library

    return Gaussian(
        **{GAUSSIAN[key]: value for key, value in library.fid_features_to_statistics(features.double()).items()}
    )


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
    """
    from torch_fidelity import metric_kid as library

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
        logits: [N, K].
    """
    from torch_fidelity import metric_isc as library

    found = library.isc_features_to_metric(logits)
    return Estimate(found[library.KEY_METRIC_ISC_MEAN], found[library.KEY_METRIC_ISC_STD])


def precision_recall(real: Tensor, fake: Tensor, neighbours: int = 3) -> Neighbourhoods:
    """Precision and recall: the share of each set inside the other's balls, which reach to the k-th nearest neighbour.

    Kynkaanniemi et al. 2019, "Improved Precision and Recall Metric for Assessing Generative Models", arXiv:1904.06991,
    equation 2; computed by torch-fidelity.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F], M > k.
        neighbours: k.
    """
    from torch_fidelity import metric_prc as library

    options: dict[str, Any] = {"prc_neighborhood": neighbours, "prc_batch_size": BLOCK, "save_cpu_ram": True}
    found = library.prc_features_to_metric(fake, real, verbose=False, **options)
    return Neighbourhoods(found[library.KEY_METRIC_PRECISION], found[library.KEY_METRIC_RECALL])


def density_coverage(real: Tensor, fake: Tensor, neighbours: int = 5) -> Neighbourhoods:
    """Density and coverage: in how many real balls a generated image lies, and how many of them hold one.

    Naeem et al. 2020, "Reliable Fidelity and Diversity Metrics for Generative Models", arXiv:2002.09797, equations 7
    and 9.

    Args:
        real: Features [N, F], N > k.
        fake: Features [M, F].
        neighbours: k.
    """
    held, covered = 0, 0
    for block in real.split(BLOCK):
        radius = torch.cdist(block, real).kthvalue(neighbours + 1, dim=1).values  # the nearest is the image itself
        inside = torch.cdist(block, fake) < radius[:, None]
        held += int(inside.sum())
        covered += int(inside.any(dim=1).sum())
    return Neighbourhoods(held / (neighbours * len(fake)), covered / len(real))


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
    """
    half = len(features) // 2
    return float((features[:half] - features[half : 2 * half]).norm(dim=1).mean())


def within_class_spread(features: Tensor, labels: Tensor, num_classes: int) -> float:
    """The mean distance of an image from the mean of its class, averaged over the classes that are there.

    Args:
        features: [N, F].
        labels: int64 [N].
        num_classes: K.
    """
    groups = [features[labels == number] for number in range(num_classes)]
    return float(torch.stack([(g - g.mean(0)).norm(dim=1).mean() for g in groups if len(g) > 1]).mean())


def nearest_distance(features: Tensor, training: Tensor) -> float:
    """The mean distance to the nearest training image: near 0 where images are copied.

    Args:
        features: [N, F].
        training: [M, F].
    """
    return float(torch.cdist(features, training).min(dim=1).values.mean())
