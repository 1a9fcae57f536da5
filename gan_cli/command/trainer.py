"""The trainer of a run: its defaults, and the parts of every run."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jsonargparse import Namespace
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.profilers import AdvancedProfiler, PyTorchProfiler, SimpleProfiler

from gan_cli import plugins
from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.callbacks.loggers import InARun, RunLogger
from gan_cli.devices import precision, trainer_flags
from gan_cli.errors import UserError
from gan_cli.inference.trainers import on_devices

DEFAULTS = {
    "default_root_dir": "checkpoints",
    "log_every_n_steps": 50,
    "val_check_interval": 500,  # batches: check_val_every_n_epoch is off, an epoch of a small set is over in no time
    "check_val_every_n_epoch": None,
    "limit_val_batches": 8,
    "num_sanity_val_steps": 0,
    "enable_model_summary": False,
    "use_distributed_sampler": False,
    "devices": 1,
}

PROFILERS = {"simple": SimpleProfiler, "advanced": AdvancedProfiler, "pytorch": PyTorchProfiler}
"""By their names; what they find would only be logged, at a level that is not shown."""

HOOKS_OF_A_STEP = (
    *("on_train_batch_start", "on_train_batch_end", "on_before_zero_grad"),
    *("on_before_backward", "on_after_backward", "on_before_optimizer_step"),
)
"""The hooks of the model and of every callback that Lightning calls at each step, some of them once for each player."""


def check(options: Mapping[str, Any]) -> None:
    """Refuses options that a run cannot have.

    Raises:
        UserError: If one of the options is not possible here.
    """
    trainer_flags.check(options)
    if options.get("sync_batchnorm") and not precision.on_gpus(options["accelerator"]):
        raise UserError("trainer.sync_batchnorm: true is possible on GPUs alone; leave it out")


def options_of_run(options: Mapping[str, Any], typed: set[str]) -> dict[str, Any]:
    """Arguments beside or instead of the trainer's options: our logger first, atomic checkpoints.

    Args:
        options: Those of Lightning's trainer.
        typed: Which of them the user has typed.
    """
    extra = _listed(options.get("logger"))
    untyped = dict.fromkeys({"devices", "num_nodes"} - typed)
    found = on_devices({**options, **untyped})
    found["logger"] = [RunLogger(), *extra]
    found["plugins"].append(AtomicCheckpointIO())
    if options.get("profiler") in PROFILERS:
        found["profiler"] = PROFILERS[options["profiler"]](filename="profile")  # in the run's folder
    if options.get("check_val_every_n_epoch") and "val_check_interval" not in typed:
        found["val_check_interval"] = 1.0  # at the end of those epochs, not every so many batches of one
    if "strategy" in found:
        found["sync_batchnorm"] = options["sync_batchnorm"] or precision.on_gpus(options["accelerator"])
    return found


def loggers_of_ours(options: Namespace) -> list[Namespace]:
    """Takes the loggers of this package out of the trainer's options, where they are described, and returns them."""
    asked = _listed(options.get("logger"))
    ours = [one for one in asked if isinstance(one, Namespace) and plugins.is_ours(one.class_path)]
    if ours:
        options.logger = [one for one in asked if one not in ours] or None
    return ours


def with_loggers(others: Any, ours: list[Any]) -> Any:
    """The trainer's option for its loggers: ours, and what was typed beside them."""
    return [*ours, *_listed(others)] if ours else others


def _listed(loggers: Any) -> list[Any]:
    """None or several; true stands for Lightning's choice, and ours is made in any case."""
    if isinstance(loggers, list):
        return loggers
    return [] if loggers in (None, True) else [loggers]


def put_in(trainer: Trainer, folder: Path) -> None:
    """Tells the loggers of a trainer where the run is kept."""
    for logger in trainer.loggers:
        if isinstance(logger, InARun):
            logger.put_in(folder)


def pass_over_idle_hooks(*owners: Callback | LightningModule) -> None:
    """Takes away the hooks of a step at which nothing is done: to call a hundred such costs 0.15 ms a step.

    Lightning passes over a hook that cannot be called.

    Args:
        owners: The model and the callbacks.
    """
    for owner in owners:
        kind = LightningModule if isinstance(owner, LightningModule) else Callback
        for hook in HOOKS_OF_A_STEP:
            if getattr(getattr(owner, hook), "__func__", None) is getattr(kind, hook):
                setattr(owner, hook, None)
