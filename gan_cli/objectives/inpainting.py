"""What is asked of pictures that fill the holes of images: how much each pixel counts, and what is kept of them."""

import torch
from torch import Tensor
from torch.nn.functional import max_pool2d

from gan_cli.objectives.adversarial import precise


def composite(images: Tensor, made: Tensor, masks: Tensor) -> Tensor:
    """The images with their holes filled; whatever is not in a hole is the image, bit for bit.

    Args:
        images: [N, C, H, W].
        made: What holes are filled with, of the same shape.
        masks: [N, 1, H, W], 1 in a hole and 0 elsewhere.
    """
    return torch.where(masks > 0.5, made.to(images.dtype), images)


def hole_weights(masks: Tensor, overlap: int, weight: float) -> Tensor:
    """How much the error at each pixel counts, [N, 1, H, W]: `weight` close around a hole, and otherwise 1.

    Pathak et al. 2016, "Context Encoders", arXiv:1604.07379, section 3.3: pictures go on a little beyond the hole, and
    count ten times there, so that they meet what is known.

    Args:
        masks: [N, 1, H, W], 1 in a hole and 0 elsewhere.
        overlap: So many pixels around a hole count more, diagonally too.
        weight: How much they count.
    """
    if not overlap or weight == 1:
        return torch.ones_like(masks)
    around = max_pool2d(masks, 2 * overlap + 1, stride=1, padding=overlap) - masks
    return 1 + (weight - 1) * around


@precise
def weighted_squared_error(made: Tensor, wanted: Tensor, weights: Tensor) -> Tensor:
    """The mean of squared errors times their weights, as the authors of context encoders have it; a scalar >= 0.

    The sum is divided by the number of values, not by the weights' sum.

    Args:
        made: [N, C, H, W].
        wanted: Of the same shape.
        weights: [N, 1, H, W], at least 0.
    """
    return (weights * (made - wanted).square()).mean()


@precise
def absolute_error_in_holes(made: Tensor, wanted: Tensor, masks: Tensor) -> Tensor:
    """The mean absolute error of the pixels in holes alone, of all images together; 0 where there is none.

    Args:
        made: [N, C, H, W].
        wanted: Of the same shape.
        masks: [N, 1, H, W], 1 in a hole and 0 elsewhere.
    """
    errors = (made - wanted).abs() * masks
    return errors.sum() / (masks.sum() * made.shape[1]).clamp(min=1)
