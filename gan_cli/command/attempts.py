"""A run that tries again: back at its last checkpoint after it diverged, or with smaller parts after memory ran out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from lightning.pytorch.utilities.exceptions import MisconfigurationException

from gan_cli import runs
from gan_cli.command.running import say
from gan_cli.command.trainer import put_in
from gan_cli.devices import memory
from gan_cli.errors import Diverged, RunFailed, first_line
from gan_cli.inference import checkpoints
from gan_cli.inference.trainers import is_refusal, refused
from gan_cli.variants.base import RECORD

if TYPE_CHECKING:
    from gan_cli.command.cli import GANCLI

ATTEMPTS = 3
"""A run goes back to its last checkpoint at most this many times."""


def train(cli: GANCLI, fit: Callable[[], None]) -> None:
    """Trains, again and again where `--rollback` or `--auto_accumulate` has an answer to what went wrong.

    Args:
        cli: The command, whose model, data and trainer are made anew for each attempt.
        fit: Trains them.

    Raises:
        RunFailed: If nothing has helped, or the run was stopped.
        UserError: If Lightning finds that a flag of the trainer does not go with the data or the loop.
    """
    while True:
        try:
            return fit()
        except Diverged as error:
            _go_back(cli, error)
        except (MisconfigurationException, RuntimeError, ValueError, ImportError, MemoryError) as error:
            if is_refusal(error):
                raise refused(error) from error
            if not memory.is_out_of_memory(error):
                raise
            _accumulate_more(cli, error)


def _go_back(cli: GANCLI, error: Diverged) -> None:
    """Goes back to the last checkpoint as another attempt, at most three times."""
    last = cli.run_folder / runs.LAST
    if not cli.config.fit.rollback or not last.is_file():
        raise error
    attempt = cli.model.attempt + 1
    if attempt > ATTEMPTS:
        raise RunFailed(f"going back has not helped {ATTEMPTS} times: {error}") from error
    say(f"{first_line(error)}\ngoing back to {last} with halved learning rates, attempt {attempt}")
    _begin_anew(cli)
    cli.model.further_attempts = attempt - checkpoints.read(last)[RECORD]["attempt"]


def _accumulate_more(cli: GANCLI, error: Exception) -> None:
    """Goes on with batches cut into twice as many parts, down to one thing each."""
    parts, batch_size = 2 * cli.model.accumulate, cli.datamodule.batch_size
    said = f"out of memory after step {cli.model.counters.batches}, with {memory.memory_in_use()}"
    if not cli.config.fit.auto_accumulate or parts > batch_size or cli.trainer.world_size > 1:
        ways = [f"Lower --data.batch_size {batch_size}"]
        if parts <= batch_size:
            ways.append(f"or type --model.accumulate {parts}, which cuts each batch into parts")
        raise RunFailed(f"{said}\n{', '.join(ways)}") from error
    say(f"{said}\ngoing on with --model.accumulate {parts}")
    error.__traceback__ = None  # its frames hold the tensors that filled the memory
    cli.config.fit.model.init_args.accumulate = parts
    _begin_anew(cli)


def _begin_anew(cli: GANCLI) -> None:
    """Makes model, data and trainer anew in the run's folder, to go on with its last checkpoint if there is one."""
    folder = cli.run_folder
    last = folder / runs.LAST
    cli.resumed = last if last.is_file() else None
    cli.config.fit.ckpt_path = cli.resumed and str(cli.resumed)
    del cli.trainer, cli.model, cli.datamodule
    memory.free_memory()
    cli._set_seed()
    cli.instantiate_classes()
    put_in(cli.trainer, folder)
