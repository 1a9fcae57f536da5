"""How near a GAN of digits comes to held-out ones in each of its spaces, beside the mean training image.

    python -m benchmarks.projection [--ckpt FILE] [--root FOLDER] [--num 20] [--steps 1000]

Columns: PSNR, SSIM, the distance that the search makes small (`pixels`), and the share of pictures in which a
classifier sees the same digit as in their targets. A picture is `<folder>/projection.png`: the targets, and a row for
each space.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from statistics import mean

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.judge import Judge
from gan_cli import data
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import resolve
from gan_cli.inference.likeness import likeness_of
from gan_cli.inference.project import scored, space_of
from gan_cli.media.pictures import grid, save_png

FEATURES = "pixels"


def pictures(gan: TrainedGAN, targets: Tensor, training: Tensor, steps: int) -> Iterator[tuple[str, Tensor]]:
    """The rows: the mean of the training images, and what is found in each space, uint8 [N, C, H, W]."""
    yield "the mean training image", training.double().mean(0).round().byte().expand_as(targets)
    for space in ("z", "w", "w+") if space_of(gan.model, None) == "w" else ("z",):
        yield space, gan.project(targets, space=space, steps=steps, features=FEATURES, batch_size=len(targets)).images


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ckpt", help="checkpoint; the newest run's if not given")
    parser.add_argument("--root", default="data", help="folder of the data sets")
    parser.add_argument("--folder", type=Path, default=Path("checkpoints/bench"), help="where the classifier is kept")
    parser.add_argument("--num", type=int, default=20, help="held-out images")
    parser.add_argument("--steps", type=int, default=1000, help="of each search")
    options = parser.parse_args()
    gan = TrainedGAN(resolve(options.ckpt), runs.device())
    judge = Judge(getattr(data, gan.data["name"])(root=options.root, image_size=gan.data["image_size"]), options.folder)
    held_out = judge.held_out.images
    targets = held_out[torch.arange(options.num) * len(held_out) // options.num]
    likeness = likeness_of(FEATURES, targets.shape[1])
    table, rows = Table(f"{options.num} held-out digits", "PSNR, dB", "SSIM", FEATURES, "same digit"), [targets]
    for name, images in pictures(gan, targets, judge.training.images, options.steps):
        found = {measure: mean(values) for measure, values in scored(images, targets, likeness).items()}
        same = float((judge.classes(images) == judge.classes(targets)).float().mean())
        table.add_row(name, f"{found['psnr']:.1f}", f"{found['ssim']:.3f}", f"{found['distance']:.3f}", f"{same:.0%}")
        rows.append(images)
    save_png(grid(torch.cat(rows), options.num), options.folder / "projection.png")
    Console(width=100).print(table)


if __name__ == "__main__":
    main()
