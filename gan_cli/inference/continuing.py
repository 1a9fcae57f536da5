"""Sequences: each thing is made from the one before it, as bars of a tune are."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.given import Given, fields_given
from gan_cli.inference.latents import drawn_within
from gan_cli.inference.taken import taken_by_default
from gan_cli.media.medium import rows_of
from gan_cli.seeding import Distribution, stream
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule


class Followed(NamedTuple):
    """Runs of a set's things that sequences are made beside.

    Attributes:
        numbers: Of the real things, int64 [M, K].
        given: What sequences are made from: what they begin with in rows, [M, ...], the rest in steps, [M, K, ...];
            with the real things, [M, K, ...].
    """

    numbers: Tensor
    given: Given


def check_goes_on(model: AdversarialModule) -> LatentModule:
    """Refuses a variant that makes no sequences.

    Raises:
        UserError: If its things stand alone.
    """
    if not (isinstance(model, LatentModule) and model.GOES_ON_FROM):
        raise UserError(f"bars: {type(model).__name__} makes {model.medium.name} that stand alone; leave it out")
    return model


def sequence_latents(
    seeds: Sequence[int], steps: int, latent_dim: int, distribution: Distribution, threshold: float | None = None
) -> Tensor:
    """Latents of sequences, [M, K, Z]: the first of each is that of its seed, however long it is.

    Args:
        seeds: M whole numbers >= 0.
        steps: K.
        latent_dim: Z.
        distribution: The prior.
        threshold: As for `drawn_within`.
    """
    streams = [[stream(seed, "verb", *([step] if step else [])) for step in range(steps)] for seed in seeds]
    drawn = [drawn_within((latent_dim,), distribution, one, threshold) for row in streams for one in row]
    rows: Tensor = torch.stack(drawn).unflatten(0, (len(seeds), steps))
    return rows


def given_of_sequences(model: LatentModule, rows: dict[str, Tensor] | None, count: int, steps: int) -> Given:
    """What sequences are made from: what was typed, step after step in turn, or what belongs to held-out runs.

    Args:
        model: The variant.
        rows: What was typed, as the model sees it; None takes held-out runs of its data set.
        count: How many sequences.
        steps: Things in each.

    Raises:
        UserError: If it cannot be read or does not fit, or the model's set has no runs of this length.
    """
    if rows:
        start = model.GOES_ON_FROM
        told = {
            name: rows_of(things, count)
            if name == start
            else rows_of(things, steps).expand(count, steps, *things[0].shape)
            for name, things in rows.items()
        }
        return Given(told)
    fields = " and ".join(name for name in fields_given(model) if name != model.GOES_ON_FROM)
    with taken_by_default(
        "given",
        f"{type(model).__name__} makes {model.medium.name} from {fields}; type --given {fields}=...",
        "held-out examples",
    ):
        data = data_set_of(model)
        data.prepare_data()
        return followed(model, data, count, steps).given


def followed(model: LatentModule, data: GANDataModule, count: int, steps: int, split: Split | None = None) -> Followed:
    """Runs of held-out things, evenly from all there are, in turn if there are fewer; with what belongs to them.

    Raises:
        UserError: If there is none of this length.
    """
    runs = data.runs(split, steps)
    if not len(runs):
        raise UserError(f"bars: nothing that was held out of {data.name} is {steps} long; take fewer")
    few = min(count, len(runs))
    numbers = rows_of(runs[torch.arange(few) * len(runs) // few], count)
    batch: Any = data.on_device(data.at_hand(split)[numbers.flatten()])
    given = {name: rows.unflatten(0, (count, steps)) for name, rows in model.given(batch).items()}
    given[model.GOES_ON_FROM] = given[model.GOES_ON_FROM][:, 0]
    return Followed(numbers, Given(given, model.medium.kept(batch.real).unflatten(0, (count, steps))))


def continued_at(model: AdversarialModule, latents: Tensor, conditions: dict[str, Any], positions: Tensor) -> Tensor:
    """A batch of sequences as their medium keeps them, [N, K, ...], on the CPU.

    Args:
        model: The variant; its device computes.
        latents: All latents, [M, K, Z], on the CPU.
        conditions: Further inputs of `forward`: what is told of each step, [M, K, ...]; all else has a row for each
            sequence.
        positions: Which of the sequences, int64 [N], on the CPU.
    """
    goes_on = check_goes_on(model)
    chosen = {k: v[positions].to(model.device) if isinstance(v, Tensor) else v for k, v in conditions.items()}
    before, found = chosen.pop(goes_on.GOES_ON_FROM), []
    told = set(fields_given(model)) - {goes_on.GOES_ON_FROM}
    for step in range(latents.shape[1]):
        here = {name: value[:, step] if name in told else value for name, value in chosen.items()}
        drawn = latents[positions, step].to(model.device)
        made = model.medium.kept(model(drawn, **{goes_on.GOES_ON_FROM: before}, **here))
        before = model.media[goes_on.GOES_ON_FROM].shown(made)
        found.append(made.cpu())
    return torch.stack(found, dim=1)
