"""Scores that a set has of its own: several things made from each given one, beside what needs no network."""

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch
from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.evaluation.processes import by_first, gathered, my_batches
from gan_cli.evaluation.scores import Protocol, Score, Scores
from gan_cli.inference.rendering import conditions_with, latents_of, made_at
from gan_cli.metrics.own_scores import OwnScores
from gan_cli.variants.base import AdversarialModule

AT_ONCE = 16
"""From so many given things several others are made at once."""


def own_names(data: GANDataModule) -> set[str]:
    """The measures that a set has of its own, by their names in `scores.KINDS`."""
    return set(data.own_scores.names) if data.own_scores else set()


def score_by_own(
    model: AdversarialModule,
    data: GANDataModule,
    split: Split,
    *,
    num: int | None,
    seed: int,
    wanted: set[str],
    title: str,
) -> Scores:
    """The scores that a set itself takes. All processes of a run call it together and get the same.

    Args:
        model: In eval mode, on the device that is to compute.
        data: The set.
        split: Its part that things are made from.
        num: Of how many given things at most, evenly from the whole part; None takes all.
        seed: Seed of the first thing; the k-th made from the n-th of K each has that of seed + n K + k.
        wanted: The measures.
        title: Whose scores they are.

    Raises:
        UserError: If there is nothing in the part.
    """
    measure, part = data.own_scores, data.at_hand(split)
    assert measure is not None
    count = min(num or len(part), len(part))
    if not count:
        raise UserError(f"data: the {split} part of {data.name} is empty; take another")
    numbers = torch.arange(count) * len(part) // count
    rows, names = 2 + len(measure.columns()), list(measure.names)
    sums = [
        _sums(model, data, measure, part[numbers[places]].batch, seed + int(places[0]) * measure.samples).flatten(1)
        for places in my_batches(count, AT_ONCE)
    ]
    whole = gathered(sums, count, AT_ONCE, rows * len(names) * 2, model.device)

    def scored() -> Scores:
        total = whole.double().sum(0).view(rows, len(names), 2)
        values = total[..., 0] / total[..., 1]
        made, real = values[0], values[-1]
        chosen = [(place, name) for place, name in enumerate(names) if name in wanted]
        scores = {
            name: Score(float(made[place]), floor=float(real[place]) if name in measure.floored else None)
            for place, name in chosen
        }
        beside = {
            column: {name: float(values[number][place]) for place, name in chosen}
            for number, column in enumerate(measure.columns(), 1)
        }
        how = f"{measure.samples} made from each, of consecutive seeds from {seed} on"
        origin = f"{data.name} {split}"
        protocol = Protocol("", "", None, "", count, count, origin, "the real ones", how, measure.things)
        return Scores(title, protocol, scores, beside=beside)

    return by_first(scored)


def _sums(model: AdversarialModule, data: GANDataModule, measure: OwnScores, batch: object, seed: int) -> Tensor:
    """What is made from a batch, measured, [N, rows, S, 2] in float32."""
    seen = data.on_device(LoadedBatch(batch))
    given = {name: rows.repeat_interleave(measure.samples, dim=0) for name, rows in model.given(seen).items()}
    total = len(next(iter(given.values())))
    conditions = conditions_with(model, given.pop("labels", None), total, given=given)
    latents = latents_of(model, range(seed, seed + total))
    made = made_at(model, latents, conditions, torch.arange(total))
    return measure.sums(made.unflatten(0, (-1, measure.samples)), batch)
