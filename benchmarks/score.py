"""How good one run's samples of digits are: its table, beside baselines.

python -m benchmarks.score [--ckpt FILE] [--root FOLDER]
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import runs
from benchmarks.judge import COLUMNS, Judge, Scores, samples, untrained
from gan_cli import data
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import resolve


def rows(gan: TrainedGAN, judge: Judge) -> Iterator[tuple[str, Scores]]:
    """The table: the run, with and without the moving average, the baselines, and the same variant untrained."""
    yield "this GAN", judge.score(samples(gan, judge.count))
    if gan.model.ema is not None:
        yield "this GAN without EMA", judge.score(samples(gan, judge.count, ema=False))
    yield "held-out reals", judge.score(judge.held_out.images)
    for name, images in judge.baselines():
        yield name, judge.score(images)
    yield "an untrained generator", judge.score(samples(untrained(gan), judge.count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ckpt", help="checkpoint; the newest run's if not given")
    parser.add_argument("--root", default="data", help="folder of the data sets")
    parser.add_argument("--folder", type=Path, default=Path("checkpoints/bench"), help="where the classifier is kept")
    options = parser.parse_args()
    path = resolve(options.ckpt)
    gan = TrainedGAN(path, runs.device())
    if gan.data["name"] not in ("Digits", "MNIST"):
        parser.error(f"{path} makes {gan.data['name']}; only single digits are judged here")
    judge = Judge(getattr(data, gan.data["name"])(root=options.root, image_size=gan.data["image_size"]), options.folder)
    title = f"{path}: {gan.model.counters.batches} batches, {judge.count} images a row on {gan.data['name']}"
    table = Table("", *COLUMNS, title=title)
    for name, scores in rows(gan, judge):
        table.add_row(name, *scores.cells())
    console = Console(width=120)
    console.print(table, f"classifier: accuracy {judge.accuracy():.3f} on held-out images", sep="\n")


if __name__ == "__main__":
    main()
