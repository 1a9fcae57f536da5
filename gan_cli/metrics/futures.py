"""How far made futures are from what people did, and how often they collide, beside what needs no network."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from gan_cli.metrics.row_table import Kind

COLLISION = 0.1
"""Metres; two people who are nearer to each other at a step collide, as in the literature."""

SAMPLES = 20
"""Futures that are made of each scene."""

KINDS = {
    "ade": Kind("ADE, best for a scene", "lower"),
    "fde": Kind("FDE, best for a scene", "lower"),
    "ade_by_person": Kind("ADE, best for a person", "lower"),
    "fde_by_person": Kind("FDE, best for a person", "lower"),
    "ade_mean": Kind("ADE, mean of all", "lower"),
    "fde_mean": Kind("FDE, mean of all", "lower"),
    "collisions": Kind("nearer than 0.1 m", "lower"),
}
"""What is measured of several futures of each scene.

The average (final) displacement error is the distance to the truth in metres, averaged over people and steps (of the
last step). Gupta et al. 2018 take the best of 20 for a scene as a whole, each measure by itself; most later papers take
the best for each person, which is easier. The average over all 20 is what one future is worth.
"""


def constant_velocity(observed: Tensor, steps: int) -> Tensor:
    """Everybody goes on as from the last step but one to the last, [N, P, T', 2]."""
    ahead = torch.arange(1, steps + 1, device=observed.device)[:, None]
    return observed[:, :, -1:] + ahead * observed[:, :, -2:].diff(dim=2)


def linear_fit(observed: Tensor, steps: int) -> Tensor:
    """Everybody goes on along the line that fits all observed steps best by least squares, [N, P, T', 2]."""
    time = torch.arange(observed.shape[2], dtype=observed.dtype, device=observed.device)
    centred = time - time.mean()
    slope = (centred[:, None] * observed).sum(2) / centred.square().sum()
    ahead = torch.arange(1, steps + 1, device=observed.device) + centred[-1]
    return observed.mean(2)[:, :, None] + ahead[:, None] * slope[:, :, None]


def standing_still(observed: Tensor, steps: int) -> Tensor:
    """Everybody stays where they were last, [N, P, T', 2]."""
    return observed[:, :, -1:].expand(-1, -1, steps, -1)


def collided(paths: Tensor) -> Tensor:
    """Whether each person is nearer to another than `COLLISION` at each step, [..., P, T, 2] -> bool [..., P, T]."""
    across = paths.movedim(-3, -2)  # [..., T, P, 2]
    distances = torch.cdist(across, across, compute_mode="donot_use_mm_for_euclid_dist")  # which is not exact
    itself = torch.eye(paths.shape[-3], dtype=torch.bool, device=paths.device)
    return ((distances < COLLISION) & ~itself).any(-1).movedim(-1, -2)  # NaN is never near


BASELINES: Mapping[str, Callable[[Tensor, int], Tensor]] = {
    "constant velocity": constant_velocity,
    "linear fit": linear_fit,
    "standing still": standing_still,
}
"""What needs no network: futures [N, P, T', 2] from observed steps [N, P, T, 2] and T'."""


def measured(guesses: Tensor, truth: Tensor) -> Tensor:
    """Sums and weights of each of `KINDS` by scene, [N, S, 2].

    A measure is the sum of all sums over the sum of all weights.

    Args:
        guesses: K futures of each scene, [N, K, P, T, 2]; NaN where there is nobody.
        truth: [N, P, T, 2].
    """
    found, people = errors(guesses, truth)
    hits = torch.stack([collided(each).float().mean(2).sum(1) for each in guesses.unbind(1)]).mean(0)
    sums = torch.cat([found, hits[:, None]], dim=1)
    return torch.stack([sums, people[:, None].expand_as(sums)], dim=2)


def errors(guesses: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
    """Sums over the people of each scene, [N, 6], of all of `KINDS` but collisions; and their number, [N].

    Args:
        guesses: As for `measured`.
        truth: As for `measured`.
    """
    there = ~truth[..., 0, 0].isnan()
    distances = (guesses - truth[:, None]).norm(dim=-1).masked_fill(~there[:, None, :, None], 0.0)  # [N, K, P, T]
    by_person = torch.stack([distances.mean(3), distances[..., -1]])  # [2, N, K, P]
    joint, single, mean = by_person.sum(3).amin(2), by_person.amin(2).sum(2), by_person.mean(2).sum(2)
    return torch.cat([joint, single, mean]).T, there.sum(1)
