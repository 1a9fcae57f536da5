"""Warns when a run looks as if it will fail; it never changes what is trained."""

from typing import Any

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli import ranges
from gan_cli.data import GANDataModule
from gan_cli.inference.examples import examples_of
from gan_cli.ranges import Steps
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.log import is_due

NOTHING_TO_LEARN = 1e-3
"""A discriminator whose loss is this near to 0 gives the generator next to no gradient."""
IN_A_ROW = 5
"""The loss must be that small at this many logs in a row."""
ALIKE = 0.1
"""Generated things are called alike if their spread is below this share of the real ones' spread."""
SHOWN = 64
"""The spread is measured over this many things."""


class Watchdog(Callback):
    """Warns once of a discriminator that has won, and once of made things that are all alike; logs `samples/spread`.

    The spread is the deviation of a pixel over different images, as a share of that over held-out real images.

    Args:
        every_n_steps: Batches between two looks at the images; 0 takes none.
    """

    def __init__(self, every_n_steps: Steps = 500) -> None:
        ranges.check("watchdog", type(self), locals())
        self.every_n_steps = every_n_steps
        self._near_zero = 0
        self._real_spread = 0.0
        self._said: set[str] = set()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, AdversarialModule)
        if not trainer.is_global_zero:
            return
        batches = pl_module.counters.batches
        if is_due(trainer, batches):
            self._look_at_loss(trainer, batches)
        if self.every_n_steps and batches % self.every_n_steps == 0 and isinstance(pl_module, LatentModule):
            self._look_at_things(trainer, pl_module)

    def _look_at_loss(self, trainer: Trainer, batches: int) -> None:
        terms = [value for name, value in trainer.callback_metrics.items() if name.startswith("loss/discriminator/")]
        near_zero = bool(terms) and abs(float(torch.stack(terms).sum())) < NOTHING_TO_LEARN
        self._near_zero = self._near_zero + 1 if near_zero else 0
        if self._near_zero == IN_A_ROW:
            self._say_once(
                "loss",
                f"the discriminator's loss is about 0 up to step {batches}: it tells all images apart, and the "
                "generator learns next to nothing\nTry a lower --model.discriminator_lr, or --model.augment",
            )

    def _look_at_things(self, trainer: Trainer, model: LatentModule) -> None:
        data = getattr(trainer, "datamodule", None)
        if not model.counters.generator_steps:  # another player is trained before it
            return
        if not isinstance(data, GANDataModule) or data.held_out_set is None:
            return
        if not (real := self._real(data, model)) > 0:  # all alike; of a single one it is no number
            return
        share = _spread(examples_of(model, data, SHOWN).made.float()) / real
        for logger in trainer.loggers:
            logger.log_metrics({"samples/spread": share}, step=model.counters.batches)
        if share < ALIKE:
            things = model.medium.name
            self._say_once(
                "things",
                f"the generated {things} are all alike at step {model.counters.batches}: their spread is {share:.2f} "
                f"of the real {things}'\nTry another --seed_everything, lower learning rates, or R3GAN",
            )

    def _real(self, data: GANDataModule, model: LatentModule) -> float:
        """The spread of real things as they are kept, which made ones are compared with."""
        if not self._real_spread:
            real = getattr(data.examples(SHOWN), model.makes)
            self._real_spread = _spread(model.medium.kept(real).float())
        return self._real_spread

    def _say_once(self, subject: str, text: str) -> None:
        if subject not in self._said:
            self._said.add(subject)
            print(f"warning: {text}", flush=True)


def _spread(images: torch.Tensor) -> float:
    return float(images.std(dim=0).mean())
