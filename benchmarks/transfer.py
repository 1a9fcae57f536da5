"""DTN and CycleGAN from digits before photographs to plain ones: does a classifier of plain digits read the right ones?

    python -m benchmarks.transfer [--seeds 3] [--image_size 32] [--batches 2200] [--minutes 5] [--jobs 2]
    python -m benchmarks.transfer --root FOLDER

DTN is trained by `dtn.yaml`, also without each of its terms (`--ablations`); CycleGAN on the same images, written to
`<folder>/transfer-<set>/`, in images of the same size, for as long as the DTN of the same seed took. Rows, means and
deviations over the seeds: how often a classifier that is trained on the target's own labels reads the source's label in
what was made of 360 held-out digits, as in section 5.1 of arXiv:1611.02200, and the mean absolute error to the right
answers, which are known here. Below them what learns nothing (copies, random images of the target), f itself, and real
images of the target. No label of the target is trained on, and the steps are fixed before;
but the rates and the weight of f in `dtn.yaml` were settled by short trials on these same held-out digits, so that the
rows of DTN on embedded digits are not free of the target's labels.

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
from gan_cli.evaluation.transferred import Judge, judge_of, own_reading
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.translator import translating
from gan_cli.media.pictures import grid, save_png
from gan_cli.variants.classifying import Classifying

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
"""CycleGAN in small images, with generators of about the size of DTN's."""


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


def task_of(root: str | None, image_size: int = 32, batches: int | None = None) -> Task:
    """Digits that come with the installation, or MNIST-M and MNIST below a folder.

    Args:
        root: The folder.
        image_size: Side of the images in pixels.
        batches: How many a run of DTN has, two fifths of them for f; None takes the config's.
    """
    settings: dict[str, Any] = {"data.image_size": image_size, "model.encoder_shift": image_size // 16}
    if batches is not None:
        settings |= {"trainer.max_steps": batches, "model.encoder_steps": 2 * batches // 5}
    if root is None:
        return Task(f"digits-{image_size}", AdaptedDigits(reverse=True, image_size=image_size), settings)
    settings |= {"data.source": "MNISTM", "data.target": "MNIST"}
    data = Domains("MNISTM", "MNIST", root, image_size=image_size)
    return Task(f"mnist_m-{image_size}", data, settings, "Domains", root)


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
        batches: How many it had.
        images: What was made of those that are drawn, uint8 [S, C, H, W].
        read: How many of the sources the model itself reads right, %; None where it tells no classes.
    """

    accuracy: float
    error: float | None
    minutes: float
    batches: int
    images: Tensor
    read: float | None


def judged(task: Task, judge: Judge, standing: runs.Standing) -> Judged:
    """What a trained model makes of the held-out sources."""
    gan = TrainedGAN(standing.checkpoint)
    made = gan.translate(judge.sources.images, translating(gan.model).directions[0])
    truth = right_answers(task.data)
    error = None if truth is None else mean_absolute_error(made, truth)
    read = own_reading(gan.model, judge.sources, gan.model.device) if isinstance(gan.model, Classifying) else None
    return Judged(judge.accuracy(made), error, standing.seconds / 60, standing.steps, spaced(made, SHOWN), read)


def right_answers(data: AdaptationDataModule) -> Tensor | None:
    """The held-out sources as the target has them, uint8 [M, C, H, W], where that is known."""
    return data.in_both_domains()[1].images if isinstance(data, AdaptedDigits) else None


def told(numbers: Sequence[float]) -> str:
    """A mean with its deviation over several seeds."""
    spread = f" ± {stdev(numbers):.1f}" if len(numbers) > 1 else ""
    return f"{mean(numbers):.1f}{spread}"


def table_of(found: Mapping[str, Sequence[Judged]], judge: Judge, data: AdaptationDataModule) -> Table:
    """The rows of all methods, and below them those that they share."""
    source, target = data.domains
    truth, images = right_answers(data), judge.sources.images
    heads = ("accuracy, %", "error to the truth", "minutes", "batches")
    table = Table("", *heads, title=f"{source} as {target}: {len(images):,} held-out images")
    for title, several in found.items():
        errors = [one.error for one in several if one.error is not None]
        minutes = told([one.minutes for one in several])
        batches = f"{mean([one.batches for one in several]):,.0f}"
        right = told([one.accuracy for one in several])
        table.add_row(f"{title}, {len(several)} seeds", right, told(errors) if errors else "", minutes, batches)
    table.add_section()
    for name, right_share in judge.baselines().items():
        error = "" if truth is None or not name.startswith("copied") else told([mean_absolute_error(images, truth)])
        table.add_row(name, told([right_share]), error, "", "")
    if read := [one.read for one in found.get("DTN", ()) if one.read is not None]:
        table.add_row("the source itself, as DTN's f classifies it", told(read), "", "", "")
    return table


def sheet(task: Task, found: Mapping[str, Sequence[Judged]]) -> Tensor:
    """A row of held-out sources, below it what each method's first seed made of them, and the right answers."""
    rows = [spaced(task.data.whole("source", "test").images, SHOWN)]
    rows += [several[0].images for several in found.values()]
    truth = right_answers(task.data)
    rows += [] if truth is None else [spaced(truth, SHOWN)]
    return grid(torch.cat(rows), SHOWN)


def train_all(task: Task, judge: Judge, options: argparse.Namespace) -> dict[str, list[Judged]]:
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
        title: [judged(task, judge, at) for _, at in runs.trained(several, options.folder)]
        for title, several in wanted.items()
    }
    return {title: several for title, several in found.items() if several}


def main() -> None:
    parser = runs.parser(__doc__, minutes=5, root=False)
    parser.add_argument("--seeds", type=int, default=3, help="runs of each")
    parser.add_argument("--root", help="folder with MNIST/ and mnist_m/; without it digits that come with scikit-learn")
    parser.add_argument("--image_size", type=int, default=32, help="side of the images in pixels, 16 or 32")
    parser.add_argument("--batches", type=int, help="of each DTN, two fifths of them for f; without it the config's")
    parser.add_argument("--ablations", action="store_true", help="DTN without each of its terms too")
    options = parser.parse_args()
    task = task_of(options.root, options.image_size, options.batches)
    judge = judge_of(task.data)
    found = train_all(task, judge, options)
    Console(width=110).print(table_of(found, judge, task.data))
    if found:
        save_png(sheet(task, found), options.folder / f"transfer-{task.name}.png")


if __name__ == "__main__":
    main()
