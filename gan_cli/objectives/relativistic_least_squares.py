"""Least squares of a discriminator that compares each image with the average one of the other kind."""

from torch import Tensor

from gan_cli.objectives.adversarial import precise


@precise
def relativistic_least_squares(winning_outputs: Tensor, losing_outputs: Tensor) -> Tensor:
    """The loss of the player who wants the first outputs 1 above the second ones' mean, and these 1 below theirs.

    Jolicoeur-Martineau 2018, arXiv:1807.00734, as Kupyn et al. 2019, "DeblurGAN-v2", arXiv:1908.03826, equation 1
    writes it (RaGAN-LS), halved as in their code: the discriminator wants real images above made ones, the generator
    the reverse. The means are those of the outputs at hand; that code takes them over the last 50 batches.

    Args:
        winning_outputs: Outputs without a sigmoid that should be higher, any shape.
        losing_outputs: Outputs that should be lower, any shape.

    Returns:
        Scalar >= 0. Equal outputs give 1.
    """
    above = (winning_outputs - losing_outputs.mean() - 1).square().mean()
    below = (losing_outputs - winning_outputs.mean() + 1).square().mean()
    return (above + below) / 2
