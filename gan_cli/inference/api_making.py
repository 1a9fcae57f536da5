"""What the parts of the Python side share: latents from whatever was handed over, and things from latents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.inference.given import given_of
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.rendering import made_at
from gan_cli.inference.sources import known, seeded, stored
from gan_cli.ranges import Seed
from gan_cli.variants.base import AdversarialModule

Source = Sequence[Seed] | str | Path | Latents
"""What latents come from: seeds, a file of latents, or latents themselves."""


class Makes:
    """What makes things from latents.

    Attributes:
        model: The LightningModule, in eval mode.
        data: What the checkpoint says about its data.
    """

    model: AdversarialModule
    data: dict[str, Any]

    def _given(self, given: Mapping[str, Tensor] | None, count: int) -> dict[str, Tensor]:
        """The model's inputs beside latents, as it sees them: those handed over, or held-out examples."""
        if given is None:
            return given_of(self.model, None, count).shown
        return {name: self.model.media[name].shown(rows) for name, rows in given.items()}

    def _source(self, option: str, source: Tensor | Source) -> Latents:
        """What latents come from, held to the model."""
        if isinstance(source, str | Path):
            return stored(self.model, source)
        if isinstance(source, Tensor):
            return known(self.model, Latents("z" if source.ndim < 3 else "w+", source.float().cpu()))
        if isinstance(source, Latents):
            return known(self.model, source)
        ranges.check_one(option, Sequence[Seed], source)
        return seeded(self.model, source)

    @torch.inference_mode()
    def _images(self, latents: Tensor, conditions: dict[str, Any], batch_size: int) -> Tensor:
        batches = torch.arange(len(latents)).split(batch_size)
        return torch.cat([made_at(self.model, latents, conditions, positions) for positions in batches])
