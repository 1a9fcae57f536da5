"""Saves a run at intervals, at its end, and when it is asked to stop, so that nothing is lost."""

import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning.pytorch import LightningModule, Trainer
from lightning.pytorch.callbacks import Checkpoint

from gan_cli import outputs, ranges, runs, stopping
from gan_cli.errors import RunFailed
from gan_cli.files import move_over
from gan_cli.ranges import Few, Interval
from gan_cli.variants.base import AdversarialModule


def is_dry_run(trainer: Trainer) -> bool:
    """Whether the trainer only tries one batch (`fast_dev_run`) and should write nothing."""
    return bool(getattr(trainer, "fast_dev_run", False))


class Interrupted(RunFailed):
    """The run was asked to stop, finished its batch and was saved; only the first process says so."""

    def __init__(self, signal_number: int, checkpoint: Path, says: bool = True) -> None:
        why = " (nobody reads its output any more)" if signal_number == stopping.PIPE else ""
        text = f"stopped by {stopping.name_of(signal_number)}{why}; the run is saved in {checkpoint}"
        super().__init__(text if says else "")
        self.exit_code = 128 + signal_number


class RunCheckpoint(Checkpoint):
    """Keeps `last.ckpt` and the newest step checkpoints of a run, `step-<batches>.ckpt`.

    Of a variant whose training has phases the weights at the end of each stay, as `<phase>.ckpt`.

    Lightning's ModelCheckpoint is not used: with manual optimisation it warns at every run, its `last.ckpt` is missing
    for a moment while a link is renewed, and it cannot keep the newest k without a metric.

    Args:
        every_n_steps: Batches between two checkpoints.
        keep: How many step checkpoints are kept beside `last.ckpt`.
    """

    def __init__(self, every_n_steps: Interval = 500, keep: Few = 2) -> None:
        ranges.check("checkpoint", type(self), locals())
        self.every_n_steps = every_n_steps
        self.keep = keep
        self._signal: int | None = None
        self._handlers: dict[int, Any] = {}
        self._folder = Path()
        self._saved_step = 0
        self._last_step = -1

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self._folder = Path(trainer.log_dir or trainer.default_root_dir)  # asks all processes, so not in between

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._saved_step = trainer.global_step
        self._last_step = int(min(trainer.estimated_stepping_batches, 2**62))
        if trainer.is_global_zero:
            for half in self._folder.glob(".*.ckpt.*.tmp"):  # a run was killed while it wrote
                half.unlink()
        self._handlers = stopping.listen(self._note)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        step = trainer.global_step
        asked = self._asked_to_stop(trainer)
        # Once it has stopped, Lightning takes the epoch for a whole one: a run that goes on would lack its rest.
        ending = step == self._last_step or (trainer.should_stop and trainer.fit_loop._can_stop_early)
        if asked or ending or step % self.every_n_steps == 0:
            self._save(trainer, pl_module)
        if (milestone := getattr(pl_module, "milestone", "")) and not is_dry_run(trainer):
            trainer.save_checkpoint(self._folder / f"{milestone}.ckpt")
        if asked:
            raise Interrupted(asked, self._folder / runs.LAST, says=trainer.is_global_zero)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self._saved_step != trainer.global_step:
            self._save(trainer, pl_module)
        stopping.restore(self._handlers)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        stopping.restore(self._handlers)

    def _asked_to_stop(self, trainer: Trainer) -> int:
        """The signal by which any of the processes was asked to stop, or 0; all give the same answer.

        A pipe that nobody reads any more asks to stop as SIGPIPE does other programs, but not where the run was started
        to outlive its terminal, as in `nohup gan fit | tee log`.
        """
        if self._signal is None and outputs.deserted() and not stopping.hangup_is_ignored():
            self._signal = stopping.PIPE
        asked = self._signal or 0
        if trainer.world_size > 1:
            here = torch.tensor(asked, device=trainer.strategy.root_device)
            asked = int(trainer.strategy.reduce(here, reduce_op="max"))
        return asked

    def _note(self, number: int, frame: FrameType | None) -> None:
        """Remembers the first signal; a second Ctrl-C ends at once."""
        if self._signal is not None and number == signal.SIGINT:
            raise SystemExit(128 + number)
        self._signal = number

    def _save(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if is_dry_run(trainer):
            return
        assert isinstance(pl_module, AdversarialModule)
        pl_module.raise_if_not_finite()
        path = self._folder / f"step-{trainer.global_step:08d}.ckpt"
        trainer.save_checkpoint(path)
        if trainer.is_global_zero:
            _point_last_at(path)
            for old in sorted(self._folder.glob("step-*.ckpt"), key=lambda p: p.stat().st_mtime_ns)[: -self.keep]:
                with suppress(PermissionError):  # Windows, where somebody reads it: it goes with a later checkpoint
                    old.unlink()
        self._saved_step = trainer.global_step
        trainer.strategy.barrier("checkpoint saved")


def _point_last_at(path: Path) -> None:
    """Makes `last.ckpt` a second name of the file (a copy where the file system has no hard links), in one step."""
    last = path.with_name(runs.LAST)
    temporary = path.with_name(f".{runs.LAST}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    try:
        os.link(path, temporary)
    except OSError:
        shutil.copyfile(path, temporary)
    move_over(temporary, last)
