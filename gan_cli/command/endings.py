"""Why a call has trained nothing: every limit that may be reached before its first batch."""

from typing import Any

from lightning.pytorch import Trainer

from gan_cli.callbacks.call_timer import CallTimer
from gan_cli.callbacks.run_checkpoint import is_dry_run
from gan_cli.callbacks.run_length import RunLength
from gan_cli.variants.base import Counters
from gan_cli.variants.schedules import Length


def ended(max_steps: int, max_epochs: int | None, step: int, epochs: int) -> str:
    """What has ended a run, if one of its limits is reached.

    Args:
        max_steps: `--trainer.max_steps`, negative for no limit.
        max_epochs: `--trainer.max_epochs`, None or negative for no limit.
        step: Batches so far.
        epochs: Epochs so far.
    """
    if 0 <= max_steps <= step:
        return f"the run ended at --trainer.max_steps {max_steps}"
    if max_epochs is not None and 0 <= max_epochs <= epochs:
        return f"the run ended at --trainer.max_epochs {max_epochs}"
    return ""


def length_reached(length: Length | None, record: dict[str, Any]) -> str:
    """The length that a run has had: the one that is asked for, or until its learning rates were 0.

    Args:
        length: `--length`.
        record: A checkpoint's.
    """
    counters, in_a_pass = Counters(**record["counters"]), record.get("things_in_a_pass") or 2**62
    rates_end = record.get("rates_end")
    asked = [length, Length(*rates_end) if rates_end else None]
    return next((str(each) for each in asked if each and not each.batches_left(counters, in_a_pass, 1, 1)), "")


def why_nothing(trainer: Trainer, max_epochs: int | None, epochs: int) -> str:
    """Why a trainer that is done has trained on no batch.

    Args:
        trainer: The trainer.
        max_epochs: `--trainer.max_epochs` as it was typed.
        epochs: Epochs before the call.
    """
    callbacks: list[Any] = trainer.callbacks  # type: ignore[attr-defined]
    timer = next((callback for callback in callbacks if isinstance(callback, CallTimer)), None)
    length = next((callback.reached for callback in callbacks if isinstance(callback, RunLength)), "")
    if trainer.limit_train_batches == 0:
        return "--trainer.limit_train_batches is 0"
    if length:
        return f"the run has had its length, {length}"
    if trainer.max_steps == 0 or max_epochs == 0:
        return f"--trainer.{'max_steps' if trainer.max_steps == 0 else 'max_epochs'} is 0"
    if reached := ended(trainer.max_steps, max_epochs, trainer.global_step, epochs):
        return reached
    if timer is not None and timer.is_over:
        return f"--trainer.max_time {timer.said} was over before the first batch"
    if trainer.num_training_batches == 0:
        return "the data set has no batch to train on"
    if trainer.should_stop:
        return "a callback stopped the run before its first batch"
    return "every batch was skipped by a callback or by the model"


def epochs_of(content: dict[str, Any]) -> int:
    """How many epochs a checkpoint's run has had; saved after an epoch's last batch, it has had that one too."""
    loops = content["loops"]["fit_loop"]
    whole = loops["epoch_loop.batch_progress"]["is_last_batch"]
    return int(loops["epoch_progress"]["current"]["ready" if whole else "processed"])


def make_room(trainer: Trainer, step: int, epochs: int) -> None:
    """Lets a trainer take up a run that is beyond its limits, which Lightning takes for a mistake.

    A dry run of some batches counts them from where the run is.

    Args:
        trainer: The trainer.
        step: Batches so far.
        epochs: Epochs so far.
    """
    limits = trainer.fit_loop
    if is_dry_run(trainer):
        limits.max_epochs, limits.epoch_loop.max_steps = -1, limits.epoch_loop.max_steps + step
    elif limits.max_epochs is not None and limits.max_epochs >= 0:
        limits.max_epochs = max(limits.max_epochs, epochs)
