"""A data set's own measures of made things, at each validation, such as how many modes of points are covered."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.data import GANDataModule
from gan_cli.inference.examples import examples_of
from gan_cli.variants.latent import LatentModule


class SetMeasures(Callback):
    """Logs `metric/<name>` for everything that the data set measures of things made from fixed latents."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    def on_test_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._log(trainer, pl_module)

    def _log(self, trainer: Trainer, model: Any) -> None:
        data: Any = getattr(trainer, "datamodule", None)
        if not (isinstance(data, GANDataModule) and data.MEASURED and isinstance(model, LatentModule)):
            return
        measures = data.measures(examples_of(model, data, data.MEASURED).made)
        model.log_dict({f"metric/{name}": value for name, value in measures.items()}, rank_zero_only=True)
