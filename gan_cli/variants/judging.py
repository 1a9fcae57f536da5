"""How a discriminator is called: on real and made things separately if it takes statistics over its input."""

from typing import Any, cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import mixes_batch, running_statistics_untouched
from gan_cli.networks.spectral_norm import spectra_untouched

Judged = Tensor | tuple[Tensor, ...]
"""What the discriminator judges in one pass: things, or things and their labels."""


def judge(discriminator: nn.Module, real: Judged, *others: Judged, **told: Any) -> tuple[Tensor, ...]:
    """The outputs on real things, and on each of the others, which are made or mislabelled.

    Two passes where the discriminator mixes the batch (batch normalisation, or a module that says so itself by
    `mixes_batch = True`): statistics of real and made things together give the game away, and training collapses. Only
    real things move its running statistics. One pass otherwise, which is faster. Either way all are judged by the same
    weights: spectral normalisation makes one step.

    Args:
        discriminator: The network.
        real: Real things.
        others: Further ones.
        **told: What it takes beside things, the same in all passes.
    """
    if mixes_batch(discriminator):
        return discriminator(*_inputs(real), **told), *(judge_beside(discriminator, other, **told) for other in others)
    passes = [_inputs(judged) for judged in (real, *others)]
    outputs: Tensor = discriminator(*(torch.cat(parts) for parts in zip(*passes, strict=True)), **told)
    return tuple(torch.split(outputs, [len(inputs[0]) for inputs in passes]))


def judge_beside(discriminator: nn.Module, fake: Judged, **told: Any) -> Tensor:
    """The same as `judge_fake`, by the weights that real things have just been judged by in the same step."""
    with spectra_untouched(discriminator):
        return judge_fake(discriminator, fake, **told)


def judge_fake(discriminator: nn.Module, fake: Judged, **told: Any) -> Tensor:
    """The outputs on made things, leaving the discriminator's running statistics as they are."""
    with running_statistics_untouched(discriminator):
        return cast(Tensor, discriminator(*_inputs(fake), **told))


def _inputs(judged: Judged) -> tuple[Tensor, ...]:
    return judged if isinstance(judged, tuple) else (judged,)
