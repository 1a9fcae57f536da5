"""How long a run is, in the units that papers count in, and learning rates that fall to 0 by them."""

from math import ceil
from operator import length_hint
from typing import TYPE_CHECKING, Literal, NamedTuple

from lightning.pytorch import Trainer
from lightning.pytorch.core.optimizer import LightningOptimizer

from gan_cli.errors import UserError
from gan_cli.portions import Portions
from gan_cli.variants.checks import check

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule, Counters

Unit = Literal["passes", "kimg", "generator_steps"]
"""What the length of a run is counted in: passes over the training set, thousands of real things shown, or steps of the
generator. The first two count what all processes are shown together, so they mean the same for every batch size."""

FALLS = ("lr_decay_start", "lr_decay_end", "constant_epochs", "decay_epochs")
"""The arguments that say when learning rates fall; a variant with another schedule refuses them."""


class Length(NamedTuple):
    """How long a run is.

    Attributes:
        number: Above 0.
        unit: What is counted.
    """

    number: float
    unit: Unit

    def __str__(self) -> str:
        return f"{self.number:.12g} {self.unit.replace('_', ' ')}"

    def batches_left(
        self, counters: "Counters", in_a_pass: int, at_once: int, in_a_step: float, portions: Portions | None = None
    ) -> int:
        """How many batches a run still needs; 0 if it has had them.

        Args:
            counters: How far it has got.
            in_a_pass: Things in the training set.
            at_once: Things in a batch of all processes.
            in_a_step: Batches that a step of the generator takes, from now on.
            portions: What batches are multiplied by.
        """
        if self.unit == "generator_steps":
            steps = round(self.number) - counters.generator_steps
            return max(0, ceil(steps * in_a_step) - counters.critic_steps) if steps > 0 else 0
        things = round(self.number * (in_a_pass if self.unit == "passes" else 1000)) - counters.images
        return (portions or Portions()).batches(counters.images, things, at_once)


class Fall(NamedTuple):
    """When learning rates that were constant fall to 0: by steps of the generator or by passes, or never.

    Attributes:
        first_step: Generator step at which they begin to fall.
        last_step: Generator step at which they are 0.
        constant_epochs: Passes over the training set after which they begin to fall.
        decay_epochs: Passes in which they fall to 0, step by step at each one's end.
    """

    first_step: int
    last_step: int
    constant_epochs: int
    decay_epochs: int

    @property
    def end(self) -> Length | None:
        """Where they are 0."""
        if self.decay_epochs:
            return Length(self.constant_epochs + self.decay_epochs, "passes")
        return Length(self.last_step, "generator_steps") if self.last_step else None

    @classmethod
    def checked(cls, *numbers: int) -> "Fall":
        """The same, if the numbers go together.

        Raises:
            UserError: If rates begin to fall and are never 0, or fall by steps and by passes.
        """
        fall = cls(*numbers)
        by_steps, by_passes = fall.first_step or fall.last_step, fall.constant_epochs or fall.decay_epochs
        check("lr_decay_end", fall.last_step, not by_steps or fall.first_step < fall.last_step, "above lr_decay_start")
        check("decay_epochs", fall.decay_epochs, not by_passes or fall.decay_epochs > 0, "above 0 for constant_epochs")
        wanted = "of 0: the learning rates fall by steps of the generator or by passes"
        check("lr_decay_end", fall.last_step, not (by_steps and by_passes), wanted)
        return fall

    def factor(self, counters: "Counters", in_a_pass: int) -> float:
        """What they are multiplied by before the next batch, in [0, 1].

        Args:
            counters: How far the run has got.
            in_a_pass: Things in the training set; not needed where the rates fall by steps.
        """
        if self.decay_epochs:
            begun = counters.images // in_a_pass + 1
            left = 1 - (begun - self.constant_epochs) / (self.decay_epochs + 1)
        else:
            left = (self.last_step - counters.generator_steps) / (self.last_step - self.first_step)
        return min(1.0, max(0.0, left))


def things_in_a_pass(trainer: Trainer) -> int:
    """How many things are in the set that a trainer trains on; 0 if that is not known."""
    part = getattr(getattr(trainer, "datamodule", None), "train_set", None)
    return length_hint(part if part is not None else getattr(trainer.train_dataloader, "dataset", None))


def let_fall(model: "AdversarialModule", optimizers: dict[str, LightningOptimizer]) -> None:
    """Sets every learning rate for the next batch, by the model's `fall`; leaves them if they are constant.

    A group of weights that has a rate of its own names it, as `rate`, among the model's `learning_rates`.

    Raises:
        UserError: If they fall by passes over data without a length.
    """
    if model.fall.end is None:
        return
    in_a_pass = things_in_a_pass(model.trainer)
    if model.fall.decay_epochs and not in_a_pass:
        raise UserError("model.decay_epochs: this data has no length, so that nobody knows where a pass ends")
    factor = model.fall.factor(model.counters, in_a_pass)
    for player, optimizer in optimizers.items():
        for group in optimizer.param_groups:
            group["lr"] = model.learning_rates[group.get("rate", player)] * factor


def over(trainer: Trainer, optimizers: dict[str, LightningOptimizer]) -> bool:
    """Whether every learning rate is 0, so that nothing more would be learned; the run then ends, and says so."""
    if any(group["lr"] for optimizer in optimizers.values() for group in optimizer.param_groups):
        return False
    trainer.fit_loop.epoch_loop.max_steps = trainer.global_step  # should_stop would wait for min_steps
    if trainer.is_global_zero:
        print(f"the run ends after step {trainer.global_step}: every learning rate has fallen to 0", flush=True)
    return True
