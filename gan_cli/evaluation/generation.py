"""Scores of a model that generates from noise."""

from collections.abc import Callable, Mapping
from typing import Any, cast

import torch
from torch import Tensor

from gan_cli.evaluation.collections import BATCH
from gan_cli.evaluation.measures import Measured, attempted, measured, together
from gan_cli.evaluation.measuring import Real, possible, table
from gan_cli.evaluation.processes import by_first, gathered, my_batches
from gan_cli.evaluation.scores import Scores
from gan_cli.inference.latents import seeded_latents, slerp, usual_method
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.metrics.feature_networks import ContinuousFeatures, FeatureNetwork, FeatureRows
from gan_cli.metrics.path_length import EPSILON, path_length, squared_speeds
from gan_cli.seeding import stream
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

MOST_WALKS = 2_000
"""The speed of at most this many walks is measured."""


def score_samples(
    model: AdversarialModule,
    network: FeatureNetwork,
    real: Real,
    floor: Callable[[set[str]], Measured],
    given: Mapping[str, Tensor],
    *,
    num: int,
    seed: int,
    wanted: set[str],
    natural: bool,
    title: str,
) -> Scores:
    """The scores of samples against real things: made from consecutive seeds by the averaged generator, as saved.

    All processes of a run call it together and get the same.

    Args:
        model: In eval mode; it has a latent space.
        network: Makes the features, on the model's device.
        real: Real things.
        floor: Gives the scores of real things against other real ones.
        given: Inputs of the model beside latents and labels, dealt out in turn.
        num: How many samples.
        seed: Seed of the first sample.
        wanted: Names of the measures.
        natural: Whether the images are natural and coloured.
        title: Whose scores they are.
    """
    conditions = conditions_for(model, num, given=given)
    asked = conditions.get("labels")
    wanted, left_out = possible(wanted, network, natural, by_class=asked is not None)
    made = rows_of_samples(model, network, num, seed, conditions, real.rows)
    further: list[Measured] = []
    if "conditional_accuracy" in wanted and isinstance(asked, Tensor) and made.logits is not None:
        right = int(torch.eq(made.logits.argmax(1), asked).sum())
        further.append(Measured({"conditional_accuracy": right / num}, []))
    if "ppl" in wanted:
        if isinstance(model, LatentModule) and model.LEAPS:
            left_out.append("perceptual path length: left out, images of codes change in leaps")
        elif not getattr(model, "latent_dim", 1):
            left_out.append("perceptual path length: left out, this model has no latents")
        elif isinstance(network, ContinuousFeatures):
            speeds = _squared_speeds(model, network, num, seed, conditions)
            further.append(attempted(("ppl",), lambda: (path_length(speeds),)))
            walks = min(num, MOST_WALKS)
            method = usual_method(model.latent_distribution)
            left_out.append(
                f"perceptual path length: in {network.name} features, {walks:,} walks by {method}, steps of {EPSILON:g}"
            )
        else:
            left_out.append(f"perceptual path length: left out, {network.name} sees things as they are saved only")
    how = described(model, num, seed, by_class=asked is not None)

    def judged() -> Scores:
        found = together([measured(made, real.rows, wanted), *further])
        return table(title, network, how, num, real, found, floor(wanted), left_out)

    return by_first(judged)


def described(model: AdversarialModule, num: int, seed: int, by_class: bool) -> str:
    """How samples are made, in words."""
    rounded = "rounded to 8 bits as saved" if model.medium.rounds else "as saved"
    average = "averaged generator (EMA)" if model.ema is not None else "no moving average in this model"
    classes = ", all classes in turn" if by_class else ""
    return f"seeds {seed} to {seed + num - 1}, {rounded}, no truncation, {average}{classes}"


def rows_of_samples(
    model: AdversarialModule,
    network: FeatureNetwork,
    num: int,
    seed: int,
    conditions: dict[str, Any],
    others: FeatureRows,
) -> FeatureRows:
    """The network's outputs for the samples of all processes, which call it together.

    Args:
        model: In eval mode.
        network: On the model's device.
        num: How many samples.
        seed: That of the first.
        conditions: Inputs of the model beside latents.
        others: The network's outputs for anything else, which tell how many there are: a process may have no samples.
    """
    latents = latents_of(model, range(seed, seed + num))
    parts = [network.rows(made_at(model, latents, conditions, numbers)) for numbers in my_batches(num, BATCH)]
    features = [part.features for part in parts]
    logits = [part.logits for part in parts if part.logits is not None]
    device = model.device
    all_features = gathered(features, num, BATCH, others.features.shape[1], device)
    if others.logits is None:
        return FeatureRows(all_features, None)
    return FeatureRows(all_features, gathered(logits, num, BATCH, others.logits.shape[1], device))


def _squared_speeds(
    model: AdversarialModule, network: ContinuousFeatures, num: int, seed: int, conditions: dict[str, Any]
) -> Tensor:
    """Those of walks in a network's features, [N]: of images before rounding, which would hide small steps."""
    count = min(num, MOST_WALKS)
    ends = seeded_latents(range(seed, seed + 2 * count), model.latent_dim, model.latent_distribution)
    times = torch.rand(count, generator=stream(seed, "path length")).double()
    places = torch.stack(
        [_two_places(model, *pair) for pair in zip(ends[::2].double(), ends[1::2].double(), times, strict=True)]
    )
    speeds = []
    for numbers in my_batches(count, BATCH):
        here, there = (_floats(model, network, places[numbers, end], numbers, conditions) for end in (0, 1))
        speeds.append(squared_speeds(here, there))
    return gathered([speed[:, None] for speed in speeds], count, BATCH, 1, model.device)[:, 0].double()


def _two_places(model: AdversarialModule, start: Tensor, end: Tensor, time: Tensor) -> Tensor:
    """A place on the walk from a latent to another, and the one a step on, [2, Z]."""
    fractions = torch.stack([time, time + EPSILON])
    if usual_method(model.latent_distribution) == "slerp":
        return slerp(start, end, fractions)
    return torch.lerp(start, end, fractions[:, None])


def _floats(
    model: AdversarialModule, network: ContinuousFeatures, latents: Tensor, numbers: Tensor, conditions: dict[str, Any]
) -> Tensor:
    chosen = {k: v[numbers].to(model.device) if isinstance(v, Tensor) else v for k, v in conditions.items()}
    images = cast(Tensor, model(latents.float().to(model.device), **chosen))
    return network.rows_of_floats(images.float()).features.cpu()
