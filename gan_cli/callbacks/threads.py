"""How many threads compute a step on a CPU: chosen by timing the run's own players, and watched while it trains."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from copy import deepcopy
from statistics import median
from typing import Any, Literal

import torch
from lightning.pytorch import Callback, LightningModule, Trainer

from gan_cli.devices.cores import cores, running
from gan_cli.seeding import Rows
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.descents import frozen

SECONDS = 0.3
"""A number of threads is timed for this long, or for one step if that takes longer."""
WORTH = 0.95
"""More threads are taken if a step then takes at most this share of the time."""


class Threads(Callback):
    """Sets the number of threads of a run, and says once if other processes slow it down.

    Args:
        wanted: A number; "auto" to take the fastest at the first batch of a run that has none yet; None leaves it to
            PyTorch. The number is kept with the run, because sums depend on it.
    """

    def __init__(self, wanted: int | Literal["auto"] | None = None) -> None:
        self.wanted = wanted
        self._before = torch.get_num_threads()
        self._contention = Contention()

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        assert isinstance(pl_module, AdversarialModule)
        if isinstance(self.wanted, int):
            pl_module.threads = self.wanted
        if pl_module.threads is not None:
            torch.set_num_threads(pl_module.threads)

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        assert isinstance(pl_module, AdversarialModule)
        if self.wanted == "auto" and pl_module.threads is None and pl_module.device.type == "cpu":
            pl_module.threads = _chosen(trainer, pl_module, batch)
            torch.set_num_threads(pl_module.threads)

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        if trainer.is_global_zero and pl_module.device.type == "cpu" and (note := self._contention.after_a_batch()):
            _say(trainer, note)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        torch.set_num_threads(self._before)

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        torch.set_num_threads(self._before)


class Contention:
    """Notices that steps take several times as long as they did while more threads want to run than there are cores.

    Two threads wait for each other at the end of each operation: where another process takes the core of one, a step
    takes many times as long, and longer than with one thread.

    Args:
        window: Seconds over which steps are compared.
        slower: The median step of a window must take this many times that of the fastest one.
    """

    def __init__(self, window: float = 10.0, slower: float = 2.5) -> None:
        self.window = window
        self.slower = slower
        self._steps: list[float] = []
        self._wanting: list[int] = []
        self._fastest = float("inf")
        self._last = self._said = 0.0

    def after_a_batch(self, now: float | None = None, wanting: int | None = None) -> str:
        """What to say after this batch, once in a run; mostly nothing.

        Args:
            now: Seconds; the time if not given.
            wanting: Threads that want a core; the machine's if not given.
        """
        now = time.perf_counter() if now is None else now
        if self._said or torch.get_num_threads() == 1:
            return ""
        if self._last:
            self._steps.append(now - self._last)
            self._wanting.append(running() if wanting is None else wanting)
        self._last = now
        if sum(self._steps) < self.window or len(self._steps) < 5:
            return ""
        step, busy = median(self._steps), median(self._wanting) > cores()
        self._fastest = min(self._fastest, step)
        fastest, self._steps, self._wanting = self._fastest, [], []
        if not busy or step < self.slower * fastest:
            return ""
        self._said = now
        return (
            f"note: a step takes {step:.3g} s, {step / fastest:.1f} times as long as before: other processes want the "
            f"{cores()} cores too, and {torch.get_num_threads()} threads wait for each other\n"
            "Stop (Ctrl-C) and go on with --ckpt_path last --threads 1, or end what else is running"
        )


def _chosen(trainer: Trainer, model: AdversarialModule, batch: Any) -> int:
    """The fastest number of threads; where processes share a machine, each one's part of the cores."""
    most = min(torch.get_num_threads(), cores())  # PyTorch heeds OMP_NUM_THREADS
    if trainer.world_size > 1:
        return max(1, most // max(1, trainer.world_size // trainer.num_nodes))
    seconds = timed(model, batch, sorted({1, max(1, most // 2), most}), trainer.precision_plugin.forward_context)
    best = 1
    for threads, taken in seconds.items():
        best = threads if taken < WORTH * seconds[best] else best
    told = ", ".join(f"{threads}: {1000 * taken:.3g} ms" for threads, taken in seconds.items())
    _say(trainer, f"threads: {best} (a step with {told})")
    return best


def timed(
    model: AdversarialModule,
    batch: Any,
    numbers: list[int],
    precision: Callable[[], AbstractContextManager[Any]] = nullcontext,
) -> dict[int, float]:
    """Seconds of a forward and backward pass of all players with so many threads; nothing of the model changes.

    Args:
        model: The variant that is trained.
        batch: One of its batches, on its device.
        numbers: Of threads, in rising order.
        precision: The context in which a step is computed.
    """
    before, seconds = torch.get_num_threads(), {}
    with torch.random.fork_rng(devices=[]), _double(model) as double:
        count = len(batch[0])
        with double.at(Rows(0, count, count), seed=0, step=0):
            for threads in numbers:
                torch.set_num_threads(threads)
                if threads == numbers[0]:  # which waits for nobody
                    _pass(double, batch, precision)  # the first one also prepares the convolutions
                seconds[threads] = _seconds(double, batch, precision)
    torch.set_num_threads(before)
    return seconds


@contextmanager
def _double(model: AdversarialModule) -> Iterator[AdversarialModule]:
    """A copy that trains on nothing: no trainer, no log, image pools and statistics of its own."""
    trainer = model._trainer
    yield deepcopy(model, {id(trainer): None})


def _seconds(model: AdversarialModule, batch: Any, precision: Callable[[], AbstractContextManager[Any]]) -> float:
    """The median pass, over some tenths of a second."""
    taken: list[float] = []
    while not taken or (sum(taken) < SECONDS and len(taken) < 20):
        start = time.perf_counter()
        _pass(model, batch, precision)
        taken.append(time.perf_counter() - start)
    return median(taken)


def _pass(model: AdversarialModule, batch: Any, precision: Callable[[], AbstractContextManager[Any]]) -> None:
    with precision():
        shared = model.shared(type(batch)(*map(model.laid_out, batch)))
        for player in model.players:
            with frozen(w for name in model.players if name != player for w in getattr(model, name).parameters()):
                if losses := getattr(model, f"{player}_losses")(shared):
                    torch.stack(list(losses.values())).sum().backward()
    model.zero_grad()


def _say(trainer: Trainer, text: str) -> None:
    if trainer.is_global_zero:
        print(text, flush=True)
