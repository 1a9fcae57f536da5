"""A table of what a model makes beside real things, of measures that the set has of its own, or the variant."""

from functools import partial

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.evaluation.attribute_editing import editing_table
from gan_cli.evaluation.collections import of_split
from gan_cli.evaluation.processes import by_first
from gan_cli.evaluation.scorer import undisturbed
from gan_cli.inference.continuing import continued_at, followed, sequence_latents
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.media.pictures import to_uint8
from gan_cli.metrics.row_table import OwnMeasures, RowTable
from gan_cli.seeding import stream
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.icgan import IcGAN
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.translation import TranslationModule

AT_ONCE = 64


def measures_of(model: AdversarialModule, data: GANDataModule) -> OwnMeasures | None:
    """What the variant measures itself, or else the set; None where neither measures anything."""
    return model.own_measures or data.measures_of(model.makes)


@torch.no_grad()
def own_table(
    model: AdversarialModule, data: GANDataModule, seed: int, split: Split = "test", num: int | None = None
) -> RowTable | None:
    """The variant's own measures of made things, or else the set's; None where neither has any.

    Things are made from what belongs to held-out ones; where they follow each other, in runs, each from the one before.
    All processes of a run call it together; the first makes it.

    Args:
        model: On the device that is to compute.
        data: The set, downloaded.
        seed: Of the first thing or run; of K made from each given one, the k-th of the n-th has that of seed + n K + k.
        split: The held-out part.
        num: From how many given things, or how many things at most; None takes as many as the set usually measures.

    Raises:
        UserError: If the part has no runs that are long enough.
    """
    own = measures_of(model, data)
    if own is not None and isinstance(model, TranslationModule):
        if model.own_measures is None and not {"source", "target"} <= data.fields.keys():
            return None  # what such a set measures is of things that were not made of its own
        own = own._replace(things=min(own.things, num or own.things))
        table = _of_sources if model.own_measures is None else _by_translator
        return by_first(partial(table, model, data, own, split))
    if isinstance(model, IcGAN):
        return by_first(partial(_of_editor, model, data, seed, split, num)) if model.encodes else None
    if own is None or not isinstance(model, LatentModule):
        return None
    if num is not None:
        own = own._replace(things=min(own.things, num * own.each))
    if model.own_measures is not None:  # nothing is made twice
        own = own._replace(things=min(own.things, len(data.at_hand(split)) * own.each))

    def compared() -> RowTable:
        with undisturbed(model):
            made, numbers = (_runs if model.GOES_ON_FROM else _single)(model, data, own, seed, split)
        if model.own_measures is not None:
            part = data.at_hand(split)
            batches = (data.on_device(part[some]) for some in numbers.split(AT_ONCE))
            with undisturbed(model):
                return model.own_table_beside(made, part[numbers].batch.real, batches, f"{data.name} {split}")
        return data.compared(made, numbers, split)

    return by_first(compared)


def _of_editor(model: IcGAN, data: GANDataModule, seed: int, split: Split, num: int | None) -> RowTable:
    """The table of what it makes of held-out pictures with other attributes."""
    with undisturbed(model):
        return editing_table(model, data, split, seed, num)


def _by_translator(model: TranslationModule, data: GANDataModule, own: OwnMeasures, split: Split) -> RowTable:
    """The variant's own table of what it makes again of held-out images."""
    part = data.at_hand(split)
    count = min(own.things, len(part))
    given = part[torch.arange(count) * len(part) // count].batch.real
    with undisturbed(model):
        return model.own_table(_translated(model, given), given, f"{data.name} {split}")


def _of_sources(model: TranslationModule, data: GANDataModule, own: OwnMeasures, split: Split) -> RowTable:
    """The set's table of what is made of its sources."""
    inputs = of_split(data, split)
    count = min(own.things, inputs.total)  # drawn, because what differs may alternate, as poses of faces do
    numbers = torch.randperm(inputs.total, generator=stream(0, "compared"))[:count].sort().values
    with undisturbed(model):
        made = _translated(model, inputs.read(numbers))
    return data.compared(made, numbers, split)


def _translated(model: TranslationModule, given: Tensor) -> Tensor:
    """What is made of images as they are kept, as it is kept, on the CPU."""
    shown = (model.source.shown(some).to(model.device) for some in given.split(AT_ONCE))
    return torch.cat([to_uint8(model(some, model.directions[0])).cpu() for some in shown])


def _runs(model: LatentModule, data: GANDataModule, own: OwnMeasures, seed: int, split: Split) -> tuple[Tensor, Tensor]:
    """Runs [M, L, ...] that were made beside held-out ones, and these ones' numbers, [M, L]."""
    count = -(-own.things // own.run)
    numbers, given = followed(model, data, count, own.run, split)
    latents = sequence_latents(range(seed, seed + count), own.run, model.latent_dim, model.latent_distribution)
    batches = torch.arange(count).split(AT_ONCE)
    return torch.cat([continued_at(model, latents, given.shown, places) for places in batches]), numbers


def _single(
    model: LatentModule, data: GANDataModule, own: OwnMeasures, seed: int, split: Split
) -> tuple[Tensor, Tensor]:
    """Things [N, ...] that were made beside held-out ones, and these ones' numbers, [N]."""
    size = len(data.at_hand(split))
    few = min(-(-own.things // own.each), size)
    total = few * own.each if own.each > 1 else own.things  # a given thing may come again, but not its several
    places = torch.arange(total) // own.each % few
    given = held_out_given(model, data, few, split).at(places)
    conditions = conditions_for(model, total, given=given.shown)
    latents = latents_of(model, range(seed, seed + total))
    made = [made_at(model, latents, conditions, batch) for batch in torch.arange(total).split(AT_ONCE)]
    return torch.cat(made), places * size // few
