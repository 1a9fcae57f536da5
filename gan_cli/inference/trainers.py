"""Lightning's trainer, with its error messages made short."""

import traceback
from collections.abc import Callable, Mapping
from typing import Any

from lightning.fabric.plugins.environments import ClusterEnvironment
from lightning.pytorch import Trainer
from lightning.pytorch.trainer.connectors.signal_connector import _SignalConnector
from lightning.pytorch.utilities.exceptions import MisconfigurationException

from gan_cli.devices import trainer_flags
from gan_cli.devices.launchers import environment, placed
from gan_cli.devices.strategy import PlayersDDP
from gan_cli.errors import RunFailed, UserError


def verb_trainer(options: dict[str, Any]) -> Trainer:
    """A trainer that runs a verb and leaves nothing behind.

    Args:
        options: Lightning's accelerator, devices, num_nodes, strategy, precision; None where nothing was typed.

    Raises:
        UserError: If one of them is not possible on this machine.
    """
    trainer_flags.check({name: value for name, value in options.items() if value is not None})
    return trainer_or_error(
        lambda: Trainer(
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            use_distributed_sampler=False,
            **{**options, **on_devices(options)},
        )
    )


def on_devices(options: Mapping[str, Any]) -> dict[str, Any]:
    """The trainer's arguments on where to compute, for training and for verbs: in the processes that were started.

    Args:
        options: Lightning's devices and num_nodes, None or missing where they were not typed; strategy, plugins.

    Raises:
        UserError: If what was typed is not what was started.
    """
    devices, num_nodes = placed(options.get("devices"), options.get("num_nodes"))
    given = options.get("plugins") or []
    plugins = list(given) if isinstance(given, list) else [given]
    if not any(isinstance(plugin, ClusterEnvironment) for plugin in plugins):
        plugins.append(environment())
    found = {"devices": devices, "num_nodes": num_nodes, "plugins": plugins}
    strategy, several = options.get("strategy", "auto"), str(devices) != "1" or num_nodes != 1
    if strategy == "ddp" or (strategy == "auto" and several):
        # While one player descends the others are frozen, which plain ddp takes for an error.
        found["strategy"] = PlayersDDP()
    return found


def trainer_or_error(make: Callable[[], Trainer]) -> Trainer:
    """The trainer that `make` gives, which leaves signals to us.

    Raises:
        UserError: If Lightning refuses a device, a strategy or another of its options.
    """
    try:
        trainer = make()
    except UserError:
        raise
    except (MisconfigurationException, ValueError, TypeError) as error:
        raise refused(error) from error
    trainer._signal_connector = _NoSignals(trainer)
    return trainer


class _NoSignals(_SignalConnector):
    """Answers no signal: Lightning's answer to SIGTERM is to go on, and of several processes to wait for each other."""

    def register_signal_handlers(self) -> None:
        """Leaves them as they are."""


def refused(error: Exception) -> UserError:
    """What Lightning says of a flag that it refuses, as one line."""
    return UserError(f"trainer: {' '.join(str(error).split())[:300]}")


def is_refusal(error: Exception) -> bool:
    """Whether Lightning itself has raised an error, as it does of flags that do not go with the data or the loop."""
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    return not isinstance(error, UserError | RunFailed) and frame.f_globals.get("__name__", "").startswith("lightning.")
