"""What frontal pictures are made without a network: what must be beaten before a face is said to be turned."""

from typing import NamedTuple

import numpy as np
import torch
from sklearn.linear_model import Ridge
from sklearn.model_selection import GroupKFold
from torch import Tensor

from gan_cli.media.pictures import to_uint8
from gan_cli.seeding import stream

ALPHAS = (0.1, 1.0, 10.0, 100.0, 1000.0)
"""The penalties that ridge regression chooses from."""
FOLDS = 3
"""It chooses by persons that it has not seen, in so many parts."""
MOST_TO_CHOOSE = 600
"""On at most so many pairs."""
FEWEST = 10
"""Of a pose with fewer training pairs, the regression of all poses is taken."""


class FacePairs(NamedTuple):
    """Turned faces with the frontal ones.

    Attributes:
        sources: uint8 [N, C, H, W].
        targets: uint8 [N, C, H, W].
        persons: int64 [N].
        poses: int64 [N].
    """

    sources: Tensor
    targets: Tensor
    persons: Tensor
    poses: Tensor

    def of(self, rows: Tensor) -> "FacePairs":
        """Some of them, by numbers or by yes and no."""
        return FacePairs(*(column[rows] for column in self))


def mean_frontal(train: FacePairs, count: int) -> Tensor:
    """The mean of the training persons' frontal pictures, so many times; uint8 [count, C, H, W]."""
    return train.targets.double().mean(0).round().to(torch.uint8).expand(count, -1, -1, -1)


def nearest_persons(train: FacePairs, asked: FacePairs) -> Tensor:
    """For each face the frontal picture of the training person most like it in that pose, uint8 [N, C, H, W]."""
    known, probes = (pairs.sources.flatten(1).float() for pairs in (train, asked))
    apart = known.square().sum(1)[None] - 2 * probes @ known.T
    others = asked.poses[:, None] != train.poses[None]
    others &= ~others.all(1, keepdim=True)  # of a pose that nobody was trained in, all count
    return train.targets[apart.masked_fill(others, torch.inf).argmin(1)]


def ridge(train: FacePairs, asked: FacePairs) -> Tensor:
    """Frontal pictures by ridge regression from pixels to pixels, uint8 [N, C, H, W].

    The penalty is the one of `ALPHAS` that is best for training persons who are left out.
    """
    inputs, outputs = _rows(train.sources), _rows(train.targets)
    fitted = Ridge(_penalty(train, inputs, outputs)).fit(inputs, outputs)
    made = torch.from_numpy(fitted.predict(_rows(asked.sources))).float()
    return to_uint8(made.view(len(asked.sources), *train.targets.shape[1:]))


def ridge_by_pose(train: FacePairs, asked: FacePairs) -> Tensor:
    """The same with a regression for each pose, which is told."""
    made = torch.empty_like(asked.sources)
    for pose in asked.poses.unique().tolist():
        mine, theirs = train.poses == pose, asked.poses == pose
        some = train.of(mine) if int(mine.sum()) >= FEWEST else train
        made[theirs] = ridge(some, asked.of(theirs))
    return made


def _penalty(train: FacePairs, inputs: "np.ndarray[tuple[int, int], np.dtype[np.float32]]", outputs: object) -> float:
    """The penalty that is best for persons left out."""
    wanted = np.asarray(outputs)
    chosen = torch.randperm(len(inputs), generator=stream(0, "ridge"))[:MOST_TO_CHOOSE].numpy()
    groups = train.persons.numpy()[chosen]
    folds = min(FOLDS, len(np.unique(groups)))
    if folds < 2:
        return ALPHAS[len(ALPHAS) // 2]
    errors = dict.fromkeys(ALPHAS, 0.0)
    for known, left in GroupKFold(folds).split(chosen, groups=groups):
        some, others = chosen[known], chosen[left]
        for alpha in ALPHAS:
            guessed = Ridge(alpha).fit(inputs[some], wanted[some]).predict(inputs[others])
            errors[alpha] += float(np.square(guessed - wanted[others]).sum())
    return min(ALPHAS, key=errors.__getitem__)


def _rows(images: Tensor) -> "np.ndarray[tuple[int, int], np.dtype[np.float32]]":
    """Images as rows of numbers in [-1, 1]."""
    rows: np.ndarray[tuple[int, int], np.dtype[np.float32]] = (images.flatten(1).float() / 127.5 - 1).numpy()
    return rows
