"""How differently a network sees two batches of images, layer by layer."""

from collections.abc import Sequence
from math import prod

import torch
from torch import Tensor

from gan_cli.objectives.adversarial import precise

LEAST = 1e-8
"""What is divided by is at least so much."""


def matched_layers(fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]]) -> Tensor:
    """How far what discriminators make of generated images is from what they make of real ones.

    Wang et al. 2018, arXiv:1711.11585, equation 4, as the authors of SPADE compute it: the mean absolute difference is
    summed over the layers, and averaged over the discriminators.

    Args:
        fake: Maps of each discriminator's layers.
        real: The same of real images, which get no gradient.

    Returns:
        Scalar >= 0.
    """
    distances = [
        torch.stack([absolute_distance(*each) for each in zip(*layers, strict=True)]).sum()
        for layers in zip(fake, real, strict=True)
    ]
    return torch.stack(distances).mean()


def weighted_layers(made: Sequence[Tensor], wanted: Sequence[Tensor], weights: Sequence[float]) -> Tensor:
    """How far what a network makes of images is from what it makes of those wanted; a weighted sum over its layers.

    Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer", arXiv:1603.08155, with absolute differences
    as in pix2pixHD. Each layer's difference is divided by the mean of the maps wanted, image by image, so that the
    weights mean the same for networks of any scale.

    Args:
        made: Maps of each layer, [N, C, H, W].
        wanted: The same of the images wanted, none of whose numbers is below 0.
        weights: Of each layer.

    Returns:
        Scalar >= 0.
    """
    distances = [
        weight * relative_distance(one, other) for weight, one, other in zip(weights, made, wanted, strict=True)
    ]
    return torch.stack(distances).sum()


@precise
def absolute_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean absolute difference, in float32 at least; only the first gets a gradient."""
    return _size(made - wanted.detach(), tuple(range(made.ndim)))


@precise
def relative_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """The absolute difference over the size of what is wanted, averaged over images; only the first gets a gradient."""
    wanted = wanted.detach()
    all_but_images = tuple(range(1, wanted.ndim))
    apart, size = (_size(one, all_but_images) for one in (made - wanted, wanted))
    return (apart / size.clamp_min(LEAST)).mean()


def _size(maps: Tensor, axes: tuple[int, ...]) -> Tensor:
    """The mean of absolute values; by a sum, because a mean's gradient is contiguous whatever the maps are."""
    return maps.abs().sum(axes) / prod(maps.shape[axis] for axis in axes)
