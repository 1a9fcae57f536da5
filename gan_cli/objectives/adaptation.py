"""What adaptation by an adversary adds to the usual objectives: a gradient that is turned round, and its weight."""

from math import exp
from typing import Any, cast

import torch
from torch import Tensor


class _Reversal(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, values: Tensor, weight: float) -> Tensor:
        ctx.weight = weight
        return values.view_as(values)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return -ctx.weight * gradients[0], None


def reversed_gradient(values: Tensor, weight: float) -> Tensor:
    """The same values, whose gradient arrives multiplied by `-weight`.

    Ganin et al. 2016, "Domain-Adversarial Training of Neural Networks", arXiv:1505.07818, equations 16 and 17: what
    lies before it climbs the loss that what lies behind it descends on.

    Args:
        values: Any shape.
        weight: lambda, 0 or more.
    """
    return cast(Tensor, _Reversal.apply(values, weight))


def rising_weight(progress: float, sharpness: float = 10.0) -> float:
    """How much the domains count after a share of the training, from 0 towards 1: 2 / (1 + exp(-sharpness p)) - 1.

    Ganin et al. 2016, section 5.2.2: at first features are noise, and nothing is learned from what tells them apart.

    Args:
        progress: p, from 0 to 1; beyond 1 it counts as 1.
        sharpness: gamma.
    """
    return 2 / (1 + exp(-sharpness * min(1.0, progress))) - 1


def falling_rate(progress: float, alpha: float = 10.0, beta: float = 0.75) -> float:
    """What a learning rate is multiplied by after a share of the training: (1 + alpha p) ** -beta.

    Ganin et al. 2016, section 5.2.2.

    Args:
        progress: p, from 0 to 1; beyond 1 it counts as 1.
        alpha: How fast it falls.
        beta: How far.
    """
    return float((1 + alpha * min(1.0, progress)) ** -beta)
