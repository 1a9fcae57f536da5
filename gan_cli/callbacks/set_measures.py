"""A data set's own measures of made things, at each validation, such as how many modes of points are covered."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.data import AdaptationDataModule, GANDataModule
from gan_cli.evaluation.adaptation import Adapting, target_accuracy
from gan_cli.evaluation.comparing import measures_of, own_table
from gan_cli.evaluation.processes import by_first


class SetMeasures(Callback):
    """Logs `metric/<name>` for everything that the data set measures in no time of things made from fixed seeds."""

    def on_validation_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        data, model = getattr(trainer, "datamodule", None), pl_module
        made: Any = model
        if isinstance(data, AdaptationDataModule) and isinstance(model, Adapting):
            # a trace to look at: nothing is chosen by it, since the target's labels are not told
            told = by_first(lambda: target_accuracy(made, data, "val"))
            model.log("metric/target_accuracy", told, rank_zero_only=True)
        if not isinstance(data, GANDataModule) or not (own := measures_of(made, data)) or not own.watched:
            return
        if (table := own_table(made, data, seed=0, split="val")) is not None:
            model.log_dict({f"metric/{name}": value for name, value in table.values().items()}, rank_zero_only=True)
