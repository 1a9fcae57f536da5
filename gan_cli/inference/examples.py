"""Things of fixed latents and held-out examples: what is looked at again and again while a model trains."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.inference.given import Given, held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule


class Examples(NamedTuple):
    """Things that were made, and what they were made from.

    Attributes:
        made: [N, ...] as their medium keeps them, on the CPU.
        conditions: The inputs of the variant's `forward` beside latents, N rows each.
        given: Those of them that are neither latents nor labels, with the real things that belong to them.
    """

    made: Tensor
    conditions: dict[str, Any]
    given: Given


@torch.no_grad()
def examples_of(model: AdversarialModule, data: GANDataModule, count: int) -> Examples:
    """The things of the seeds 0 to count - 1, by the averaged generator, of all classes and held-out examples in turn.

    Args:
        model: The variant; the training mode of its networks is left as it is.
        data: The data set that it is trained on.
        count: N.
    """
    given = held_out_given(model, data, max(1, count // model.medium.each)).dealt(count)
    conditions = conditions_for(model, count, given=given.shown)
    with evaluating(model.picture_maker()):
        made = made_at(model, latents_of(model, range(count)), conditions, torch.arange(count))
    return Examples(made, conditions, given)
