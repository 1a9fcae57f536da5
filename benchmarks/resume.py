"""Kills runs at random moments, resumes them, and compares the final weights with an uninterrupted run's.

    python -m benchmarks.resume [--kills 20]

Every kill is `kill -9` on the whole process, which may hit the writing of a checkpoint.
"""

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import torch

from gan_cli import runs
from gan_cli.inference.checkpoints import read

STEPS = 2000


def command(root: Path, workers: int, *more: str) -> list[str]:
    words = "fit --config dcgan.yaml --model.base_channels 8 --data.image_size 16 --data.batch_size 32"
    words += f" --data.num_workers {workers} --trainer.max_steps {STEPS} --trainer.default_root_dir {root}"
    words += " --checkpoint.every_n_steps 7 --trainer.accelerator cpu --trainer.enable_progress_bar false"
    return [sys.executable, "-m", "gan_cli", *words.split(), *more]


def final_weights(root: Path) -> dict[str, torch.Tensor]:
    path = runs.newest_checkpoint(root)
    assert path is not None
    weights: dict[str, torch.Tensor] = read(path)["state_dict"]
    return weights


def run_with_kills(root: Path, workers: int, kills: int, chance: random.Random) -> tuple[int, int]:
    """Trains to the end through a number of kills; gives how many hit a run, and how many of these had saved."""
    landed = resumed = 0
    while True:
        saved = runs.newest_checkpoint(root) is not None
        process = subprocess.Popen(
            command(root, workers, *(["--ckpt_path", "last"] if saved else [])), stdout=subprocess.PIPE, text=True
        )
        resumed += saved
        if landed < kills:
            assert process.stdout is not None
            for line in process.stdout:  # a kill before training starts would show nothing
                if line.startswith("run: "):
                    break
            time.sleep(chance.uniform(0, 1.5))
            process.send_signal(signal.SIGKILL)
        if process.wait() == 0:
            return landed, resumed
        assert process.returncode == -signal.SIGKILL, f"a resumed run failed with {process.returncode}"
        landed += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10, help="for each number of workers")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    chance = random.Random(options.seed)
    for workers in (0, 2):
        with tempfile.TemporaryDirectory() as folder:
            whole, broken = Path(folder, "whole"), Path(folder, "broken")
            subprocess.run(command(whole, workers), check=True, stdout=subprocess.DEVNULL)
            landed, resumed = run_with_kills(broken, workers, options.kills, chance)
            one, other = final_weights(whole), final_weights(broken)
            largest = max(float((one[name].double() - other[name].double()).abs().max()) for name in one)
            print(f"{workers} workers: {landed} kills, {resumed} resumes, largest difference {largest}", flush=True)


if __name__ == "__main__":
    main()
