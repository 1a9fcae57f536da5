"""The spaces of latents that a model has: z, from which its prior draws, and w, that of its styles."""

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

AT_ONCE = 64
"""At most this many latents are mapped to styles at once."""


def spaces_of(model: AdversarialModule) -> tuple[str, ...]:
    """The spaces in which walks are possible, the usual one last."""
    return model.SPACES if isinstance(model, LatentModule) else ("z",)


def usual_space(model: AdversarialModule) -> str:
    """The space in which walks are made if none is asked for.

    Raises:
        UserError: If the model makes things without noise, so that there is nothing to move through.
    """
    if not model.latent_dim:
        name = type(model).__name__
        raise UserError(f"ckpt: {name} makes one thing of each given one, without noise; type gan {model.VERB}")
    return spaces_of(model)[-1]


def check_space(model: AdversarialModule, space: str) -> None:
    """Refuses a space that the model does not have.

    Raises:
        UserError: If so.
    """
    if space not in spaces_of(model):
        raise UserError(f"space: {type(model).__name__} has no space {space}; take {' or '.join(spaces_of(model))}")


@torch.no_grad()
def styles_of(model: AdversarialModule, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:
    """The styles [N, L, W] of latents, on the CPU, for a model that has the space w.

    Args:
        model: The variant; its device computes.
        latents: From the prior, [N, Z].
        labels: Of a conditional model: int64 [N], or shares of classes [N, K].
        ema: The averaged mapping where there is one, or the one that is trained.
    """
    assert isinstance(model, LatentModule)
    given = [part.split(AT_ONCE) for part in (latents, labels) if part is not None]
    parts = []
    for some, *classes in zip(*given, strict=True):
        parts.append(model.styles(some.to(model.device), ema, *(one.to(model.device) for one in classes)).cpu())
    return torch.cat(parts)


def style_shape(model: AdversarialModule) -> tuple[int, int]:
    """How many layers have a style, L, and how many numbers each has, W, for a model that has the space w."""
    labels = torch.zeros(1, dtype=torch.int64) if "labels" in model.takes else None
    layers, width = styles_of(model, torch.zeros(1, model.latent_dim), labels).shape[1:]
    return layers, width
