"""The error of reconstructions, and how much an adversarial term weighs beside it: Esser et al. 2021,
arXiv:2012.09841, equations 4 to 7."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.devices.processes import mean_over_processes
from gan_cli.objectives.reconstruction import squared_error

EPSILON = 1e-4
"""Added to the adversarial gradient's length: the paper prints 1e-6, the authors' code has this."""
LARGEST = 1e4
"""No weight is larger, as in the authors' code."""


def perceptual_error(made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """The mean squared difference of maps that another network makes of images, averaged over the maps, a scalar.

    Where the paper has LPIPS: no weights that were fitted to people's judgements, nor unit lengths, which would make
    much of places where nothing is seen.
    """
    return torch.stack([squared_error(*pair) for pair in zip(made, wanted, strict=True)]).mean()


def adaptive_weight(reconstruction: Tensor, adversarial: Tensor, last: Tensor) -> Tensor:
    """The weight that makes an adversarial term's gradient as long as that of the reconstruction.

    Both are differentiated with respect to the weights of the generator's last layer, and their graphs are kept.

    Args:
        reconstruction: A scalar, the error of what was made.
        adversarial: A scalar, without a weight.
        last: The last layer's weights.

    Returns:
        A scalar in [0, 10,000] without a gradient, the same in all processes.
    """
    lengths = []
    for loss in (reconstruction, adversarial):
        (slope,) = torch.autograd.grad(loss, last, retain_graph=True)
        lengths.append(mean_over_processes(slope).norm())
    weight: Tensor = (lengths[0] / (lengths[1] + EPSILON)).clamp(0, LARGEST)
    return weight.detach()
