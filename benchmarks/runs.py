"""The runs of a benchmark: `gan fit` in processes of their own, some at once, gone on with where they were left.

A run's folder says how far it is: `last.ckpt`, its `config.yaml`, and `seconds.txt`, the time that benchmarks have
spent on it. Nothing else is kept of what has been done, so a benchmark can be stopped at any moment and called again; a
run whose config has changed since is trained anew, in the next `version_<k>`.
"""

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

import torch
import yaml

from gan_cli import data, plugins, runs
from gan_cli.command import lengths
from gan_cli.command.choices import config_path
from gan_cli.devices.cores import cores
from gan_cli.devices.precision import has_bfloat16
from gan_cli.files import write_text
from gan_cli.inference import checkpoints
from gan_cli.variants.base import RECORD, Counters

BENCH = "bench"
"""The name that runs have where one of a kind is enough."""


class Run(NamedTuple):
    """A call of `gan fit`.

    Attributes:
        title: What tables call it.
        config: Packaged config.
        name: Part of the folder's name.
        data: Data set, where it is another than the config's.
        root: Folder of the data sets, where the set has one.
        settings: What else of the model, the data or the trainer differs from the config, such as {"model.pack": 2}.
        seed: The run's seed.
        in_float32: Whether not to take bfloat16, whatever the machine.
        init: The checkpoint whose weights it begins with.
    """

    title: str
    config: str
    name: str | None = BENCH
    data: str | None = None
    root: str | None = None
    settings: Mapping[str, Any] = {}
    seed: int = 0
    in_float32: bool = False
    init: str | None = None


class Standing(NamedTuple):
    """How far a run is.

    Attributes:
        checkpoint: Its last one.
        steps: Batches trained.
        of: Batches it is to be trained for.
        seconds: Time spent on it.
        current: Whether its settings are those that are asked for now.
    """

    checkpoint: Path
    steps: int
    of: int
    seconds: float
    current: bool

    def mark(self) -> str:
        """What a table says of a run that has not come to its end; otherwise nothing."""
        return "" if self.steps >= self.of else f" ({self.steps:,} / {self.of:,})"


def decision(standing: Standing | None, minutes: float) -> Literal["start", "go on", "leave"]:
    """What is to be done with a run.

    Args:
        standing: How far it is; None where nothing of it is saved.
        minutes: The time it may take, all calls together.
    """
    if standing is None or not standing.current:
        return "start"
    ended = standing.steps >= standing.of or standing.seconds >= 60 * minutes
    return "leave" if ended else "go on"


def wanted_settings(run: Run) -> dict[str, Any]:
    """The config's settings with the run's own laid over, as a run's `config.yaml` has them; no class paths."""
    config = yaml.safe_load(config_path(run.config).read_text("utf-8"))
    parts = {part: dict(config[part].get("init_args") or {}) for part in ("model", "data")}
    if run.data:  # of the config's arguments those are left that this set has too
        taken = plugins.defaults(getattr(data, run.data))
        parts["data"] = {name: value for name, value in parts["data"].items() if name in taken}
    if run.root and "root" in parts["data"]:
        parts["data"]["root"] = run.root
    trainer = dict(config.get("trainer") or {})
    for key, value in run.settings.items():
        part, _, name = key.partition(".")
        {**parts, "trainer": trainer}[part][name] = value
    wrapped = {part: {"init_args": arguments} for part, arguments in parts.items()}
    begun = {"init": run.init} if run.init else {}
    return {"seed_everything": run.seed, "trainer": trainer, **wrapped, **begun}


def agrees(had: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether settings are those wanted, wherever something is wanted."""
    return all(
        agrees(had.get(name) or {}, value) if isinstance(value, Mapping) else had.get(name) == value
        for name, value in wanted.items()
    )


def family(run: Run) -> str:
    """The folder that the versions of a run share."""
    config = yaml.safe_load(config_path(run.config).read_text("utf-8"))
    variant, dataset = (config[part]["class_path"].rpartition(".")[2] for part in ("model", "data"))
    return runs.family(variant, run.data or dataset, run.name)


def standing(run: Run, folder: Path) -> Standing | None:
    """How far the newest version of a run is, or None where none is saved."""
    newest = runs.newest_checkpoint(folder, family(run))
    if newest is None:
        return None
    settings = yaml.safe_load(newest.with_name("config.yaml").read_text("utf-8"))
    spent, record = _seconds_file(newest), checkpoints.read(newest)[RECORD]
    return Standing(
        newest,
        steps=record["counters"]["batches"],
        of=_batches_of(settings, record),
        seconds=float(spent.read_text()) if spent.is_file() else 0.0,
        current=agrees(settings, wanted_settings(run)),
    )


def command(run: Run, folder: Path, going_on: bool) -> list[str]:
    """The words that train a run, or go on with it."""
    words = [sys.executable, "-m", "gan_cli", "fit", "--config", run.config, "--seed_everything", str(run.seed)]
    words += ["--name", run.name] if run.name else []
    words += ["--data", run.data] if run.data else []
    words += ["--data.root", run.root] if run.root else []
    words += ["--init", run.init] if run.init and not going_on else []
    words += [word for key, value in run.settings.items() for word in (f"--{key}", str(value))]
    words += [
        "--trainer.precision",
        "32-true" if run.in_float32 else precision(),
        "--trainer.default_root_dir",
        str(folder),
    ]
    return [*words, "--trainer.enable_progress_bar", "false", *(["--ckpt_path", "last"] if going_on else [])]


class _Training:
    """A process that trains a run; what it says goes into `<family>.log`."""

    def __init__(self, run: Run, folder: Path, minutes: float, threads: int) -> None:
        before = standing(run, folder)
        going_on = decision(before, minutes) == "go on"
        self.run, self.folder = run, folder
        self.spent = before.seconds if before and going_on else 0.0
        self.limit = 60 * minutes - self.spent
        self.log = folder / f"{family(run)}.log"
        folder.mkdir(parents=True, exist_ok=True)
        with open(self.log, "ab") as log:
            environment = {**os.environ, "OMP_NUM_THREADS": str(threads)}
            words = command(run, folder, going_on)
            self.process = subprocess.Popen(words, env=environment, stdout=log, stderr=subprocess.STDOUT)
        self.started = time.monotonic()
        self.told_to_stop = False

    def ended(self) -> bool:
        """Whether the process is over; tells it to stop once its time is."""
        if self.process.poll() is not None:
            return True
        if time.monotonic() - self.started > self.limit:
            self.stop()
        return False

    def stop(self) -> None:
        """Asks the process to save its run and end; once, so that it can do so in peace."""
        if not self.told_to_stop:
            self.process.terminate()
        self.told_to_stop = True

    def finish(self) -> None:
        """Waits for the end, keeps the time spent and tells what has become of the run."""
        code = self.process.wait()
        seconds = self.spent + time.monotonic() - self.started
        after = standing(self.run, self.folder)
        if after and after.current:
            text = f"{seconds:.0f}\n"
            write_text(_seconds_file(after.checkpoint), text)
        failed = code != 0 and not self.told_to_stop
        far = f"{after.steps:,} of {after.of:,} batches" if after and after.current else "nothing saved"
        print(f"{self.run.title}: {far}, {seconds:.0f} s{f'; failed, see {self.log}' if failed else ''}", flush=True)


def train(wanted: Sequence[Run], folder: Path, *, jobs: int, minutes: float) -> None:
    """Trains what is not trained yet; a run that takes too long, in this call and earlier ones, is stopped and saved.

    Args:
        wanted: The runs.
        folder: Where they live.
        jobs: Processes at once; the cores are shared out among them.
        minutes: Time for each run with the whole machine to itself; where runs share it, as many times more.
    """
    minutes *= jobs
    waiting = [run for run in wanted if decision(standing(run, folder), minutes) != "leave"]
    threads = max(1, cores() // jobs)
    active: list[_Training] = []
    with _terminated_like_interrupted():
        try:
            while waiting or active:
                while waiting and len(active) < jobs:
                    run = waiting.pop(0)
                    print(f"{run.title}: training, {len(waiting)} more to come", flush=True)
                    active.append(_Training(run, folder, minutes, threads))
                time.sleep(0.5)
                for training in [training for training in active if training.ended()]:
                    active.remove(training)
                    training.finish()
        finally:
            for training in active:
                training.stop()
            for training in active:
                training.finish()


def trained(wanted: Sequence[Run], folder: Path) -> Iterator[tuple[Run, Standing]]:
    """The runs of which something is saved; says which are not there, or not with the settings asked for."""
    for run in wanted:
        found = standing(run, folder)
        if found is not None and found.current:
            yield run, found
        else:
            print(f"{run.title}: left out, {'its config has changed' if found else 'nothing is saved'}", flush=True)


def remembered(path: Path, sources: Sequence[Path], compute: Callable[[], Any]) -> Any:
    """What `compute` gives, kept as JSON for as long as nothing it was made of is newer.

    Args:
        path: The JSON file.
        sources: The files it was made of.
        compute: Gives what JSON can hold.
    """
    newest = max((source.stat().st_mtime_ns for source in sources), default=0)
    if not path.is_file() or path.stat().st_mtime_ns < newest:
        text = json.dumps(compute(), indent=1)
        write_text(path, text)
    return json.loads(path.read_text("utf-8"))


def parser(description: str | None, minutes: float, root: bool = True) -> argparse.ArgumentParser:
    """The options that the benchmarks share."""
    made = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    if root:
        made.add_argument("--root", default="data", help="folder of the data sets")
    made.add_argument("--folder", type=Path, default=Path("checkpoints/bench"), help="folder of the runs")
    made.add_argument("--jobs", type=int, default=2, help="runs at once")
    made.add_argument("--minutes", type=float, default=minutes, help="of the whole machine, for each run at the most")
    return made


def has_mnist(root: str) -> bool:
    """Whether MNIST's files are under a folder of data sets."""
    return any(Path(root, "MNIST", "raw").glob("train-images-idx3-ubyte*"))


def precision() -> str:
    """bfloat16 where the machine has units for it; without them it is many times slower than float32."""
    return "bf16-mixed" if has_bfloat16("auto") else "32-true"


def autocast() -> bool:
    """The same, for what is trained without Lightning."""
    return precision() == "bf16-mixed"


def device() -> str:
    """Where samples are made and judged."""
    return "cuda" if torch.cuda.is_available() else "cpu"


def _batches_of(settings: Mapping[str, Any], record: Mapping[str, Any]) -> int:
    """How many batches a run is to have, at least: batches may grow, and steps of the generator may take several."""
    length = lengths.read(settings.get("length"))
    if length is None:
        return int(settings["trainer"]["max_steps"])
    counters, in_a_pass = Counters(**record["counters"]), record.get("things_in_a_pass") or 2**62
    return counters.batches + length.batches_left(counters, in_a_pass, settings["data"]["init_args"]["batch_size"], 1)


def _seconds_file(checkpoint: Path) -> Path:
    return checkpoint.with_name("seconds.txt")


@contextlib.contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    """SIGTERM raises, as Ctrl-C does, so that the processes that train are stopped too."""

    def leave(number: int, frame: object) -> None:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
