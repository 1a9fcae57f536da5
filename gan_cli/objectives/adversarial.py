"""Adversarial objectives: logits in, a scalar out, one equation of a paper each."""

from torch import Tensor
from torch.nn.functional import softplus


def discriminator_cross_entropy(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The discriminator's binary cross-entropy: real images are 1, generated ones 0.

    Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661, equation 1 with its sign turned, on logits:
    -log D(x) = softplus(-logit) and -log(1 - D(G(z))) = softplus(logit).

    Args:
        real_logits: Logits of real images, any shape.
        fake_logits: Logits of generated images, any shape.

    Returns:
        Scalar >= 0; each of the two terms is averaged over its logits. Zero logits give 2 log 2.
    """
    return softplus(-real_logits).mean() + softplus(fake_logits).mean()


def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's loss -log D(G(z)), which keeps its gradient where the discriminator wins.

    Goodfellow et al. 2014, arXiv:1406.2661, end of section 3.

    Args:
        fake_logits: Logits of generated images, any shape.

    Returns:
        Scalar >= 0, averaged over the logits. Zero logits give log 2.
    """
    return softplus(-fake_logits).mean()
