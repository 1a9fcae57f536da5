"""How well each variant learns: all of them trained on MNIST by their packaged configs, and one table.

    python -m benchmarks.learning [--root FOLDER] [--only dcgan ...] [--jobs 2] [--minutes 8]

Each variant's 10,000 samples are held against the test images; a sheet of them is in `<folder>/<variant>.png`.
Conditional variants have a second table:

- conditional accuracy: how often the classifier sees the class that was asked for;
- GAN-train (Shmelkov et al. 2018, arXiv:1807.09499): the accuracy, on real test images, of a classifier trained on
  generated images alone, as many as there are real ones;
- 10 real images a class with and without 10,000 generated ones beside them. The generator has learned from all the
  labelled images, so this shows what it has kept of them, not how to do with few.

The command can be stopped and called again. Without MNIST under --root it takes Digits.
"""

from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.judge import CLASSES, COLUMNS, Judge, Scores, samples, untrained
from gan_cli import data
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.rendering import takes_labels
from gan_cli.media.pictures import grid, save_png

VARIANTS = (
    *("gan", "lsgan", "wgan", "wgan_gp", "wgan_lp", "sngan", "r3gan", "dcgan", "cgan", "acgan", "sgan"),
    *("sagan", "biggan", "progressive_gan", "stylegan", "stylegan2"),
)
FEW = 10
"""Real images of each class in the last experiment."""
COLUMNS_BY_CLASS = ("conditional accuracy", "GAN-train", f"with {FEW} reals a class")
SHEET = (8, 16)
"""Rows and columns of the sheet of samples; a conditional variant has a row for each class."""


class ByClass(NamedTuple):
    """What is asked of a conditional variant; all are shares of images.

    Attributes:
        conditional_accuracy: Generated images that the judge finds to be of the class asked for.
        gan_train: Test images that a classifier trained on generated images tells.
        few_and_generated: Test images that a classifier trained on few real and many generated images tells.
    """

    conditional_accuracy: float
    gan_train: float
    few_and_generated: float


def asked(count: int) -> Tensor:
    """The classes of `samples` of a conditional variant, int64 [count]."""
    return torch.arange(count) % CLASSES


def few_reals(judge: Judge) -> tuple[Tensor, Tensor]:
    """The first ten training images of each class, with their labels."""
    images, labels = judge.training
    chosen = torch.cat([(labels == number).nonzero().squeeze(1)[:FEW] for number in range(CLASSES)])
    return images[chosen], labels[chosen]


def by_class(gan: TrainedGAN, judge: Judge) -> ByClass:
    """What a conditional variant's images are worth with their labels."""
    images = samples(gan, len(judge.training.images))
    labels = asked(len(images))
    few, few_labels = few_reals(judge)
    some = images[: judge.count]
    both = torch.cat([few, some]), torch.cat([few_labels, labels[: judge.count]])
    return ByClass(
        conditional_accuracy=float((judge.classes(some) == labels[: judge.count]).float().mean()),
        gan_train=judge.accuracy(judge.trained_on(images, labels)),
        few_and_generated=judge.accuracy(judge.trained_on(*both)),
    )


def sheet(gan: TrainedGAN) -> Tensor:
    """A picture of samples, uint8 [C, H, W], not chosen."""
    rows, columns = SHEET
    if not takes_labels(gan.model):
        return grid(gan.sample(rows * columns), columns)
    labels = [number for number in range(gan.model.num_classes) for _ in range(columns)]
    return grid(gan.sample(len(labels), labels=labels), columns)


def scores_of(run: runs.Run, standing: runs.Standing, judge: Judge, folder: Path) -> tuple[Scores, ByClass | None]:
    """A run's scores, from its folder where they have been taken since it was saved; makes its sheet too."""

    def compute() -> dict[str, dict[str, float] | None]:
        gan = TrainedGAN(standing.checkpoint, runs.device())
        save_png(sheet(gan), folder / f"{run.title}.png")
        scores = judge.score(samples(gan, judge.count))
        conditional = by_class(gan, judge) if takes_labels(gan.model) else None
        return {"scores": scores._asdict(), "by_class": conditional and conditional._asdict()}

    sources = [standing.checkpoint, *judge.sources()]
    found = runs.remembered(standing.checkpoint.with_name("scores.json"), sources, compute)
    return Scores(**found["scores"]), ByClass(**found["by_class"]) if found["by_class"] else None


class Yardstick(NamedTuple):
    """What the variants' rows are held against.

    Attributes:
        rows: Real images (the floor), three kinds of nonsense, and a generator that has learned nothing (the ceiling).
        reals: Accuracy of the classifier trained on all real images.
        few: Accuracy of one trained on few of them.
    """

    rows: dict[str, Scores]
    reals: float
    few: float


def yardstick(judge: Judge, checkpoint: Path, folder: Path, dataset: str) -> Yardstick:
    """The data set's yardstick, from the folder where it has been taken since the judge's classifier was trained.

    Args:
        judge: Knows the data set.
        checkpoint: Of the variant whose untrained generator has a row.
        folder: Where it is kept.
        dataset: Name for the file.
    """

    def compute() -> dict[str, Any]:
        fresh = untrained(TrainedGAN(checkpoint, runs.device()))
        named = [*judge.baselines(), (f"an untrained {type(fresh.model).__name__}", samples(fresh, judge.count))]
        return {
            "rows": {name: judge.score(images)._asdict() for name, images in named},
            "reals": judge.accuracy(),
            "few": judge.accuracy(judge.trained_on(*few_reals(judge))),
        }

    found = runs.remembered(folder / f"yardstick-{dataset.lower()}.json", judge.sources(), compute)
    return Yardstick({name: Scores(**scores) for name, scores in found["rows"].items()}, found["reals"], found["few"])


def main() -> None:
    parser = runs.parser(__doc__, minutes=8)
    parser.add_argument("--only", nargs="+", choices=VARIANTS, metavar="NAME", help="variants; without it all of them")
    options = parser.parse_args()
    dataset = "MNIST" if runs.has_mnist(options.root) else "Digits"
    names = options.only or VARIANTS
    wanted = [runs.Run(name, f"{name}.yaml", data=dataset, root=options.root) for name in names]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    found = list(runs.trained(wanted, options.folder))
    if not found:
        parser.exit(1, "nothing is trained yet; the logs say why\n")
    judge = Judge(getattr(data, dataset)(root=options.root), options.folder)
    held_out = len(judge.held_out.images)
    table = Table("", *COLUMNS, title=f"{dataset}: {judge.count:,} images a row against {held_out:,} held-out ones")
    conditional = Table("", *COLUMNS_BY_CLASS)
    for run, standing in found:
        scores, classes = scores_of(run, standing, judge, options.folder)
        table.add_row(run.title + standing.mark(), *scores.cells())
        if classes:
            conditional.add_row(run.title + standing.mark(), *(f"{share:.1%}" for share in classes))
    table.add_section()
    beside = yardstick(judge, found[0][1].checkpoint, options.folder, dataset)
    for name, scores in beside.rows.items():
        table.add_row(name, *scores.cells())
    console = Console(width=120)
    console.print(table)
    if conditional.row_count:
        conditional.add_row("real images alone", "", f"{beside.reals:.1%}", f"{beside.few:.1%}")
        console.print(conditional)
    console.print(f"classifier: accuracy {beside.reals:.3f} on held-out images")


if __name__ == "__main__":
    main()
