"""LeCam regularisation: what a discriminator says stays near to what it used to say of the other side.

Tseng et al. 2021, "Regularizing Generative Adversarial Networks under Limited Data", arXiv:2104.03310.
"""

from torch import Tensor
from torch.nn.functional import relu

from gan_cli.objectives.adversarial import precise


@precise
def lecam_divergence(real_logits: Tensor, fake_logits: Tensor, real_mean: Tensor, fake_mean: Tensor) -> Tensor:
    """How far real things lie above the mean of made ones, and made things below the mean of real ones, squared.

    Equation 5 in the form of the authors' code, where only the side of a mean on which the discriminator is right
    counts. The discriminator alone descends on it, times a small weight.

    Args:
        real_logits: Outputs on real things, any shape.
        fake_logits: Outputs on made things, any shape.
        real_mean: Moving average of earlier outputs on real things, a scalar; it has no gradient.
        fake_mean: The same of made ones.

    Returns:
        Scalar >= 0; each of the two terms is averaged over its logits.
    """
    above, below = relu(real_logits - fake_mean.detach()), relu(real_mean.detach() - fake_logits)
    return above.square().mean() + below.square().mean()
