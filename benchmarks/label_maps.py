"""SPADE on label maps of facades, beside pix2pix on the same pairs for the same time and rows that learn nothing.

    python -m benchmarks.label_maps --root data/cmp_facades [--minutes 20] [--jobs 2]

CMP facades at 64 pixels, a quarter of them held out. What is made of held-out label maps is read again by a
segmentation network that was trained on the real training pairs: its mIoU says whether the maps are to be seen. KID in
EfficientNet-Lite0's features says whether the pictures look like photographs.

Rows: the held-out photographs (what the reader can do at best; KID is that of the training photographs); each class in
its mean colour, which may be read well and looks like no photograph; pix2pix; SPADE, in the style of noise and in that
of another photograph; and what SPADE makes of the maps of others, which must fall in mIoU and not in KID. Sheets are in
`<folder>/label_maps.png` (map, pix2pix, SPADE, photograph) and `<folder>/label_maps_styles.png` (maps by photographs
that give the style). The command can be stopped and called again.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from gan_cli.data import CMPFacades
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.evaluation.segmentation import MapReader, map_reader
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.label_maps import LabelMaps
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.distances import kernel_distance
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.segmentation import confusion, mean_iou

SIZE, LOADED = 64, 72
"""Side of the images, and of what training images are cut from."""
HELD_OUT = 0.25
BATCH = 4
ENDLESS = 1_000_000
"""Batches that no run comes to: its minutes end it."""
SHOWN = 8
STYLES = 4
COLUMNS = ("mIoU", "KID x 1000", "batches", "minutes")


class Facades(NamedTuple):
    """A part of the set.

    Attributes:
        labels: uint8 [N, 1, H, W] of numbers of classes.
        photos: uint8 [N, 3, H, W].
    """

    labels: Tensor
    photos: Tensor


def facades(root: str, side: int = SIZE) -> CMPFacades:
    """The set as both runs see it."""
    return CMPFacades(root=root, image_size=side, load_size=side, held_out=HELD_OUT, num_workers=0)


def part(data: CMPFacades, split: Split) -> Facades:
    """All of a part, not augmented."""
    found = data.part(split)
    batch = found[torch.arange(len(found))].batch
    return Facades(batch.source, batch.target)


def write_pairs(data: CMPFacades, folder: Path) -> Path:
    """Writes the pairs as pix2pix takes them, maps in colours on the left; gives the folder."""
    for split in ("train", "val"):
        labels, photos = part(data, split)
        coloured = data.labels.pictures(labels)
        for number, pair in enumerate(torch.cat([coloured, photos], dim=3)):
            (folder / split).mkdir(parents=True, exist_ok=True)
            save_png(pair, folder / split / f"{number:04d}.png")
    return folder


def methods(root: str, pairs: Path) -> dict[str, runs.Run]:
    """The runs by their rows' names."""
    both = {
        "data.image_size": SIZE,
        "data.load_size": LOADED,
        "data.batch_size": BATCH,
        "data.num_workers": 0,
        "trainer.max_steps": ENDLESS,
    }
    small: dict[str, float] = {
        "base_channels": 16,
        "discriminator_channels": 32,
        "hidden_channels": 32,
        "num_doublings": 4,
    }
    small |= {"generator_lr": 4e-4, "discriminator_lr": 8e-4, "lambda_kl": 0.005}  # by trial, for minutes
    small |= {"latent_dim": 64, "constant_epochs": 0, "decay_epochs": 0, "ema_decay": 0.999}
    spade = {"data.root": root, "data.held_out": HELD_OUT, **{f"model.{name}": value for name, value in small.items()}}
    pix2pix = {
        "model.base_channels": 32,
        "model.norm": "instance",
        "model.lr_decay_start": 0,
        "model.lr_decay_end": 0,
        "data.flip": True,
    }
    return {
        "pix2pix": runs.Run(
            "pix2pix",
            "pix2pix.yaml",
            "label-maps",
            data="PairedFolder",
            root=str(pairs),
            settings={**both, **pix2pix},
        ),
        "SPADE": runs.Run("SPADE", "spade_facades.yaml", "label-maps", settings={**both, **spade}),
    }


def mean_colours(train: Facades, labels: Tensor, count: int) -> Tensor:
    """Label maps in the mean colour that each class has in the training photographs, uint8 [N, 3, H, W]."""
    classes, pixels = train.labels.flatten().long(), train.photos.permute(0, 2, 3, 1).reshape(-1, 3).float()
    sums = torch.zeros(count, 3).index_add_(0, classes, pixels)
    means = sums / classes.bincount(minlength=count).clamp_min(1)[:, None]
    return means.round().to(torch.uint8)[labels[:, 0].long()].permute(0, 3, 1, 2).contiguous()


def by_pix2pix(gan: TrainedGAN, labels: Tensor, medium: LabelMaps) -> Tensor:
    """What pix2pix makes of label maps, which it sees in their colours."""
    return gan.translate(medium.pictures(labels))


def in_styles(gan: TrainedGAN, labels: Tensor, photos: Tensor) -> Tensor:
    """What SPADE makes of each label map in the style of one photograph each, uint8 [N, 3, H, W]."""
    return torch.stack(
        [gan.translate(one, given={"reference": photo}) for one, photo in zip(labels, photos, strict=True)]
    )


class Row(NamedTuple):
    """A row of the table.

    Attributes:
        title: Its name.
        images: uint8 [N, 3, H, W].
        labels: The maps that are looked for in them.
        far: What training has come to, as the table's last columns have it.
    """

    title: str
    images: Tensor
    labels: Tensor
    far: tuple[str, str] = ("", "")


def rows(data: CMPFacades, models: dict[str, tuple[TrainedGAN, runs.Standing]]) -> Iterator[Row]:
    """All rows: baselines, and what there is of the methods."""
    train, held_out = part(data, "train"), part(data, "test")
    labels = held_out.labels
    yield Row("held-out photographs", held_out.photos, labels)
    yield Row("each class in its mean colour", mean_colours(train, labels, len(data.labels.names)), labels)
    for title, (gan, at) in models.items():
        far = f"{at.steps:,}", f"{at.seconds / 60:.0f}"
        if title == "pix2pix":
            yield Row(title, by_pix2pix(gan, labels, data.labels), labels, far)
            continue
        made = gan.translate(labels)
        yield Row("SPADE, style of seed 0", made, labels, far)
        yield Row("SPADE, style of another photograph", in_styles(gan, labels, held_out.photos.roll(1, 0)), labels, far)
        yield Row("SPADE of others' maps", made, labels.roll(1, 0), far)


def cells(row: Row, reader: MapReader, features: Lite0 | None, photos: Tensor) -> tuple[str, ...]:
    """A row's cells, in the order of `COLUMNS`."""
    iou = mean_iou(confusion(reader.network, row.images, reader.known(row.labels)))
    kid = "" if features is None else f"{1000 * kernel_distance(features(row.images), features(photos)).value:.1f}"
    return f"{iou:.3f}", kid, *row.far


def sheets(data: CMPFacades, models: dict[str, tuple[TrainedGAN, runs.Standing]], folder: Path) -> None:
    """Writes the sheets of those methods that there are."""
    held_out = part(data, "test")
    labels, photos = (side[:SHOWN] for side in held_out)
    coloured = data.labels.pictures(labels)
    made = [
        by_pix2pix(gan, labels, data.labels) if title == "pix2pix" else gan.translate(labels)
        for title, (gan, _) in models.items()
    ]
    columns = torch.stack([coloured, *made, photos], dim=1)
    save_png(grid(columns.flatten(0, 1), columns=columns.shape[1]), folder / "label_maps.png")
    if "SPADE" in models:
        gan, _ = models["SPADE"]
        styles = held_out.photos[-STYLES:]
        top = torch.cat([torch.full_like(photos[:1], 255), styles])
        body = [
            torch.cat([colours[None], in_styles(gan, one.expand(STYLES, -1, -1, -1), styles)])
            for colours, one in zip(coloured, labels, strict=True)
        ]
        save_png(grid(torch.cat([top, *body]), columns=STYLES + 1), folder / "label_maps_styles.png")


def main() -> None:
    parser = runs.parser(__doc__, minutes=20)
    options = parser.parse_args()
    data = facades(options.root)
    pairs = write_pairs(facades(options.root, 2 * SIZE), options.folder / "label_maps_pairs")
    wanted = methods(options.root, pairs)
    runs.train(list(wanted.values()), options.folder, jobs=options.jobs, minutes=options.minutes)
    models = {
        run.title: (TrainedGAN(at.checkpoint), at) for run, at in runs.trained(list(wanted.values()), options.folder)
    }
    reader = map_reader(data, options.folder)
    try:
        features = Lite0()
    except UserError as error:
        print(f"KID: left out. {error}", flush=True)
        features = None
    table = Table("", *COLUMNS, title=f"{len(part(data, 'test').labels)} held-out facades of {SIZE} pixels")
    photos = part(data, "test").photos
    for row in rows(data, models):
        seen = part(data, "train").photos if row.title == "held-out photographs" else photos
        table.add_row(row.title, *cells(row, reader, features, seen))
    Console(width=110).print(table)
    sheets(data, models, options.folder)


if __name__ == "__main__":
    main()
