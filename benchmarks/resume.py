"""Kills runs at random moments, resumes them, and compares the final weights with an uninterrupted run's.

    python -m benchmarks.resume [NAME ...] [--kills 20] [--workers 0,2]

Every kill is `kill -9` on the whole process; every other one waits for a checkpoint that is being written.
"""

import argparse
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table

from gan_cli import runs
from gan_cli.inference.checkpoints import read

RUNS = {
    "dcgan": "--model.base_channels 8 --data.image_size 16 --data.batch_size 32 --trainer.max_steps 2000",
    "wgan_gp": "--model.base_channels 32 --data.image_size 16 --data.batch_size 32 --trainer.max_steps 4000",
    "cyclegan": "--model.base_channels 4 --data.image_size 16 --model.num_blocks 1 --trainer.max_steps 2000",
}
"""What makes the packaged configs small."""


class Kills(NamedTuple):
    """How a run went that was killed again and again.

    Attributes:
        landed: Kills that hit it.
        writing: Of these, how many left half a checkpoint behind.
        resumed: How often it went on from a checkpoint.
    """

    landed: int
    writing: int
    resumed: int


def command(name: str, root: Path, workers: int, *more: str) -> list[str]:
    words = f"fit --config {name} {RUNS[name]} --data.num_workers {workers} --trainer.default_root_dir {root}"
    words += " --checkpoint.every_n_steps 7 --trainer.accelerator cpu --trainer.enable_progress_bar false"
    return [sys.executable, "-m", "gan_cli", *words.split(), *more]


def final_weights(root: Path) -> dict[str, torch.Tensor]:
    path = runs.newest_checkpoint(root)
    assert path is not None
    weights: dict[str, torch.Tensor] = read(path)["state_dict"]
    return weights


def is_writing(folder: Path, pid: int) -> bool:
    """Whether a process is writing a checkpoint, or was when it was killed."""
    return any(entry.name.startswith(".step-") and f".{pid}." in entry.name for entry in os.scandir(folder))


def run_with_kills(name: str, root: Path, workers: int, kills: int, chance: random.Random) -> Kills:
    """Trains to the end through a number of kills."""
    landed = writing = resumed = 0
    while True:
        saved = runs.newest_checkpoint(root) is not None
        process = subprocess.Popen(
            command(name, root, workers, *(["--ckpt_path", "last"] if saved else [])),
            stdout=subprocess.PIPE,
            text=True,
        )
        resumed += saved
        if landed == kills:
            assert process.wait() == 0, f"a resumed run failed with {process.returncode}"
            return Kills(landed, writing, resumed)
        assert process.stdout is not None
        for line in process.stdout:  # a kill before training starts would show nothing
            if line.startswith("run: "):
                break
        folder = Path(line.removeprefix("run: ").strip())
        time.sleep(chance.uniform(0, 1.5))
        while landed % 2 and process.poll() is None and not is_writing(folder, process.pid):
            pass
        process.kill()
        assert process.wait() < 0, f"{name} ended with {process.returncode} after {landed} kills, before the next"
        landed += 1
        writing += is_writing(folder, process.pid)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", default=list(RUNS), metavar="NAME", help=", ".join(RUNS))
    parser.add_argument("--kills", type=int, default=20, help="for each run and number of workers")
    parser.add_argument("--workers", default="0,2")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if unknown := set(options.names) - set(RUNS):
        parser.error(f"{', '.join(unknown)}: there are {', '.join(RUNS)}")
    chance = random.Random(options.seed)
    columns = ("run", "workers", "kills", "while a checkpoint was written", "resumed", "largest difference of a weight")
    table = Table(*columns)
    for name in options.names:
        for workers in map(int, options.workers.split(",")):
            with tempfile.TemporaryDirectory() as folder:
                whole, broken = Path(folder, "whole"), Path(folder, "broken")
                subprocess.run(command(name, whole, workers), check=True, stdout=subprocess.DEVNULL)
                kills = run_with_kills(name, broken, workers, options.kills, chance)
                one, other = final_weights(whole), final_weights(broken)
            largest = max(float((one[key].double() - other[key].double()).abs().max()) for key in one)
            table.add_row(name, str(workers), *map(str, kills), f"{largest:g}")
            print(f"{name}, {workers} workers: {kills}, largest difference {largest:g}", flush=True)
    Console().print(table)


if __name__ == "__main__":
    main()
