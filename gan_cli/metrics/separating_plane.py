"""A plane between two kinds of things: features in, a direction and how far it is to be trusted out."""

import warnings
from math import sqrt
from typing import NamedTuple

import numpy as np
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.svm import LinearSVC
from torch import Tensor

from gan_cli.metrics.undefined import Undefined, all_finite
from gan_cli.seeding import mix

FOLDS = 5
STRENGTH = 1.0
"""The weight of all samples together against the penalty, LinearSVC's C times their number."""


FREE_OFFSET = 10.0
"""Above 1 the penalty counts less on where the plane lies than on how it is turned."""


class Plane(NamedTuple):
    """A plane between two kinds.

    Attributes:
        normal: Unit vector to the positive side, float32 [F].
        accuracy: The mean share of left-out samples of either kind that are on their side; guessing has 0.5.
        deviation: The standard deviation that such a share has by chance where the kinds do not differ.
    """

    normal: Tensor
    accuracy: float
    deviation: float

    @property
    def tells(self) -> bool:
        """Whether left-out samples are on their side more often than by chance."""
        return self.accuracy - 0.5 > 2 * self.deviation


def separating_plane(features: Tensor, positive: Tensor, seed: int = 0) -> Plane:
    """The plane of a linear support vector machine with an L2 penalty, to which both kinds weigh the same.

    Shen et al. 2020, "Interpreting the Latent Space of GANs for Semantic Face Editing", arXiv:1907.10786, section 3.2.
    The penalty is stronger than theirs, because a few dozen samples are labelled here rather than many thousands.

    Args:
        features: [N, F].
        positive: Of which kind each is, bool [N].
        seed: Seed of the folds.

    Raises:
        Undefined: If there are not two of each kind, or features are not finite.
    """
    all_finite(features)
    fewest = min(int(positive.sum()), int((~positive).sum()))
    if fewest < 2:
        raise Undefined("a plane takes two samples of each kind")
    centred = features.double() - features.double().mean(0)
    scaled, kinds = (centred / centred.square().mean().sqrt().clamp_min(1e-12)).numpy(), positive.numpy()
    state = mix(seed, "plane") % np.iinfo(np.int32).max
    machine = LinearSVC(
        C=STRENGTH / len(scaled), class_weight="balanced", intercept_scaling=FREE_OFFSET, random_state=state
    )
    folds = StratifiedKFold(min(FOLDS, fewest), shuffle=True, random_state=state)
    with warnings.catch_warnings(action="ignore", category=ConvergenceWarning):
        right = torch.from_numpy(cross_val_predict(machine, scaled, kinds, cv=folds)) == positive
        normal = torch.from_numpy(machine.fit(scaled, kinds).coef_[0])
    sides = [right[positive].double(), right[~positive].double()]
    accuracy = float(sum(side.mean() for side in sides) / 2)
    deviation = sqrt(sum(0.25 / len(side) for side in sides)) / 2
    return Plane((normal / normal.norm().clamp_min(1e-300)).float(), accuracy, deviation)
