"""Standing statistics: batch normalisation by things that are made for it, instead of by those of training.

Brock et al. 2019, "Large Scale GAN Training for High Fidelity Natural Image Synthesis", arXiv:1809.11096: running
statistics are those of weights that have changed since, and of latents that were not truncated.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch.nn.modules.batchnorm import _BatchNorm

from gan_cli.errors import UserError
from gan_cli.inference.latents import drawn_within
from gan_cli.seeding import stream
from gan_cli.variants.base import AdversarialModule


def standing(model: AdversarialModule, options: Any) -> Callable[[], None] | None:
    """What gives a model the standing statistics that the options of a verb ask for; None if they ask for none.

    Raises:
        UserError: If the generator has no running statistics, is given more than latents and labels, or would get them
            from single things.
    """
    if options.standing_statistics is None:
        return None
    name = type(model).__name__
    if not _norms(model, options.ema):
        raise UserError(f"standing_statistics: {name}'s generator has no batch normalisation here; leave it out")
    if set(model.takes) - {"labels"}:
        raise UserError(f"standing_statistics: {name} makes nothing from noise and classes alone; leave it out")
    if options.batch_size < 2:
        raise UserError("batch_size: 1 has no statistics to stand; take 2 or more, as many as for training")
    conditions = {"ema": options.ema}
    if options.truncation_psi is not None:
        conditions["truncation_psi"] = options.truncation_psi
    shape = (options.batch_size, model.latent_dim)
    return partial(stand, model, options.standing_statistics, shape, options.truncation_threshold, conditions)


@torch.no_grad()
def stand(
    model: AdversarialModule,
    passes: int,
    shape: tuple[int, int],
    threshold: float | None,
    conditions: dict[str, Any],
) -> None:
    """Replaces a generator's running statistics, by a function of its weights and of these numbers alone.

    Args:
        model: The variant, in eval mode; classes are drawn, all equally likely.
        passes: Batches that they are the mean of.
        shape: N and Z of each.
        threshold: See `drawn_within`.
        conditions: Inputs of `forward` beside latents and labels, `ema` among them.
    """
    norms = _norms(model, conditions["ema"])
    momenta = [norm.momentum for norm in norms]
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None  # the mean of all batches
        norm.train()  # of the whole network, spectral normalisation would go on
    for number in range(passes):
        random = stream("standing statistics", number)
        latents = drawn_within(shape, model.latent_distribution, random, threshold)
        labels = torch.randint(max(1, model.num_classes), shape[:1], generator=random)
        told = [labels.to(model.device)] if "labels" in model.takes else []
        model(latents.to(model.device), *told, **conditions)
    for norm, momentum in zip(norms, momenta, strict=True):
        norm.momentum = momentum
        norm.eval()


def _norms(model: AdversarialModule, ema: bool) -> list[_BatchNorm]:
    """The layers of the generator with running statistics."""
    layers = model.picture_maker(ema).modules()
    return [layer for layer in layers if isinstance(layer, _BatchNorm) and layer.track_running_stats]
