"""Penalties on a discriminator's slope, in true float32 (or float64) whatever autocast and TF32 are allowed, and
differentiable once more."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor

from gan_cli.devices.float32 import true_float32, true_float32_backward

Critic = Callable[[Tensor], Tensor]


@contextmanager
def in_full(device: torch.device) -> Iterator[None]:
    """Within the block, what is computed on a device is in true float32 and can be differentiated twice."""
    eager = torch.compiler.set_stance("force_eager")  # compiled code cannot
    with true_float32(), torch.autocast(device.type, enabled=False), eager:
        yield


def slopes(critic: Critic, inputs: Tensor) -> tuple[Tensor, Tensor]:
    """A critic's scores and the length of its gradient at each input.

    Args:
        critic: Gives one score per input, [N, ...] -> [N]. Must not mix the inputs of a batch (no batch
            normalisation), or the slope is not per input.
        inputs: [N, ...], any floating type; nothing flows back into where they came from.

    Returns:
        Scores [N] and slopes [N] >= 0, in float32 at least; both can be differentiated with respect to the critic's
        weights, and the backward pass that does so goes on in true float32 to its end.
    """
    with in_full(inputs.device):
        leaf = _precise(inputs.detach()).requires_grad_()
        scores = critic(leaf)
        (gradient,) = torch.autograd.grad(scores.sum(), leaf, create_graph=True)
        # vector_norm, because the root of a sum of squares has no gradient at 0
        lengths = torch.linalg.vector_norm(gradient.flatten(1), dim=1)
    true_float32_backward(scores, lengths)
    return scores, lengths


def mix(real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """Points on the straight lines between pairs of real and generated images.

    Args:
        real: [N, ...].
        fake: The same shape.
        shares: One number for each pair, [N], in [0, 1]; 1 is the real image.

    Raises:
        ValueError: If the shapes differ.
    """
    if real.shape != fake.shape:
        raise ValueError(f"real {tuple(real.shape)} and fake {tuple(fake.shape)} have no lines between them")
    shares = shares.reshape(-1, *[1] * (real.ndim - 1))
    return shares * _precise(real) + (1 - shares) * _precise(fake)


def _precise(values: Tensor) -> Tensor:
    """In float32 at least."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def gradient_penalty(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """How far the critic is from unit slope between real and generated images.

    Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028, equation 3 without its weight;
    the paper multiplies by lambda_gp = 10.

    Args:
        critic: As in `slopes`.
        real: Images from the data, [N, C, H, W], in [-1, 1] (or points [N, 2]).
        fake: Generated ones of the same shape; no gradient flows back into them.
        shares: One mixing number per image, [N], in [0, 1].

    Returns:
        Scalar >= 0, averaged over N.

    Raises:
        ValueError: If the two batches differ in shape.
    """
    _, lengths = slopes(critic, mix(real, fake, shares))
    return (lengths - 1).square().mean()


def lipschitz_penalty(critic: Critic, real: Tensor, fake: Tensor, shares: Tensor) -> Tensor:
    """How far the critic is above unit slope; a slope below 1, which the theory allows, costs nothing.

    Petzka et al. 2018, "On the regularization of Wasserstein GANs", arXiv:1709.08894, equation 8 without its weight.

    Args:
        critic: As in `slopes`.
        real: As in `gradient_penalty`.
        fake: As in `gradient_penalty`.
        shares: As in `gradient_penalty`.

    Returns:
        Scalar >= 0, averaged over N.

    Raises:
        ValueError: If the two batches differ in shape.
    """
    _, lengths = slopes(critic, mix(real, fake, shares))
    return (lengths - 1).clamp(min=0).square().mean()


def zero_centred_penalty(lengths: Tensor) -> Tensor:
    """The mean squared slope: R1 where the slopes are at real images, R2 at generated ones.

    Mescheder et al. 2018, "Which Training Methods for GANs do actually Converge?", arXiv:1801.04406, equation 9
    without its weight gamma / 2.

    Args:
        lengths: From `slopes`, [N].

    Returns:
        Scalar >= 0.
    """
    return lengths.square().mean()
