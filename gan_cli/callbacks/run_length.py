"""How many batches a run has, where its length is counted in something else."""

from typing import Any, cast

from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.schedules import Length, things_in_a_pass


class RunLength(Callback):
    """Ends a run after its length, or where its learning rates have fallen to 0: sets the trainer's `max_steps`.

    Batches are counted from where the run is, so that one which goes on with larger batches or in more processes is as
    long as it would have been.

    Args:
        length: Of the whole run; None leaves it to the learning rates and to the trainer's own limits.

    Attributes:
        reached: What has ended the run, in words; empty before.
    """

    def __init__(self, length: Length | None = None) -> None:
        self.reached = ""
        self._length = length
        self._limit = -1

    def on_fit_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._limit = trainer.max_steps
        if is_dry_run(trainer):
            return
        for said, last in self._plan(trainer, pl_module).items():
            if trainer.is_global_zero and (self._limit < 0 or last <= self._limit):
                beyond = f"; --trainer.max_steps {self._limit} is beyond that" if last < self._limit else ""
                print(f"length: {last} batches, {said}{beyond}", flush=True)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if not is_dry_run(trainer):  # how many batches a step of the generator takes may change on the way
            self._plan(trainer, pl_module)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.reached and trainer.is_global_zero:
            print(f"the run ends after step {trainer.global_step}: {self.reached}", flush=True)

    def _plan(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, int]:
        """The batch after which the run ends, by what is said of it; nothing if that is left to the trainer."""
        model = cast(AdversarialModule, pl_module)
        data: Any = trainer.datamodule  # type: ignore[attr-defined]
        lengths = {
            str(self._length): self._length,
            f"{model.rates_end}, after which every learning rate is 0": model.rates_end,
        }
        counts = things_in_a_pass(trainer), data.batch_size * trainer.world_size, model.batches_a_step()
        ends = {
            said: model.counters.batches + length.batches_left(model.counters, *counts, model.portions)
            for said, length in lengths.items()
            if length is not None
        }
        if not ends:
            return {}
        said = min(ends, key=lambda name: ends[name])
        trainer.fit_loop.epoch_loop.max_steps = min(ends[said], self._limit if self._limit >= 0 else ends[said])
        self.reached = said if ends[said] <= model.counters.batches else ""
        return {said: ends[said]}
