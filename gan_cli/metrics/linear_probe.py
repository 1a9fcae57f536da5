"""A linear probe: how well classes can be told from features by a linear classifier. Features in, numbers out."""

import warnings
from typing import NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, StratifiedKFold
from sklearn.svm import LinearSVC
from torch import Tensor

from gan_cli.metrics.undefined import Undefined, all_finite, at_least
from gan_cli.seeding import mix, stream

FOLDS = 3
STRENGTHS = tuple(10.0**power for power in range(-3, 3))
"""Strengths that are tried: the weight of all training images against the penalty, LinearSVC's C times their number."""
MOST_TO_CHOOSE_BY = 3000
"""The strength is chosen on about this many training images."""


class Probe(NamedTuple):
    """The result of a probe.

    Attributes:
        accuracy: The share of test images whose class it gets right.
        held_out_accuracy: The same for training images in left-out folds, at the chosen strength.
        strength: The one of `STRENGTHS` that was chosen.
        features: F.
    """

    accuracy: float
    held_out_accuracy: float
    strength: float
    features: int


def linear_probe(train: Tensor, train_labels: Tensor, test: Tensor, test_labels: Tensor, seed: int = 0) -> Probe:
    """The accuracy of a linear support vector machine with an L2 penalty.

    Radford et al. 2016, arXiv:1511.06434, section 5.1. The penalty's strength is chosen by cross-validation within the
    training images; the test images are looked at once, at the end.

    Args:
        train: Features [N, F].
        train_labels: int64 [N], at least two of each class.
        test: Features [M, F].
        test_labels: int64 [M].
        seed: Seed of the folds, and of the images on which the strength is chosen.

    Raises:
        Undefined: If there are no two classes with two training images each, no test images, or features that are not
            finite.
    """
    _check(train, train_labels, test)
    features = train.shape[1]
    train, test = _rotated(*(part / train.square().mean().sqrt().clamp_min(1e-12) for part in (train, test)))
    chosen = labelled_subset(train_labels, -(-MOST_TO_CHOOSE_BY // len(train_labels.unique())), seed)
    strength, held_out = chosen_strength(train[chosen], train_labels[chosen], seed)
    machine = _machine(strength, len(train), seed)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        machine.fit(train.numpy(), train_labels.numpy())
    right = machine.predict(test.numpy()) == test_labels.numpy()
    return Probe(float(right.mean()), held_out, strength, features)


def _check(train: Tensor, train_labels: Tensor, test: Tensor) -> None:
    """Refuses what no classifier can be trained on, or tried on."""
    at_least(1, len(train), len(test))
    each = train_labels.unique(return_counts=True)[1]
    if len(each) < 2 or int(each.min()) < 2:
        raise Undefined("a probe takes two classes, and two training images of each")
    all_finite(train)
    all_finite(test)


def chosen_strength(features: Tensor, labels: Tensor, seed: int) -> tuple[float, float]:
    """The strength that is best on left-out folds, or the weakest of equals, and its accuracy there.

    Args:
        features: [N, F].
        labels: int64 [N], at least two of each class.
        seed: Seed of the folds.
    """
    folds = StratifiedKFold(
        min(FOLDS, int(labels.bincount()[labels.unique()].min())), shuffle=True, random_state=_state(seed)
    )
    learned_from = len(labels) * (1 - 1 / folds.n_splits)
    grid = {"C": [strength / learned_from for strength in STRENGTHS]}
    search = GridSearchCV(_machine(1.0, 1, seed), grid, cv=folds, refit=False)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        search.fit(features.numpy(), labels.numpy())
    return STRENGTHS[search.best_index_], float(search.best_score_)


def labelled_subset(labels: Tensor, each: int | None, seed: int) -> Tensor:
    """Indices of images, int64; as many from each class, if it has so many.

    Args:
        labels: int64 [N].
        each: How many of each class; None for all.
        seed: Chooses them.
    """
    if each is None:
        return torch.arange(len(labels))
    order = torch.randperm(len(labels), generator=stream(seed, "labelled"))
    return torch.cat([order[labels[order] == number][:each] for number in labels.unique()]).sort().values


def _rotated(train: Tensor, test: Tensor) -> tuple[Tensor, Tensor]:
    """Both sets of features within the space that the training images span, if it has fewer dimensions.

    A classifier with an L2 penalty lies in that space, so that nothing changes but the time it takes.
    """
    if len(train) >= train.shape[1]:
        return train, test
    basis = torch.linalg.qr(train.double().T)[0].float()
    return train @ basis, test @ basis


def _machine(strength: float, images: int, seed: int) -> LinearSVC:
    return LinearSVC(C=strength / images, random_state=_state(seed))


def _state(seed: int) -> int:
    return mix(seed, "probe") % np.iinfo(np.int32).max
