"""What things are put together of, in their place or below them, as a video's background and foreground."""

from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.inference.rendering import MadeAt, made_at
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

ALL = "all"
"""Each thing with all of its parts below it."""


def part_at(model: AdversarialModule, part: str | None) -> MadeAt:
    """What makes a part of things in their place, or all parts below them; without one the things themselves.

    Args:
        model: The variant.
        part: One of its `PARTS`, or "all"; None is the whole.

    Raises:
        UserError: If it makes things in one piece, or of other parts.
    """
    if part is None:
        return made_at
    parts = model.PARTS if isinstance(model, LatentModule) else ()
    if not parts:
        raise UserError(f"part: {type(model).__name__} makes {model.medium.name} in one piece; leave it out")
    if part not in (*parts, ALL):
        told = f"{', '.join(parts)} or {ALL}"
        raise UserError(f"part: {part} is none of a {type(model).__name__}'s; take {told}{nearest(part, parts)}")

    def make(model: AdversarialModule, latents: Tensor, conditions: dict[str, Any], positions: Tensor) -> Tensor:
        assert isinstance(model, LatentModule)
        chosen: dict[str, Any] = {
            k: v[positions].to(model.device) if isinstance(v, Tensor) else v for k, v in conditions.items()
        }
        found = model.parts(latents[positions].to(model.device), **chosen)
        if part != ALL:
            return model.medium.kept(found[part]).cpu()
        each = [model.medium.kept(found[name]).cpu() for name in parts]
        return torch.cat([made_at(model, latents, conditions, positions), *each], dim=-2)

    return make
