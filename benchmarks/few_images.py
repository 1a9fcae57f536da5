"""What is learned from some hundred images: StyleGAN2 with and without adaptive augmentation, FastGAN, and DCGAN.

    python -m benchmarks.few_images --images FOLDER [--held_out 0.1] [--jobs 2] [--minutes 10]

Each variant is trained in 64 pixels, DCGAN with DiffAugment. Rows: KID, in the features of EfficientNet-Lite0, of as
many samples as there are training images to those, as the papers of this field have it, and to the held-out images,
which copies of the training images would not come nearer to; the share of training images that are some sample's
nearest, which is small where few things are made; what Karras et al. 2020 (arXiv:2006.06676, equation 1) call r_v,
at the end: 0 where the discriminator's outputs on held-out images are as on training ones, 1 where they are as on
samples; and the last probability of augmentation. Below them half of the training set beside the other half, and
pixels of which each is some image's. Sheets of samples are in `<folder>/<run>.png`. The command can be stopped and
called again.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from gan_cli.data import ImageFolder
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.distances import kernel_distance
from gan_cli.metrics.lite0 import Lite0

SIZE = 64
"""Side of the images in pixels."""
COLUMNS = ("thousand images", "KID to training", "KID to held-out", "reached", "r_v", "p")
OUTPUTS = ("real", "fake")
"""What is logged of the discriminator in training, under `logits/`."""
SHEET = (6, 12)
"""Rows and columns of a sheet of samples."""

STYLES: Mapping[str, Any] = {
    "model.channel_base": 1024,
    "model.r1_gamma": 2,
    "model.noise": True,
    "data.batch_size": 8,
}
"""StyleGAN2 in the shape that learns photographs of 64 pixels in minutes."""
ADAPTIVE: Mapping[str, Any] = {**STYLES, "model.ada_target": 0.6, "model.ada_kimg": 10}
METHODS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "StyleGAN2": ("stylegan2.yaml", STYLES),
    "StyleGAN2, ADA": ("stylegan2.yaml", ADAPTIVE),
    "StyleGAN2, noiseless": ("stylegan2.yaml", {**ADAPTIVE, "model.noise": False}),
    "FastGAN": ("fastgan.yaml", {"model.base_channels": 8, "trainer.max_steps": 100_000}),
    "DCGAN, DiffAugment": (
        "dcgan.yaml",
        {
            "model.base_channels": 32,
            "data.batch_size": 16,
            "model.augment": ["color", "translation", "cutout"],
            "model.lr_decay_start": 0,
            "model.lr_decay_end": 0,
            "trainer.max_steps": 100_000,
        },
    ),
}


class Row(NamedTuple):
    """What is measured of a run.

    Attributes:
        kimg: Thousands of images shown.
        training: KID to the training images.
        held_out: KID to the held-out images.
        reached: Share of training images that are some sample's nearest.
        overfitting: r_v; None where nothing held out was looked at.
        probability: Of adaptive augmentation; None without it.
    """

    kimg: float
    training: float
    held_out: float
    reached: float
    overfitting: float | None
    probability: float | None

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `COLUMNS`."""
        distances = (f"{self.training:.4f}", f"{self.held_out:.4f}")
        rest = ("" if value is None else f"{value:.2f}" for value in (self.overfitting, self.probability))
        return (f"{self.kimg:.1f}", *distances, f"{self.reached:.0%}", *rest)


class Reals(NamedTuple):
    """What samples are held against.

    Attributes:
        images: All training images, uint8 [N, C, H, W], without augmentation.
        training: Their features [N, F].
        held_out: Those of the held-out images.
    """

    images: Tensor
    training: Tensor
    held_out: Tensor

    def distances(self, features: Tensor) -> tuple[float, float]:
        """KID to the training images and to the held-out ones."""
        return kernel_distance(features, self.training).value, kernel_distance(features, self.held_out).value


def reals_of(data: ImageFolder, network: Lite0) -> Reals:
    """The real images of a folder."""
    parts = (data.part("train"), data.part("val"))
    images, held_out = (part[torch.arange(len(part))].batch.images for part in parts)
    return Reals(images, network(images), network(held_out))


def reached(samples: Tensor, reals: Tensor) -> float:
    """The share of real images, by their features, that are the nearest of some sample."""
    return len(torch.cdist(samples, reals).argmin(dim=1).unique()) / len(reals)


def overfitting(metrics: Path) -> float | None:
    """r_v when a run last looked at held-out images, from its `metrics.csv`; None if it never did.

    Outputs on training images and on samples are means over the batches from its last look but one on.
    """
    with open(metrics, encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    looks = [number for number, row in enumerate(rows) if row.get("logits/held_out")]
    if not looks:
        return None
    before = rows[looks[-2] if len(looks) > 1 else 0 : looks[-1] + 1]
    training, fake = (mean(float(row[f"logits/{kind}"]) for row in before if row[f"logits/{kind}"]) for kind in OUTPUTS)
    return (training - float(rows[looks[-1]]["logits/held_out"])) / (training - fake)


def row_of(gan: TrainedGAN, metrics: Path, reals: Reals, network: Lite0) -> Row:
    """A run's figures; `metrics` is its `metrics.csv`."""
    samples = network(gan.sample(len(reals.images)))
    ada = getattr(gan.model, "ada", None)
    return Row(
        gan.model.counters.images / 1000,
        *reals.distances(samples),
        reached(samples, reals.training),
        overfitting(metrics),
        None if ada is None else float(ada.probability),
    )


def baselines(reals: Reals, network: Lite0) -> dict[str, tuple[float, float, float]]:
    """The two distances and the share reached of real images, and of pixels of which each is some image's."""
    generator = torch.Generator().manual_seed(0)
    order = torch.randperm(len(reals.training), generator=generator)
    half = reals._replace(training=reals.training[order[1::2]])
    drawn = torch.randint(len(reals.images), reals.images.shape, generator=generator)
    named = {
        "half of the training images beside the other": (reals.training[order[::2]], half),
        "pixels, each of some image": (network(reals.images.gather(0, drawn)), reals),
    }
    return {name: (*beside.distances(one), reached(one, beside.training)) for name, (one, beside) in named.items()}


def main() -> None:
    parser = runs.parser(__doc__, minutes=10, root=False)
    parser.add_argument("--images", type=Path, required=True, help="folder of images")
    parser.add_argument("--held_out", type=float, default=0.1, help="share of them that is not trained on")
    parser.add_argument("--batch_size", type=int, help="of all methods; without it what a CPU learns from soonest")
    parser.add_argument("--only", nargs="+", choices=METHODS, metavar="NAME", help="methods; without it all of them")
    options = parser.parse_args()
    batch = {"data.batch_size": options.batch_size} if options.batch_size else {}
    folder = {"data.class_folders": "no", "data.held_out": options.held_out, "data.image_size": SIZE}
    wanted = [
        runs.Run(
            title,
            config,
            name=f"{options.images.name}-{title.partition(', ')[2].lower() or 'plain'}",
            data="ImageFolder",
            root=str(options.images),
            settings={**folder, **settings, **batch},
        )
        for title, (config, settings) in METHODS.items()
        if title in (options.only or METHODS)
    ]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    data = ImageFolder(
        root=str(options.images), class_folders="no", held_out=options.held_out, image_size=SIZE, num_workers=0
    )
    network = Lite0()
    network.to(runs.device())
    reals = reals_of(data, network)
    counts = f"{len(reals.images):,} images, {len(reals.held_out):,} held out"
    table = Table("", *COLUMNS, title=f"{options.images.name}: {counts}")
    for run, standing in runs.trained(wanted, options.folder):
        gan = TrainedGAN(standing.checkpoint, device=runs.device())
        save_png(grid(gan.sample(SHEET[0] * SHEET[1]), SHEET[1]), options.folder / f"{runs.family(run)}.png")
        metrics = standing.checkpoint.with_name("metrics.csv")
        table.add_row(run.title, *row_of(gan, metrics, reals, network).cells())
    table.add_section()
    for name, (near, far, share) in baselines(reals, network).items():
        table.add_row(name, "", f"{near:.4f}", f"{far:.4f}", f"{share:.0%}", "", "")
    Console(width=120).print(table)


if __name__ == "__main__":
    main()
