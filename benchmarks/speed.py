"""What `gan fit` costs over a bare PyTorch loop of the same networks and losses, for every variant and precision.

    python -m benchmarks.speed [NAME ...] [--precisions 32-true,bf16-mixed] [--rounds 8] [--seconds 1] [-- --model...]

A name is a packaged config's; words after `--` are told to `gan fit` too, such as `--data.image_size 64`. Within one
run blocks of `gan fit`'s steps, with its callbacks and logging, alternate with blocks of bare steps, so that a machine
whose speed drifts slows both alike: read the ratios. What comes every 500 batches only (held-out images, sample grids,
checkpoints) is left out. Each run has a process of its own, whose memory is measured.
"""

import argparse
import contextlib
import io
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Sequence
from math import ceil, lcm
from statistics import median
from typing import Any, NamedTuple, Protocol

import torch
from lightning.pytorch import Callback, LightningModule, Trainer
from lightning.pytorch.profilers import Profiler
from rich.console import Console
from rich.table import Table
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from benchmarks.bare import BareLoop
from gan_cli.command import catalogue, cli
from gan_cli.command.running import hush
from gan_cli.variants import AdversarialModule

WARM_UP = 5
SLOW = 50
"""Milliseconds of a bare step from which on a ratio says more than a difference."""


class Loop(Protocol):
    """What `gan fit` is measured against."""

    def steps(self, count: int) -> None:
        """Trains on so many batches."""


class Speed(NamedTuple):
    """What one run showed.

    Attributes:
        fit: Milliseconds of a step of `gan fit`, one number a round.
        bare: Of a bare step, in the same rounds.
        waits: Milliseconds of a step in which `gan fit` waited for data.
        memory: The most that was taken, in GB: of the GPU's memory, or of the process.
        images: Images in a batch.
        flops: Floating-point operations of a bare step's convolutions and matrix products, forward and backward.
    """

    fit: list[float]
    bare: list[float]
    waits: list[float]
    memory: float
    images: int
    flops: float

    @property
    def ratio(self) -> float:
        """Speed of `gan fit` over the bare loop's."""
        return median(bare / fit for fit, bare in zip(self.fit, self.bare, strict=True))

    @property
    def overhead(self) -> float:
        """Milliseconds that a step of `gan fit` takes longer."""
        return median(fit - bare for fit, bare in zip(self.fit, self.bare, strict=True))


class Waits(Profiler):
    """Adds up how long the training loop waits for its data."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = self._since = 0.0

    def start(self, action_name: str) -> None:
        if action_name.endswith("train_dataloader_next"):
            self._since = time.perf_counter()

    def stop(self, action_name: str) -> None:
        if action_name.endswith("train_dataloader_next"):
            self.seconds += time.perf_counter() - self._since


class Stopwatch(Callback):
    """Times blocks of steps, and between them as many bare steps.

    Args:
        rounds: How many blocks of each.
        seconds: How long a block is to last, about.
    """

    def __init__(self, rounds: int, seconds: float) -> None:
        self.rounds = rounds
        self.seconds = seconds
        self.waits = Waits()
        self.fit: list[float] = []
        self.bare: list[float] = []
        self.waited: list[float] = []
        self.images = self.block = self.step = 0
        self.flops = 0.0
        self._batches: deque[Any] = deque(maxlen=WARM_UP)
        self._loop: Loop | None = None

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        assert isinstance(pl_module, AdversarialModule)
        self.step += 1
        if self._loop is None:
            self._batches.append(batch)
            if self.step == WARM_UP:
                self._prepare(trainer, pl_module)
            return
        if self.step < self.block:
            return
        self.fit.append(1000 * (now() - self._since) / self.block)
        self.waited.append(1000 * self.waits.seconds / self.block)
        start = now()
        self._loop.steps(self.block)
        self.bare.append(1000 * (now() - start) / self.block)
        trainer.should_stop = len(self.fit) == self.rounds
        self._begin()

    def _prepare(self, trainer: Trainer, model: AdversarialModule) -> None:
        """Chooses the length of a block: whole turns of the critic and of lazy penalties, and of the log where there
        are as many steps."""
        self.images = len(self._batches[0][0])
        loop = BareLoop(model, trainer.optimizers, list(self._batches), str(trainer.precision))
        loop.steps(WARM_UP)
        start = now()
        loop.steps(WARM_UP)
        steps = self.seconds * WARM_UP / (now() - start)
        turn = lcm(model.n_critic_now(), *getattr(model, "intervals", {}).values())
        self.flops = _flops(loop, turn)
        if steps > trainer.log_every_n_steps:  # type: ignore[attr-defined]
            turn = lcm(turn, trainer.log_every_n_steps)  # type: ignore[attr-defined]
        self.block = turn * max(1, ceil(steps / turn))
        self._loop = loop
        self._begin()

    def _begin(self) -> None:
        self.step, self.waits.seconds, self._since = 0, 0.0, now()


class FlopCounter(TorchDispatchMode):
    """Counts operations by PyTorch's formulas; its own `FlopCounterMode` fails where a penalty takes slopes at a leaf.

    Attributes:
        flops: Of the convolutions and matrix products within the block.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.flops: float = 0.0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        formula = flop_registry.get(func._overloadpacket)
        if formula is not None:
            self.flops += formula(*args, **(kwargs or {}), out_val=made)
        if func._overloadpacket is torch.ops.aten.convolution_backward:
            self.flops -= self._overcounted(formula, *args, made=made)
        return made

    @staticmethod
    def _overcounted(formula: Any, *args: Any, made: Any) -> float:
        """What PyTorch's formula has too much for the slopes of grouped weights: it takes all channels for joined."""
        *others, groups, (_, weights, _) = args
        joined: float = formula(*others, groups, (False, weights, False), out_val=made)
        return float(joined * (1 - 1 / groups))


def _flops(loop: BareLoop, steps: int) -> float:
    """Those of one step, as the mean of some; compiled networks are run as they are written."""
    counter = FlopCounter()
    with torch.compiler.set_stance("force_eager"), counter:
        loop.steps(steps)
    return counter.flops / steps


def now() -> float:
    """Seconds, once the GPU has done what it was told."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def measure(
    name: str, precision: str, rounds: int, seconds: float, words: list[str], changes: Sequence[Callback] = ()
) -> Speed:
    """One run of a packaged config, in this process; callbacks may change what is trained before it begins."""
    watch = Stopwatch(rounds, seconds)
    if torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()

    class Timed(cli.GANCLI):
        def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Trainer:
            return super()._instantiate_trainer({**config, "profiler": watch.waits}, [*changes, watch, *callbacks])

    with tempfile.TemporaryDirectory() as folder:
        said = f"fit --config {name} --trainer.precision {precision} --trainer.default_root_dir {folder}"
        said += " --trainer.max_steps 1000000000 --trainer.limit_val_batches 0"
        said += " --model.lr_decay_start 0 --model.lr_decay_end 0"  # rates of 0 would end it
        said += " --samples.every_n_steps 1000000000 --checkpoint.every_n_steps 1000000000"
        hush()
        with contextlib.redirect_stdout(io.StringIO()):
            Timed([*said.split(), *words])
    return Speed(watch.fit, watch.bare, watch.waited, _memory(), watch.images, watch.flops)


def _memory() -> float:
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated() / 1e9
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024) / 1e9


def measure_apart(*run: Any) -> Speed:
    """The same in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.speed", "--one", json.dumps(run)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return Speed(**json.loads(done.stdout.splitlines()[-1]))


def variants() -> list[str]:
    """The packaged configs that have a variant's name and no data set's."""
    files = {path.stem for path in catalogue.config_files()}
    kinds = {kind.lower() for kind in catalogue.variants()}
    return sorted(name for name in files if name.replace("_", "") in kinds)


def table(speeds: dict[tuple[str, str], Speed]) -> Table:
    """One row a variant and precision."""
    made = Table("config", "precision", "images/s", "bare step, ms", "gan fit / bare", "overhead, ms", title="gan fit")
    for heading in ("waits for data, ms", "over float32", "memory, GB", "GFLOP"):
        made.add_column(heading)
    for (name, precision), speed in speeds.items():
        fit, bare = median(speed.fit), median(speed.bare)
        plain = speeds.get((name, "32-true"))
        made.add_row(
            name,
            precision,
            f"{1000 * speed.images / fit:.4g}",
            f"{bare:.3g}",
            f"{speed.ratio:.2f}" if bare >= SLOW else f"({speed.ratio:.2f})",
            f"{speed.overhead:.2f}",
            f"{median(speed.waits):.2f}",
            f"{median(plain.fit) / fit:.2f}" if plain else "",
            f"{speed.memory:.2f}",
            f"{speed.flops / 1e9:.3g}",
        )
    return made


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=variants(), metavar="NAME")
    usual = "32-true,bf16-mixed" + (",16-mixed" if torch.cuda.is_available() else "")
    parser.add_argument("--precisions", default=usual)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=1.0, help="of a block of steps, about")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    told = sys.argv[1:]
    words = told[told.index("--") + 1 :] if "--" in told else []
    options = parser.parse_args(told[: told.index("--")] if words else told)
    if options.one:
        print(json.dumps(measure(*json.loads(options.one))._asdict()))
        return
    console, speeds = Console(), {}
    for name in options.names:
        for precision in options.precisions.split(","):
            speeds[name, precision] = measure_apart(name, precision, options.rounds, options.seconds, words)
            console.print(f"{name}, {precision}: gan fit / bare {speeds[name, precision].ratio:.3f}")
    where = torch.cuda.get_device_name() if torch.cuda.is_available() else f"{torch.get_num_threads()} threads"
    console.print(table(speeds), f"{where}, torch {torch.__version__}")


if __name__ == "__main__":
    main()
