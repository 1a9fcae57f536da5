"""Adversarial objectives: logits or scores in, a scalar out, one equation of a paper each, in float32 at least."""

from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, relu, softplus

from gan_cli.devices.processes import mean_over_processes

P = ParamSpec("P")


def precise(objective: Callable[P, Tensor]) -> Callable[P, Tensor]:
    """The objective in float32 at least: a discriminator's outputs may be short, their mean must not be.

    Args:
        objective: A function of tensors; whole numbers among them stay as they are.
    """

    def lengthened(value: Any) -> Any:
        is_short = isinstance(value, Tensor) and value.dtype in (torch.bfloat16, torch.float16)
        return value.float() if is_short else value

    @wraps(objective)
    def computed(*values: P.args, **named: P.kwargs) -> Tensor:
        return objective(*map(lengthened, values), **{name: lengthened(value) for name, value in named.items()})

    return computed


@precise
def discriminator_cross_entropy(real_logits: Tensor, fake_logits: Tensor, real_target: float = 1.0) -> Tensor:
    """The discriminator's binary cross-entropy: real images are 1, generated ones 0.

    Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661, equation 1 with its sign turned, on logits:
    -log D(x) = softplus(-logit) and -log(1 - D(G(z))) = softplus(logit).

    Args:
        real_logits: Logits of real images, any shape.
        fake_logits: Logits of generated images, any shape.
        real_target: The target for real images, in [0, 1]; below 1 is one-sided label smoothing (Salimans et al. 2016,
            arXiv:1606.03498, section 3.4).

    Returns:
        Scalar >= 0; each of the two terms is averaged over its logits. Zero logits give 2 log 2.
    """
    real_term = softplus(-real_logits)
    if real_target != 1:
        real_term = real_target * real_term + (1 - real_target) * softplus(real_logits)
    return real_term.mean() + softplus(fake_logits).mean()


@precise
def non_saturating_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's loss -log D(G(z)), which keeps its gradient where the discriminator wins.

    Goodfellow et al. 2014, arXiv:1406.2661, end of section 3.

    Args:
        fake_logits: Logits of generated images, any shape.

    Returns:
        Scalar >= 0, averaged over the logits. Zero logits give log 2.
    """
    return softplus(-fake_logits).mean()


@precise
def minimax_generator_loss(fake_logits: Tensor) -> Tensor:
    """The generator's side of the game as equation 1 has it, log(1 - D(G(z))); flat where the discriminator wins.

    Goodfellow et al. 2014, arXiv:1406.2661, equation 1 and algorithm 1.

    Args:
        fake_logits: Logits of generated images, any shape.

    Returns:
        Scalar <= 0, averaged over the logits. Zero logits give -log 2.
    """
    return -softplus(fake_logits).mean()


@precise
def least_squares(outputs: Tensor, target: float) -> Tensor:
    """Half the mean squared distance of the discriminator's outputs from a target.

    Mao et al. 2017, "Least Squares Generative Adversarial Networks", arXiv:1611.04076, each term of equation 2: the
    discriminator's targets are b for real and a for generated images, the generator's is c.

    Args:
        outputs: Outputs without a sigmoid, any shape.
        target: a, b or c.

    Returns:
        Scalar >= 0.
    """
    return (outputs - target).square().mean() / 2


@precise
def critic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """The loss of a Wasserstein critic: minus its estimate of the distance.

    Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875, equation 2 and algorithm 1 with the sign turned.

    Args:
        real_scores: Scores of real images, any shape.
        fake_scores: Scores of generated images, any shape.

    Returns:
        Scalar; 0 for equal means.
    """
    return fake_scores.mean() - real_scores.mean()


@precise
def critic_generator_loss(fake_scores: Tensor) -> Tensor:
    """The loss of a generator that faces a critic: minus its mean score (in Wasserstein and hinge objectives).

    Arjovsky et al. 2017, arXiv:1701.07875, algorithm 1; Miyato et al. 2018, arXiv:1802.05957, equation 17.

    Args:
        fake_scores: Scores of generated images, any shape.
    """
    return -fake_scores.mean()


@precise
def discriminator_hinge(
    real_scores: Tensor, fake_scores: Tensor, real_margin: Tensor | float = 1.0, fake_margin: Tensor | float = 1.0
) -> Tensor:
    """The discriminator's hinge loss: only outputs within the margin pull.

    Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957, equation 16 with
    its sign turned.

    Args:
        real_scores: Outputs on real images, any shape.
        fake_scores: Outputs on generated images, any shape.
        real_margin: How far above 0 outputs on real images are to be; one for all, or one for each.
        fake_margin: How far below 0 outputs on generated images are to be.

    Returns:
        Scalar >= 0. Zero outputs give 2, with the margins of 1 that the paper has.
    """
    return relu(real_margin - real_scores).mean() + relu(fake_margin + fake_scores).mean()


@precise
def relativistic(winning_logits: Tensor, losing_logits: Tensor) -> Tensor:
    """The loss of the player who wants the first of each pair above the second.

    Jolicoeur-Martineau 2018, arXiv:1807.00734, as Huang et al. 2024, "The GAN is dead; long live the GAN!",
    arXiv:2501.05441, equation 2 writes it (RpGAN) with f(t) = -log(1 + exp(-t)): the discriminator wants the real image
    above its generated partner, the generator the reverse.

    Args:
        winning_logits: Logits that should be higher, [N].
        losing_logits: Logits of their partners, [N].

    Returns:
        Scalar >= 0. Equal logits give log 2.
    """
    return softplus(losing_logits - winning_logits).mean()


@precise
def relativistic_average(winning_logits: Tensor, losing_logits: Tensor) -> Tensor:
    """The loss of the player who wants each of the first above the mean of the second, and each of these below theirs.

    Jolicoeur-Martineau 2018, "The relativistic discriminator", arXiv:1807.00734, as Wang et al. 2018, "ESRGAN",
    arXiv:1809.00219, equations 1 and 2 write it; halved, as in those authors' code. The discriminator wants real images
    above generated ones, the generator the reverse.

    Args:
        winning_logits: Logits that should be higher, any shape.
        losing_logits: Logits that should be lower, any shape.

    Returns:
        Scalar >= 0; means are those of all processes together. Equal logits give log 2.
    """
    losing, winning = (mean_over_processes(logits.mean()) for logits in (losing_logits, winning_logits))
    return (softplus(losing - winning_logits).mean() + softplus(losing_logits - winning).mean()) / 2


@precise
def auxiliary_classification(class_logits: Tensor, labels: Tensor) -> Tensor:
    """The cross-entropy of the discriminator's classifier on real or generated images.

    Odena et al. 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs", arXiv:1610.09585, equation 3 with
    its sign turned.

    Args:
        class_logits: [N, K].
        labels: int64 [N].

    Returns:
        Scalar >= 0, averaged over N. Equal logits give log K.
    """
    return cross_entropy(class_logits, labels)


@precise
def real_logits_of_classes(class_logits: Tensor) -> Tensor:
    """The logit of "real" that K class logits imply when the fake class's logit is 0, [N].

    Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 5: D(x) = Z / (Z + 1) with
    Z the sum of exp(logits), so logit(D) = log Z.

    Args:
        class_logits: [N, K].
    """
    return class_logits.logsumexp(dim=1)


@precise
def feature_matching(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """The squared distance between the mean features of real and of generated images.

    Salimans et al. 2016, arXiv:1606.03498, section 3.1.

    Args:
        real_features: [N, F].
        fake_features: [M, F].

    Returns:
        Scalar >= 0, averaged over F (the paper sums), so that the width of the layer does not set the learning rate.
    """
    return (real_features.mean(0) - fake_features.mean(0)).square().mean()


@precise
def absolute_feature_matching(real_features: Tensor, fake_features: Tensor) -> Tensor:
    """The same with absolute values in place of squares, as the authors' code has it for SVHN and CIFAR-10.

    Args:
        real_features: [N, F].
        fake_features: [M, F].

    Returns:
        Scalar >= 0, averaged over F.
    """
    return (real_features.mean(0) - fake_features.mean(0)).abs().mean()
