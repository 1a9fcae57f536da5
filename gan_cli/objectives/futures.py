"""Objectives of what is made for several people of a scene at once: means over scenes of means over their people."""

from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import softplus

from gan_cli.objectives.adversarial import precise

Compared = Literal["displacements", "positions"]


@precise
def shared_cross_entropy(logits: Tensor, targets: Tensor, shares: Tensor) -> Tensor:
    """Binary cross-entropy to soft targets, averaged over the people of each scene, and then over the scenes.

    Gupta et al. 2018, arXiv:1803.10892, section 3.2, with the targets of the authors' code, which lie around 1 for real
    paths and near 0 for made ones. That code averages over all people of a batch; scene by scene each part of a batch
    counts by its scenes, whatever their people.

    Args:
        logits: [N, P].
        targets: One for each scene, [N]; may be above 1.
        shares: Of each person in the mean of a scene, [N, P], adding up to 1; 0 for nobody.

    Returns:
        Scalar.
    """
    return ((softplus(logits) - targets[:, None] * logits) * shares).sum(1).mean()


@precise
def variety_loss(guesses: Tensor, truth: Tensor, shares: Tensor, compared: Compared) -> Tensor:
    """The squared error of the best of K futures of each scene, its people taken together.

    Gupta et al. 2018, arXiv:1803.10892, section 3.4; as in the authors' code the errors are those of displacements from
    step to step, and the mean is taken over people and steps. That code sums over the scenes of a batch.

    Args:
        guesses: Places, [N, K, P, T, 2], all futures of a person from where they were last observed.
        truth: [N, P, T, 2].
        shares: As for `shared_cross_entropy`.
        compared: Displacements from step to step, or places.

    Returns:
        Scalar >= 0, averaged over scenes, people and steps, in square metres.
    """
    apart = guesses - truth[:, None]
    if compared == "displacements":  # the first is from that place, which cancels out
        apart = torch.cat([apart[:, :, :, :1], apart.diff(dim=3)], dim=3)
    squared = apart.square().sum(4).mean(3)
    there = shares[:, None] > 0
    by_scene = (torch.where(there, squared, 0.0) * shares[:, None]).sum(2)
    return by_scene.amin(1).mean()
