"""A data set's own measures of made things, at each validation, such as how many modes of points are covered."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.data import GANDataModule
from gan_cli.inference.given import held_out_given
from gan_cli.inference.rendering import conditions_for, latents_of, made_at
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule


class SetMeasures(Callback):
    """Logs `metric/<name>` for everything that the data set measures of things made from fixed latents."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    @torch.no_grad()
    def _log(self, trainer: Trainer, model: Any) -> None:
        data: Any = getattr(trainer, "datamodule", None)
        if not (isinstance(data, GANDataModule) and data.MEASURED and isinstance(model, LatentModule)):
            return
        measures = data.measures(self._made(data, model))
        model.log_dict({f"metric/{name}": value for name, value in measures.items()}, rank_zero_only=True)

    def _made(self, data: GANDataModule, model: AdversarialModule) -> torch.Tensor:
        count = data.MEASURED
        conditions = conditions_for(model, count, given=held_out_given(model, data, count).shown)
        with evaluating(model.picture_maker()):
            return made_at(model, latents_of(model, range(count)), conditions, torch.arange(count))
