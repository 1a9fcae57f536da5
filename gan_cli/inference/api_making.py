"""What the parts of the Python side share: latents from whatever was handed over, and things from latents."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.errors import UserError
from gan_cli.inference.continuing import check_goes_on, given_of_sequences, sequence_latents
from gan_cli.inference.given import given_of, read_rows
from gan_cli.inference.latent_files import Latents
from gan_cli.inference.rendering import MadeAt, made_at
from gan_cli.inference.sources import known, seeded, stored
from gan_cli.ranges import Seed
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule

GivenThings = Mapping[str, Tensor | str | Path | Sequence[str | Path]]
"""What a model makes things from, by name: as it is kept, or a file's name, or a text that says it, or several."""
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

    def _given(self, given: GivenThings | None, count: int) -> dict[str, Tensor]:
        """The model's inputs beside latents, as it sees them: those handed over, or held-out examples."""
        if given is None:
            return given_of(self.model, None, count).shown
        return self._shown(given)

    def _shown(self, given: GivenThings) -> dict[str, Tensor]:
        """What was handed over, as the model sees it, with the beginning of sequences where nothing is before."""
        model, shown = self.model, {}
        for name, rows in given.items():
            if name not in model.media:
                raise UserError(f"given: {name} is nothing that {type(model).__name__} takes")
            if isinstance(rows, Tensor):
                shown[name] = model.media[name].shown(rows)
            else:
                words = [rows] if isinstance(rows, str | Path) else rows
                shown[name] = torch.stack([row for word in words for row in read_rows(model, name, str(word))])
        if isinstance(model, LatentModule) and model.GOES_ON_FROM and model.GOES_ON_FROM not in shown:
            shown[model.GOES_ON_FROM] = model.beginning()
        return shown

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

    def _sequences(
        self, seeds: Sequence[int], bars: int, given: GivenThings | None, threshold: float | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The latents of sequences, [M, K, Z], and what these are made from."""
        model = check_goes_on(self.model)
        latents = sequence_latents(seeds, bars, model.latent_dim, model.latent_distribution, threshold)
        typed = None if given is None else self._shown(given)
        return latents, given_of_sequences(model, typed, len(seeds), bars).shown

    @torch.inference_mode()
    def _images(self, latents: Tensor, conditions: dict[str, Any], batch_size: int, make: MadeAt = made_at) -> Tensor:
        batches = torch.arange(len(latents)).split(batch_size)
        return torch.cat([make(self.model, latents, conditions, positions) for positions in batches])
