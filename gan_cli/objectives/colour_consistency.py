"""How far the colours of an image are from those of a smaller one of the same thing."""

from torch import Tensor
from torch.nn.functional import mse_loss

from gan_cli.objectives.adversarial import precise

COVARIANCES = 5.0
"""The weight of covariances beside that of means, lambda_2 / lambda_1 in the paper."""


@precise
def colour_consistency(image: Tensor, smaller: Tensor) -> Tensor:
    """The squared differences between the colours' means and, five times, between their covariances over the pixels.

    Zhang et al. 2017, "StackGAN++", arXiv:1710.10916, equation 10; averaged over elements, as in the authors' code.

    Args:
        image: [N, C, H, W] in [-1, 1].
        smaller: The image that it is to agree with, [N, C, h, w].

    Returns:
        Scalar >= 0; 0 where both have the same colours as often.
    """
    pairs = zip(_moments(image), _moments(smaller), strict=True)
    means, covariances = (mse_loss(one, other) for one, other in pairs)
    return means + COVARIANCES * covariances


def _moments(images: Tensor) -> tuple[Tensor, Tensor]:
    """Means [N, C] and covariances [N, C, C] of colours over the pixels."""
    colours = images.flatten(2)
    means = colours.mean(2, keepdim=True)
    centred = colours - means
    return means[:, :, 0], centred @ centred.transpose(1, 2) / colours.shape[2]
