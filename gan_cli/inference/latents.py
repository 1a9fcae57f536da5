"""Latent vectors as functions of seeds, and the walks between them."""

from collections.abc import Sequence
from typing import Literal, get_args

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.seeding import Distribution, draw, stream

Method = Literal["slerp", "lerp"]


def seeded_latents(
    seeds: Sequence[int], latent_dim: int, distribution: Distribution, threshold: float | None = None
) -> Tensor:
    """One latent vector for each seed, [N, Z]: the same whatever the other seeds are.

    Args:
        seeds: Whole numbers >= 0.
        latent_dim: Z.
        distribution: The prior: N(0, 1) or uniform on [-1, 1].
        threshold: See `drawn_within`.

    Raises:
        UserError: If there is no seed, or a threshold for a uniform prior.
    """
    if not seeds:
        raise UserError("num: 0 images are none; take 1 or more")
    return torch.stack([drawn_within((latent_dim,), distribution, stream(seed, "verb"), threshold) for seed in seeds])


def drawn_within(
    shape: Sequence[int], distribution: Distribution, generator: torch.Generator, threshold: float | None
) -> Tensor:
    """Numbers from the prior; those beyond a threshold are drawn again until they are within it.

    The "truncation trick" of Brock et al. 2019, arXiv:1809.11096, section 3.1: less variety, better images. Numbers
    within the threshold stay what they are without one.

    Args:
        shape: Of the numbers.
        distribution: The prior: N(0, 1) or uniform on [-1, 1].
        generator: Where they are drawn from.
        threshold: Above 0; None truncates nothing.

    Raises:
        UserError: If there is a threshold for a uniform prior.
    """
    drawn = draw(shape, distribution, generator)
    if threshold is None:
        return drawn
    if distribution != "normal":
        raise UserError("truncation_threshold: the latents of this model are uniform, not normal; leave it out")
    again = nn.init.trunc_normal_(torch.empty(shape), a=-threshold, b=threshold, generator=generator)
    return torch.where(drawn.abs() > threshold, again, drawn)


def usual_method(distribution: Distribution) -> Method:
    """How to walk under a prior: on arcs through a normal one, on lines through a uniform one."""
    return "slerp" if distribution == "normal" else "lerp"


def lerp(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """Points on the straight line between two latents, [S, Z]; 0 gives the first, 1 the second.

    Args:
        start: [Z], or styles [L, W].
        end: The same.
        fractions: [S], in [0, 1].
    """
    return torch.lerp(start, end, _column(fractions, start))


def slerp(start: Tensor, end: Tensor, fractions: Tensor) -> Tensor:
    """Points on the arc between two latents, [S, Z], which keeps the length a normal prior expects.

    White 2016, "Sampling Generative Networks", arXiv:1609.04468, section 2.1. Vectors that point the same way, or
    opposite ways, have no one arc and are joined by a line.

    Args:
        start: [Z], or styles [L, W].
        end: The same.
        fractions: [S], in [0, 1].
    """
    cosine = torch.dot(start.flatten(), end.flatten()) / (start.norm() * end.norm()).clamp_min(1e-12)
    angle = torch.acos(cosine.clamp(-1, 1))
    if torch.sin(angle) < 1e-4:
        return lerp(start, end, fractions)
    t = _column(fractions, start)
    return (torch.sin((1 - t) * angle) * start + torch.sin(t * angle) * end) / torch.sin(angle)


def _column(fractions: Tensor, latent: Tensor) -> Tensor:
    """Numbers [S] as [S, 1, ...], to be multiplied with a latent of any shape."""
    return fractions.view(-1, *[1] * latent.ndim)


def walk(keyframes: Tensor, steps: int, method: Method, loop: bool) -> Tensor:
    """Latents along a path through keyframes, [F, Z].

    Args:
        keyframes: [K, Z], or styles [K, L, W], in the order they are passed.
        steps: Latents from one keyframe up to the next, both included (an open path) or the last left out (a loop,
            which ends just before its start, so that played again and again it does not stop).
        method: The arc or the straight line between neighbours.
        loop: Return from the last keyframe to the first.

    Raises:
        UserError: If there are fewer than two keyframes or steps, or the method is unknown.
    """
    if method not in get_args(Method):
        raise UserError(f"method: {method} is unknown; take slerp or lerp")
    if len(keyframes) < 2:
        raise UserError(f"keyframes: {len(keyframes)} is no walk; take 2 or more")
    if steps < 2:
        raise UserError(f"steps: {steps} is no walk; take 2 or more")
    between = {"slerp": slerp, "lerp": lerp}[method]
    ends = torch.cat([keyframes[1:], keyframes[:1]]) if loop else keyframes[1:]
    fractions = torch.arange(steps) / steps if loop else torch.linspace(0, 1, steps)
    legs = [between(a, b, fractions) for a, b in zip(keyframes, ends, strict=False)]
    # On an open path a keyframe ends one leg and starts the next: shown once.
    return torch.cat(legs if loop else [legs[0], *(leg[1:] for leg in legs[1:])])
