"""The progress of a run: a bar on a terminal, a line now and then in a log file, and the speed in the log."""

import time
from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ProgressBar
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Column

from gan_cli.data import GANDataModule
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.log import is_due

SPEED = "time/images_per_second"


class Throughput(Callback):
    """Logs `time/images_per_second` of all processes together, measured from one logging step to the next."""

    def __init__(self) -> None:
        self._images = 0
        self._since = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, AdversarialModule)
        self._images, self._since = pl_module.counters.images, time.perf_counter()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, AdversarialModule)
        if not is_due(trainer, pl_module.counters.batches):
            return
        images, now = pl_module.counters.images, time.perf_counter()
        pl_module.log(SPEED, (images - self._images) / (now - self._since))
        self._images, self._since = images, now


class UnreadableFiles(Callback):
    """Logs `data/unreadable_files`, how many files others have stood in for, once there are any."""

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, AdversarialModule)
        data = getattr(trainer, "datamodule", None)
        if not is_due(trainer, pl_module.counters.batches) or not isinstance(data, GANDataModule):
            return
        if count := len(data.unreadable_files()):
            pl_module.log("data/unreadable_files", float(count))


class FitProgress(ProgressBar):
    """One Rich bar for the whole of `fit`, with all losses, images/s and kimg; plain lines where there is no terminal.

    Lightning's own bar starts anew at each epoch, which on a small set is several times a second.

    Args:
        seconds_between_lines: How often a line is printed where there is no terminal.
        console: Where to print; standard output if not given.
    """

    def __init__(self, seconds_between_lines: float = 30.0, console: Console | None = None) -> None:
        super().__init__()
        self.seconds_between_lines = seconds_between_lines
        self.console = console or Console(soft_wrap=True, highlight=False)
        self._enabled = True
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._shown = 0.0
        self._told = 0.0

    def disable(self) -> None:
        self._enabled = False

    def enable(self) -> None:
        self._enabled = True

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._told = time.monotonic()
        if not (self._enabled and self.console.is_terminal):
            return
        whole = Column(no_wrap=True)  # in a narrow terminal the bar gives way, not the numbers
        columns = (
            BarColumn(bar_width=12),
            MofNCompleteColumn(table_column=whole),
            TimeRemainingColumn(table_column=whole),
            TextColumn("{task.fields[told]}", table_column=whole),
        )
        self._bar = Progress(*columns, console=self.console, refresh_per_second=4)
        self._task = self._bar.add_task("fit", total=self._total(trainer), completed=trainer.global_step, told="")
        self._bar.start()

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        now = time.monotonic()
        if not self._enabled or now - self._shown < 0.25:
            return
        self._shown = now
        if self._bar is not None:
            self._bar.update(self._task, completed=trainer.global_step, told=self._telling(trainer, short=True))
        elif now - self._told >= self.seconds_between_lines:
            self._told = now
            total = self._total(trainer)
            self.console.print(f"step {trainer.global_step}{f'/{total}' if total else ''}  {self._telling(trainer)}")

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        self._stop(trainer)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        self._stop(trainer)

    def _stop(self, trainer: Trainer) -> None:
        if self._bar is not None:
            self._bar.update(self._task, completed=trainer.global_step, told=self._telling(trainer, short=True))
            self._bar.stop()
            self._bar = None

    def _total(self, trainer: Trainer) -> int | None:
        steps = trainer.estimated_stepping_batches
        return int(steps) if steps != float("inf") else None

    def _telling(self, trainer: Trainer, short: bool = False) -> str:
        """The newest logged values: every player's loss, speed and kimg; with the players' initials if short."""
        metrics = trainer.callback_metrics
        losses = []
        for player in getattr(trainer.lightning_module, "players", ()):
            terms = [float(value) for name, value in metrics.items() if name.startswith(f"loss/{player}/")]
            losses += [f"{player[0].upper() if short else player} {sum(terms):.3f}"] if terms else []
        speed, kimg = metrics.get(SPEED), metrics.get("kimg")
        if speed is None or kimg is None:
            return ""
        return f"{'  '.join(losses)}  {float(speed):.0f} images/s  {float(kimg):.1f} kimg"
