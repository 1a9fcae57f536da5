"""Walks through latents in the order of their rows, and the classes that are passed with them."""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.labels import class_walk
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.latents import Method, usual_method, walk
from gan_cli.inference.sources import in_space
from gan_cli.inference.spaces import usual_space
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule


class Walks(NamedTuple):
    """What is passed on R walks of F steps.

    Attributes:
        latents: [R, F, Z], or styles [R, F, L, W].
        labels: Classes, int64 [R, F], or shares of them, [R, F, K]; None without classes.
    """

    latents: Tensor
    labels: Tensor | None


def walks_through(
    model: AdversarialModule,
    keyframes: Latents,
    each: int,
    steps: int,
    *,
    space: str | None = None,
    method: Method | None = None,
    loop: bool = False,
    ema: bool = True,
) -> Walks:
    """Walks that pass so many keyframes each.

    Args:
        model: The variant.
        keyframes: Those of all walks, one walk after the other.
        each: How many of them a walk passes, 2 or more.
        steps: As `latents.walk` takes them.
        space: z or w; None takes w where there is one.
        method: The arc or the straight line; None takes what fits the space.
        loop: Return from the last to the first.
        ema: The averaged mapping to styles where there is one, or the one that is trained.

    Raises:
        UserError: If there are too few keyframes or steps, or the model has no such space.
    """
    space = space or usual_space(model)
    method = method or (usual_method(model.latent_distribution) if space == "z" else "lerp")
    ways = [walk(part, steps, method, loop) for part in in_space(model, keyframes, space, ema).split(each)]
    latents = torch.stack(ways)
    if keyframes.labels is None:
        return Walks(latents, None)
    labels = keyframes.labels.view(-1, each)
    if bool((labels == labels[:, :1]).all()):  # a walk keeps its class
        return Walks(latents, labels[:, :1].expand(-1, latents.shape[1]))
    return Walks(latents, torch.stack([class_walk(model, passed.tolist(), steps, loop) for passed in labels]))


def way_between(
    model: AdversarialModule, first: Mapping[str, Tensor], last: Mapping[str, Tensor], shares: Tensor
) -> dict[str, Tensor]:
    """What is given on one walk's way, F rows by name.

    Args:
        model: The variant.
        first: What the walk begins with, by name; the first row of each.
        last: What it ends with.
        shares: How far each thing is on the way, [F].

    Raises:
        UserError: If there is nothing between what the model is given.
    """
    if not isinstance(model, LatentModule):
        raise UserError(f"to: {type(model).__name__} walks between nothing that it is given; leave it out")
    begin, end = (
        {name: rows[:1].expand(len(shares), *rows.shape[1:]) for name, rows in each.items()} for each in (first, last)
    )
    return model.between(begin, end, shares)


def shares_of(steps: int, loop: bool) -> Tensor:
    """How far each of a walk's things is on the way from what is given first to what is given last, [F] from 0 to 1.

    Args:
        steps: F.
        loop: Whether the walk comes back, and ends just before its start, as `latents.walk` has it.
    """
    return 1 - (2 * torch.arange(steps) / steps - 1).abs() if loop else torch.linspace(0, 1, steps)
