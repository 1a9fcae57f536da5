"""What a made frontal face is to be like: near in sums over pixels, symmetric, smooth (Huang et al. 2017).

The authors' code sums over the pixels of 128x128 images in [0, 1]. So a pixel's error weighs 16,384 times what it does
in a mean, and the adversarial term a few percent. Images of other sizes are counted as if they had 128 pixels a side,
which keeps the printed weights' ratio to each other.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, l1_loss

from gan_cli.objectives.adversarial import precise

PRINTED_SIDE = 128
"""Side of the paper's images, in pixels."""
HALF = 0.5
"""Images are in [-1, 1] here, and in [0, 1] in the authors' code."""
LAPLACIAN = ((-1.0, -1.0, -1.0), (-1.0, 8.0, -1.0), (-1.0, -1.0, -1.0))


@precise
def summed_error(made: Tensor, wanted: Tensor, pixels: float) -> Tensor:
    """The absolute error of images, summed over so many pixels: equation 5 without its mean.

    Args:
        made: [N, C, H, W] in [-1, 1].
        wanted: Of the same shape.
        pixels: How many there are at the paper's size; whatever is at hand counts as if it had as many.

    Returns:
        Scalar >= 0, averaged over images and channels, in shares of white.
    """
    return HALF * pixels * l1_loss(made, wanted)


@precise
def asymmetry(images: Tensor, yaw: Tensor, pixels: float, pooled: bool) -> Tensor:
    """How far the half that was turned away is from the mirror image of the other: equation 6, as in the authors' code.

    No gradient goes into the half that was seen, which is the right one to follow.

    Args:
        images: Made, [N, C, H, W] in [-1, 1], W even.
        yaw: How the faces were turned, [N] in degrees: of a positive one, the left of the picture was seen; of 0 it is
            followed too.
        pixels: As for `summed_error`; of a half there are half as many.
        pooled: Whether means of 2x2 pixels are compared (at the largest size), or pixels, and what a Laplacian makes
            of them.

    Returns:
        Scalar >= 0, averaged over images and channels.
    """
    if pooled:
        maps, pixels = avg_pool2d(images, 2), pixels / 4
    else:
        channels = images.shape[1]
        kernel = images.new_tensor(LAPLACIAN).expand(channels, 1, 3, 3)
        maps = torch.cat([images, conv2d(images, kernel, padding=1, groups=channels)], dim=1)
    half = maps.shape[3] // 2
    left, right = maps[..., :half], maps[..., maps.shape[3] - half :].flip(3)
    seen_right = (yaw < 0)[:, None, None, None]
    seen, turned_away = torch.where(seen_right, right, left), torch.where(seen_right, left, right)
    return HALF * pixels / 2 * l1_loss(turned_away, seen.detach())


@precise
def total_variation(images: Tensor) -> Tensor:
    """The sum of absolute differences of neighbouring pixels, over channels too, as if of 128 pixels a side.

    Args:
        images: [N, C, H, W] in [-1, 1].

    Returns:
        Scalar >= 0, averaged over images.
    """
    down, across = images.diff(dim=2).abs().mean(), images.diff(dim=3).abs().mean()
    return HALF * images.shape[1] * PRINTED_SIDE**2 * (down + across)


@precise
def target_cross_entropy(logits: Tensor, target: float) -> Tensor:
    """Binary cross-entropy of logits of any shape with one target, in [0, 1]; averaged."""
    return torch.nn.functional.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))
