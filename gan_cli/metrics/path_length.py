"""How abruptly images change along walks between latents: perceptual path length.

Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", arXiv:1812.04948,
section 4.1. The paper takes LPIPS as the distance; here it is the squared distance in a feature network's features,
and the score is shown with that network.
"""

from torch import Tensor

from gan_cli.metrics.undefined import at_least

EPSILON = 1e-4
"""The step along a walk of length 1, as in the paper."""
TRIMMED = 0.01
"""This share of the largest and of the smallest lengths is left out, as torchmetrics does it."""


def squared_speeds(here: Tensor, there: Tensor, epsilon: float = EPSILON) -> Tensor:
    """How fast the features change at a place of each walk, squared, [N].

    Args:
        here: Features [N, F] at one place.
        there: Features one step further on.
        epsilon: The step.
    """
    return (here.double() - there.double()).square().sum(1) / epsilon**2


def path_length(speeds: Tensor) -> float:
    """The mean of squared speeds [N] without the ends of their range.

    Raises:
        Undefined: If there are none.
    """
    at_least(1, len(speeds))
    low, high = (speeds.quantile(share, interpolation="lower") for share in (TRIMMED, 1 - TRIMMED))
    return float(speeds[(speeds >= low) & (speeds <= high)].mean())
