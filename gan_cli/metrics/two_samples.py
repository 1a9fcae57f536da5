"""Tests of whether two sets of samples come from one distribution: features in, numbers with their p-values out."""

import warnings
from math import isqrt
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.metrics.distances import distances
from gan_cli.metrics.undefined import Undefined, at_least
from gan_cli.seeding import mix, stream

MOST_IN_KERNEL = 2_000
"""At most this many of each set are compared by `kernel_test`, because the time grows with the square."""
PERMUTATIONS = 499
"""The p-value of `kernel_test` is a multiple of one over this number plus 1."""
MOST_TO_TELL = 5_000
"""At most this many of each set are told apart by `classifier_test`; half of them are held out."""
FEW_FEATURES = 10
"""Up to so many features, neighbours tell samples better than a small network."""
HIDDEN_UNITS = 20
PASSES = 100
"""Over the samples that the network learns from."""


class Significance(NamedTuple):
    """The statistic of a test, and how surprising it is.

    Attributes:
        value: The statistic.
        p_value: How likely a value at least as large is where both sets come from one distribution, in (0, 1].
    """

    value: float
    p_value: float


def mean_difference(first: Tensor, second: Tensor) -> float:
    """How far apart the means of two sets are, as a share of the spread of the second.

    Args:
        first: [N, F], N > 0.
        second: [M, F], M >= 2.

    Returns:
        The distance of the means over the square root of the variances' sum, >= 0; 0 for equal means.

    Raises:
        Undefined: If there are fewer, or the second set is all the same.
    """
    at_least(1, len(first))
    variances = _variances(second)
    apart = (first.double().mean(0) - second.double().mean(0)).norm()
    return float(apart / variances.sum().sqrt())


def variance_difference(first: Tensor, second: Tensor) -> float:
    """How much the variances of two sets differ, feature by feature, as a share of the second's.

    Args:
        first: [N, F], N >= 2.
        second: [M, F], M >= 2.

    Returns:
        The length of the difference over that of the second's variances, >= 0; 1 where the first set is all the same.

    Raises:
        Undefined: If there are fewer, or the second set is all the same.
    """
    at_least(2, len(first))
    variances = _variances(second)
    return float((first.double().var(0) - variances).norm() / variances.norm())


def kernel_test(first: Tensor, second: Tensor) -> Significance:
    """The squared maximum mean discrepancy under a Gaussian kernel, and its p-value by permutations.

    Gretton et al. 2012, "A Kernel Two-Sample Test", JMLR 13, equation 3, unbiased. The kernel is
    exp(-|x - y|^2 / (2 s^2)), s the median of all distances that are not 0, as in their section 8.

    Args:
        first: [N, F], N >= 2; 2,000 of them are taken.
        second: [M, F], M >= 2; likewise.

    Returns:
        The estimate, which can be a little below 0, and the share of the permutations (with the sets themselves) that
        give as much.

    Raises:
        Undefined: If there are fewer.
    """
    at_least(2, len(first), len(second))
    here, there = (_some(rows, MOST_IN_KERNEL) for rows in (first, second))
    apart = distances(*[torch.cat([here, there])] * 2)
    positive = apart[apart > 0]
    if not len(positive):
        return Significance(0.0, 1.0)  # one and the same point, again and again
    kernel = (-(apart / positive.median()).square() / 2).exp_().fill_diagonal_(0)
    of_first = _memberships(len(here), len(kernel))
    found = _discrepancies(kernel, of_first, len(here))
    # a permutation that only exchanges equal points may differ by rounding
    as_large = int((found[1:] >= found[0] - 1e-12).sum())
    return Significance(float(found[0]), (1 + as_large) / (1 + PERMUTATIONS))


def classifier_test(first: Tensor, second: Tensor) -> Significance:
    """How well a classifier tells two sets apart: its accuracy on held-out samples, and the p-value of that.

    Lopez-Paz and Oquab 2017, "Revisiting Classifier Two-Sample Tests", arXiv:1610.06545, section 3, with their two
    classifiers (section 5): of few features the nearest neighbours, as many as the root of the number of samples to
    learn from, because a small network does not see small modes; of more a network with one hidden layer of 20 ReLU
    units, 100 passes of Adam. Half of the samples are held out. Where both sets come from one distribution, the number
    told right among n is binomial, Bin(n, 1/2), which the paper takes as normal.

    Args:
        first: [N, F], N >= 4; 5,000 of each set are taken, or as many as the smaller one has.
        second: [M, F], M >= 4.

    Returns:
        The accuracy, 0.5 where nothing can be told; it can be a little below.

    Raises:
        Undefined: If there are fewer.
    """
    from scipy.stats import binom
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import train_test_split

    at_least(4, len(first), len(second))
    count = min(len(first), len(second), MOST_TO_TELL)
    samples = torch.cat([_some(rows, count) for rows in (first, second)]).double().numpy()
    whose = np.repeat([0, 1], count)
    seed = mix(0, "classifier test") % np.iinfo(np.int32).max
    parts = train_test_split(samples, whose, test_size=0.5, stratify=whose, random_state=seed)
    train, held_out, whose_train, whose_held_out = parts
    classifier = _classifier(len(train), train.shape[1], seed)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        classifier.fit(train, whose_train)
    right = int((classifier.predict(held_out) == whose_held_out).sum())
    return Significance(right / len(held_out), float(binom.sf(right - 1, len(held_out), 0.5)))


def classifier_in_words(features: int) -> str:
    """Which classifier `classifier_test` takes for so many features."""
    if features <= FEW_FEATURES:
        return "the nearest neighbours"
    return f"a network with {HIDDEN_UNITS} hidden units"


def _classifier(count: int, features: int, seed: int) -> Any:
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if features <= FEW_FEATURES:
        return make_pipeline(StandardScaler(), KNeighborsClassifier(isqrt(count)))
    return make_pipeline(StandardScaler(), MLPClassifier((HIDDEN_UNITS,), max_iter=PASSES, random_state=seed))


def _variances(rows: Tensor) -> Tensor:
    at_least(2, len(rows))
    variances = rows.double().var(0)
    if not variances.any():
        raise Undefined("the real images are all the same")
    return variances


def _some(rows: Tensor, most: int) -> Tensor:
    """At most so many of the rows, at random: every sixth image of MNIST is no fair sample of it."""
    if len(rows) <= most:
        return rows
    return rows[torch.randperm(len(rows), generator=stream(0, "two samples"))[:most]]


def _memberships(count: int, of: int) -> Tensor:
    """Which rows belong to the first set, as they are and under each permutation, float64 [of, 1 + P] of 0 and 1."""
    random = stream(0, "permutations")
    chosen = torch.stack([torch.arange(of), *(torch.randperm(of, generator=random) for _ in range(PERMUTATIONS))])
    return torch.zeros(1 + PERMUTATIONS, of, dtype=torch.float64).scatter_(1, chosen[:, :count], 1.0).T


def _discrepancies(kernel: Tensor, of_first: Tensor, count: int) -> Tensor:
    """The unbiased squared discrepancy for each division into two sets, [1 + P].

    Args:
        kernel: [N + M, N + M], with a diagonal of 0.
        of_first: [N + M, 1 + P].
        count: N.
    """
    others = len(kernel) - count
    within_first = (of_first * (kernel @ of_first)).sum(0)
    between = kernel.sum(0) @ of_first - within_first
    within_second = kernel.sum() - 2 * between - within_first
    means = (within_first / (count * (count - 1)), within_second / (others * (others - 1)), between / (count * others))
    return means[0] + means[1] - 2 * means[2]
