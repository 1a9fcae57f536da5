"""A table of what a model makes beside real things, of measures that the set has of its own, or the variant."""

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.datamodules import Split
from gan_cli.evaluation.processes import by_first
from gan_cli.evaluation.scorer import undisturbed
from gan_cli.inference.continuing import continued_at, followed, sequence_latents
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.metrics.row_table import RowTable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

AT_ONCE = 64


@torch.no_grad()
def own_table(model: AdversarialModule, data: GANDataModule, seed: int, split: Split = "test") -> RowTable | None:
    """The variant's own measures of made things, or else the set's; None where neither has any.

    Things are made from what belongs to held-out ones; where they follow each other, in runs, each from the one before.

    Args:
        model: On the device that is to compute.
        data: The set, downloaded.
        seed: Of the first thing or run.
        split: The held-out part.

    Raises:
        UserError: If the part has no runs that are long enough.
    """
    if not isinstance(model, LatentModule) or not (model.TABLED or data.COMPARED):
        return None

    def compared() -> RowTable | None:
        with undisturbed(model):
            if model.TABLED:
                part = data.at_hand(split)
                made, numbers = _single(model, data, min(model.TABLED, len(part)), seed, split)
                return model.own_table(made, part[numbers].batch.real, f"{data.name} {split}")
            if model.GOES_ON_FROM:
                made, numbers = _runs(model, data, seed, split)
            else:
                made, numbers = _single(model, data, data.COMPARED, seed, split)
        return data.compared(made, numbers, split)

    return by_first(compared)


def _runs(model: LatentModule, data: GANDataModule, seed: int, split: Split) -> tuple[Tensor, Tensor]:
    """Runs [M, K, ...] that were made beside held-out ones, and these ones' numbers, [M, K]."""
    count = -(-data.COMPARED // data.RUN)
    numbers, given = followed(model, data, count, data.RUN, split)
    latents = sequence_latents(range(seed, seed + count), data.RUN, model.latent_dim, model.latent_distribution)
    batches = torch.arange(count).split(AT_ONCE)
    return torch.cat([continued_at(model, latents, given.shown, places) for places in batches]), numbers


def _single(model: LatentModule, data: GANDataModule, count: int, seed: int, split: Split) -> tuple[Tensor, Tensor]:
    """So many things [N, ...] that were made beside held-out ones, and these ones' numbers, [N]."""
    size = len(data.at_hand(split))
    few = min(count, size)
    numbers = (torch.arange(few) * size // few)[torch.arange(count) % few]
    given = held_out_given(model, data, few, split).dealt(count)
    conditions = conditions_for(model, count, given=given.shown)
    latents = latents_of(model, range(seed, seed + count))
    batches = torch.arange(count).split(AT_ONCE)
    return torch.cat([made_at(model, latents, conditions, places) for places in batches]), numbers
