"""How many modes of a point set the generator covers, at each validation."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.data import PointDataModule
from gan_cli.inference.rendering import conditions_for, images_at, latents_of
from gan_cli.metrics.modes import count_modes
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule

SAMPLES = 2500
"""The protocol's number of samples, see `gan_cli.metrics.modes`."""


class PointModes(Callback):
    """Logs `metric/modes`, `metric/high_quality` and `metric/kl_modes` of 2,500 fixed latents, for sets with modes."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    @torch.no_grad()
    def _log(self, trainer: Trainer, model: Any) -> None:
        data: Any = getattr(trainer, "datamodule", None)
        if not (isinstance(data, PointDataModule) and data.modes and isinstance(model, AdversarialModule)):
            return
        latents = latents_of(model, range(SAMPLES))
        with evaluating(model.picture_maker()):
            made = images_at(model, latents, conditions_for(model, SAMPLES, None, None), torch.arange(SAMPLES))
        scores = count_modes(made, data.modes.centres, data.modes.deviation)
        measures = {"modes": float(scores.modes), "high_quality": scores.high_quality, "kl_modes": scores.kl}
        model.log_dict({f"metric/{name}": value for name, value in measures.items()}, rank_zero_only=True)
