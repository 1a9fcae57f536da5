"""DTN and CycleGAN from digits before photographs to plain ones: does a classifier of plain digits read the right ones?

    python -m benchmarks.transfer [--seeds 3] [--minutes 5] [--jobs 2]
    python -m benchmarks.transfer --root FOLDER

DTN is trained by `dtn.yaml`, also without each of its terms (`--ablations`); CycleGAN on the same images, written to
`<folder>/transfer-<set>/`, in images of the same size, for as long as the DTN of the same seed took. Rows, means and
deviations over the seeds: how often a classifier that is trained on the target's own labels reads the source's label in
what was made of 360 held-out digits, as in section 5.1 of arXiv:1611.02200, and the mean absolute error to the right
answers, which are known here. Below them what learns nothing (copies, random images of the target), f itself, and real
images of the target. No label of the target is trained on, and the steps are fixed before.

With `--root`, a folder with `MNIST/` and `mnist_m/`, the same from MNIST-M to MNIST, where no right answers are known.

A sheet of sources and what each made of them is in `<folder>/transfer-<set>.png`. The command can be stopped and called
again.
"""

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.photo_measures import mean_absolute_error
from benchmarks.unpaired import spaced
from gan_cli.data import AdaptationDataModule, AdaptedDigits, Domains
from gan_cli.data.adaptation.adaptation import SIDES
from gan_cli.evaluation.comparing import own_table
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.translator import translating
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.classifier import accuracy

SHOWN = 16
"""So many held-out digits are drawn."""
MOST = 2_000
"""So many images of each domain and part are written for CycleGAN at the most."""
ENDLESS = 1_000_000
"""Batches that no run of equal time comes to."""
ABLATIONS: Mapping[str, Mapping[str, Any]] = {
    "without f-constancy": {"model.lambda_constancy": 0.0},
    "without the target's identity": {"model.lambda_identity": 0.0},
}
CYCLEGAN: Mapping[str, Any] = {
    "data.batch_size": 8,
    "model.base_channels": 16,
    "model.num_blocks": 3,
    "model.patch_size": 16,
    "trainer.max_steps": ENDLESS,
}
"""CycleGAN in images of 32 pixels, with a generator of about DTN's size."""


class Task(NamedTuple):
    """A set of two domains.

    Attributes:
        name: In names of files.
        data: The set.
        settings: What a run of DTN is told of it.
        kind: The set's name, where it is another than the config's.
        root: Its folder, where it has one.
    """

    name: str
    data: AdaptationDataModule
    settings: Mapping[str, Any] = {}
    kind: str | None = None
    root: str | None = None


def task_of(root: str | None) -> Task:
    """Digits that come with the installation, or MNIST-M and MNIST below a folder."""
    if root is None:
        return Task("digits", AdaptedDigits(reverse=True))
    settings = {"data.source": "MNISTM", "data.target": "MNIST"}
    return Task("mnist_m", Domains("MNISTM", "MNIST", root), settings, "Domains", root)


def dtn_run(task: Task, seed: int, title: str = "DTN", changes: Mapping[str, Any] | None = None) -> runs.Run:
    """A run of DTN, or of DTN with something changed."""
    name = "-".join(["transfer", task.name, *title.split()[1:3], str(seed)])
    settings = {**task.settings, **(changes or {})}
    return runs.Run(title, "dtn.yaml", name, task.kind, task.root, settings, seed)


def cyclegan_run(task: Task, seed: int, folder: Path) -> runs.Run:
    """A run of CycleGAN on the same images, which its minutes end."""
    settings = {**CYCLEGAN, "data.image_size": task.data.image_size}
    name, root = f"transfer-{task.name}-{seed}", str(written(task, folder).resolve())
    return runs.Run("CycleGAN", "cyclegan.yaml", name, "UnpairedFolder", root, settings, seed)


def written(task: Task, folder: Path) -> Path:
    """The folder of both domains in CycleGAN's layout, without labels; written once."""
    root = folder / f"transfer-{task.name}"
    if (root / "written").is_file():
        return root
    for side, letter in zip(SIDES, "AB", strict=True):
        for split in ("train", "test"):
            place = root / f"{split}{letter}"
            place.mkdir(parents=True, exist_ok=True)
            images, _ = task.data.whole(side, "train" if split == "train" else "test")
            for number, image in enumerate(spaced(images, min(MOST, len(images)))):
                save_png(image, place / f"{number:05d}.png")
    (root / "written").touch()
    return root


class Judged(NamedTuple):
    """What became of held-out sources.

    Attributes:
        accuracy: How many of them the target's classifier reads right, %.
        error: Mean absolute error to the right answers, in grey levels; None where these are not known.
        minutes: What the training took.
        images: What was made of those that are drawn, uint8 [S, C, H, W].
        rows: The other rows of the set's own table; {} of what does not know the set.
    """

    accuracy: float
    error: float | None
    minutes: float
    images: Tensor
    rows: Mapping[str, float]


def judged(task: Task, standing: runs.Standing) -> Judged:
    """What a trained model makes of the held-out sources."""
    gan = TrainedGAN(standing.checkpoint)
    sources, labels = task.data.whole("source", "test")
    made = gan.translate(sources, translating(gan.model).directions[0])
    table = own_table(gan.model, task.data, seed=0) if gan.model.makes == "target" else None
    rows = {} if table is None else {name: numbers[0] or 0.0 for name, numbers in table.rows.items() if name != "made"}
    truth = right_answers(task.data)
    error = None if truth is None else mean_absolute_error(made, truth)
    right = 100 * accuracy(task.data.judge, made, labels)
    return Judged(right, error, standing.seconds / 60, spaced(made, SHOWN), rows)


def right_answers(data: AdaptationDataModule) -> Tensor | None:
    """The held-out sources as the target has them, uint8 [M, C, H, W], where that is known."""
    return data.in_both_domains()[1].images if isinstance(data, AdaptedDigits) else None


def told(numbers: Sequence[float]) -> str:
    """A mean with its deviation over several seeds."""
    spread = f" ± {stdev(numbers):.1f}" if len(numbers) > 1 else ""
    return f"{mean(numbers):.1f}{spread}"


def table_of(found: Mapping[str, Sequence[Judged]], data: AdaptationDataModule) -> Table:
    """The rows of all methods, and below them those that they share."""
    source, target = data.domains
    truth, count = right_answers(data), len(data.side("source", "test"))
    table = Table("", "accuracy, %", "error to the truth", "minutes", title=f"{source} as {target}: {count:,} held out")
    for title, several in found.items():
        errors = [one.error for one in several if one.error is not None]
        table.add_row(
            f"{title}, {len(several)} seeds",
            told([one.accuracy for one in several]),
            told(errors) if errors else "",
            told([one.minutes for one in several]),
        )
    table.add_section()
    several = next((several for several in found.values() if several[0].rows), [])
    for name in several[0].rows if several else ():
        error = mean_absolute_error(data.whole("source", "test").images, truth) if truth is not None else None
        cell = f"{error:.1f}" if error is not None and name.startswith("copied") else ""
        table.add_row(name, told([one.rows[name] for one in several]), cell, "")
    return table


def sheet(task: Task, found: Mapping[str, Sequence[Judged]]) -> Tensor:
    """A row of held-out sources, below it what each method's first seed made of them, and the right answers."""
    rows = [spaced(task.data.whole("source", "test").images, SHOWN)]
    rows += [several[0].images for several in found.values()]
    truth = right_answers(task.data)
    rows += [] if truth is None else [spaced(truth, SHOWN)]
    return grid(torch.cat(rows), SHOWN)


def train_all(task: Task, options: argparse.Namespace) -> dict[str, list[Judged]]:
    """Trains what is not trained yet, DTN first, and judges all that is."""
    kinds = {
        "DTN": {},
        **({f"DTN {name}": changes for name, changes in ABLATIONS.items()} if options.ablations else {}),
    }
    seeds = range(options.seeds)
    wanted = {title: [dtn_run(task, seed, title, changes) for seed in seeds] for title, changes in kinds.items()}
    every = [run for several in wanted.values() for run in several]
    runs.train(every, options.folder, jobs=options.jobs, minutes=options.minutes)
    spent = [at.seconds / 60 for _, at in runs.trained(wanted["DTN"], options.folder)]
    wanted["CycleGAN"] = [cyclegan_run(task, seed, options.folder) for seed in seeds]
    if spent:
        runs.train(wanted["CycleGAN"], options.folder, jobs=options.jobs, minutes=mean(spent) / options.jobs)
    found = {
        title: [judged(task, at) for _, at in runs.trained(several, options.folder)]
        for title, several in wanted.items()
    }
    return {title: several for title, several in found.items() if several}


def main() -> None:
    parser = runs.parser(__doc__, minutes=5, root=False)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each")
    parser.add_argument("--root", help="folder with MNIST/ and mnist_m/; without it digits that come with scikit-learn")
    parser.add_argument("--ablations", action="store_true", help="DTN without each of its terms too")
    options = parser.parse_args()
    task = task_of(options.root)
    found = train_all(task, options)
    Console(width=110).print(table_of(found, task.data))
    if found:
        save_png(sheet(task, found), options.folder / f"transfer-{task.name}.png")


if __name__ == "__main__":
    main()
