"""SRResNet, SRGAN and ESRGAN, four times larger, on Set5 (and Set14) beside bicubic and the published rows.

    python -m benchmarks.super_resolution --root FOLDER [--only SRGAN] [--jobs 2] [--minutes 20]

FOLDER holds photographs to learn from in folders whose names end in `_train` (sides above 768 pixels are halved), and
`set5`, perhaps `set14`. Networks are those of the packaged configs. Each generator learns from pixels first; SRGAN and
ESRGAN go on from there, and half-way between is a blend of both. Only the steps differ from the configs, so that each
run fits into the minutes; one that is cut short is marked.

Measured as in the papers: on Y, rounded, a border of four pixels shaved. Beside PSNR and SSIM, which pixels alone do
best in: a distance in EfficientNet-Lite0's layers, in some of whose maps SRGAN and ESRGAN have learned, and the
distance of the distributions of local gradients, which no network has a part in. A sheet of bicubic, the rows and the
truth is in `<folder>/super_resolution.png`. The command can be stopped and called again.
"""

from collections.abc import Iterator, Mapping
from math import ceil
from pathlib import Path
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torch.nn.functional import pad

from benchmarks import photo_measures, runs
from gan_cli.data.degraded.bicubic import reduced
from gan_cli.data.degraded.degraded import multiple_of
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.blending import blend
from gan_cli.media.pictures import grid, save_png, to_float
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import LARGEST, PerceptualDistance
from gan_cli.metrics.restoration import psnr_on_luma, ssim_on_luma

SCALE = 4
LARGE = 768
"""Sides of training photographs above this are halved: they are of another camera, and soft."""
SETS = ("set5", "set14")
COLUMNS = ("PSNR", "SSIM", "Lite0 distance", "gradients' distance")
SHOWN = 128
"""Side in pixels of the pieces on the sheet."""
PUBLISHED: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "set5": {"bicubic": ("28.42", "0.8104"), "SRResNet": ("32.05", ""), "SRGAN": ("29.40", ""), "RRDB": ("32.73", "")},
    "set14": {"bicubic": ("26.00", "0.7027"), "SRResNet": ("28.49", ""), "SRGAN": ("26.02", ""), "RRDB": ("28.99", "")},
}
"""Papers' rows on Y: arXiv:1609.04802 and arXiv:1809.00219; SRGAN's SSIM is of another tool."""


class Pair(NamedTuple):
    """An image of a test set.

    Attributes:
        name: Its file's.
        small: uint8 [3, h, w].
        large: uint8 [3, 4h, 4w].
    """

    name: str
    small: Tensor
    large: Tensor


class Scores(NamedTuple):
    """What is measured of enlarged images, averaged over a set.

    Attributes:
        psnr: On Y, in decibels.
        ssim: On Y.
        perceptual: Distance in EfficientNet-Lite0's layers.
        gradients: Distance of the distributions of local gradients.
    """

    psnr: float
    ssim: float
    perceptual: float
    gradients: float

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `COLUMNS`."""
        return f"{self.psnr:.2f}", f"{self.ssim:.4f}", f"{self.perceptual:.3f}", f"{self.gradients:.2f}"


class Method(NamedTuple):
    """A generator that learns from pixels, and goes on before a discriminator.

    Attributes:
        pixels: What its row is called before.
        config: Packaged config.
        pixel_steps: Steps on pixels.
        steps: Steps with the discriminator.
    """

    pixels: str
    config: str
    pixel_steps: int
    steps: int


METHODS: Mapping[str, Method] = {
    "SRGAN": Method("SRResNet", "srgan.yaml", 6000, 1500),
    "ESRGAN": Method("RRDB", "esrgan.yaml", 3000, 800),
}


def photographs(root: Path, folder: Path) -> Path:
    """A folder with `train` and `test` of what is below the root, written once.

    Args:
        root: The photographs.
        folder: Where it is made.
    """
    made = folder / "super_resolution"
    groups = {"train": sorted(root.glob("*_train")), "test": [root / SETS[0]]}
    for part, sources in groups.items():
        for file in (file for source in sources for file in sorted(source.iterdir())):
            target = made / part / f"{file.parent.name}-{file.stem}.png"
            if target.is_file():
                continue
            image = Image.open(file).convert("RGB")
            if part == "train" and max(image.size) > LARGE:
                image = image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC)
            target.parent.mkdir(parents=True, exist_ok=True)
            image.save(target)
    return made


def pairs(folder: Path) -> list[Pair]:
    """The images of a test set with what is left of them, in the protocol of the papers."""
    found = []
    for file in sorted(folder.iterdir()):
        image = torch.from_numpy(np.array(Image.open(file).convert("RGB"))).permute(2, 0, 1)
        large = multiple_of(image, SCALE)
        found.append(Pair(file.stem, reduced(large, SCALE), large))
    return found


def bicubic(small: Tensor) -> Tensor:
    """An image enlarged by Pillow, whose cubic is MATLAB's."""
    size = (small.shape[2] * SCALE, small.shape[1] * SCALE)
    enlarged = Image.fromarray(small.permute(1, 2, 0).numpy()).resize(size, Image.Resampling.BICUBIC)
    return torch.from_numpy(np.array(enlarged)).permute(2, 0, 1)


def scores(images: list[Tensor], wanted: list[Tensor], perceptual: PerceptualDistance) -> Scores:
    """The scores of images uint8 [3, H, W] beside those wanted."""
    couples = [(one[None], other[None]) for one, other in zip(images, wanted, strict=True)]
    return Scores(
        mean(float(psnr_on_luma(one, other, SCALE)) for one, other in couples),
        mean(float(ssim_on_luma(one, other, SCALE)) for one, other in couples),
        mean(_distance(one, other, perceptual) for one, other in couples),
        mean(photo_measures.gradient_distance(one, other) for one, other in couples),
    )


@torch.no_grad()
def _distance(one: Tensor, other: Tensor, perceptual: PerceptualDistance) -> float:
    """The mean over pieces of an image that are small enough not to be reduced."""
    found = [float(perceptual(to_float(a), to_float(b))) for a, b in zip(_pieces(one), _pieces(other), strict=True)]
    return mean(found)


def _pieces(images: Tensor) -> Iterator[Tensor]:
    for rows in images.chunk(ceil(images.shape[2] / LARGEST), dim=2):
        yield from rows.chunk(ceil(images.shape[3] / LARGEST), dim=3)


def pixel_run(title: str, data: Path) -> runs.Run:
    """The run of a method's generator on pixels alone."""
    method = METHODS[title]
    settings = {"data.num_workers": 1, "model.pretrain_steps": method.pixel_steps}
    settings |= {"trainer.max_steps": method.pixel_steps}
    return runs.Run(method.pixels, method.config, f"{title.lower()}-pixels", root=str(data), settings=settings)


def adversarial_run(title: str, data: Path, begun: Path) -> runs.Run:
    """The run that goes on from it before a discriminator."""
    method = METHODS[title]
    settings: dict[str, Any] = {"data.num_workers": 1, "model.pretrain_steps": 0, "trainer.max_steps": method.steps}
    settings["model.lr_drops"] = [method.steps * 3 // 4]
    return runs.Run(title, method.config, f"{title.lower()}-bench", root=str(data), settings=settings, init=str(begun))


def trained(titles: list[str], data: Path, folder: Path, jobs: int, minutes: float) -> dict[str, Path]:
    """The checkpoints of the rows, trained where they are not there yet."""
    before = {title: pixel_run(title, data) for title in titles}
    runs.train(list(before.values()), folder, jobs=jobs, minutes=minutes)
    begun = {title: found for title in titles for _, found in runs.trained([before[title]], folder)}
    after = {title: adversarial_run(title, data, at.checkpoint) for title, at in begun.items()}
    runs.train(list(after.values()), folder, jobs=jobs, minutes=minutes)
    rows: dict[str, Path] = {}
    for title, start in begun.items():
        rows[METHODS[title].pixels + start.mark()] = start.checkpoint
        for _, end in runs.trained([after[title]], folder):
            between = folder / f"{title.lower()}-half-way.ckpt"
            blend(end.checkpoint, start.checkpoint, 0.5, between)
            rows[f"half-way to {title}"] = between
            rows[title + end.mark()] = end.checkpoint
    return rows


def sheet(rows: list[list[Tensor]]) -> Tensor:
    """The middles of images, a row an image, a column a method."""
    middles = [_middle(image) for images in zip(*rows, strict=True) for image in images]
    return grid(torch.stack(middles), columns=len(rows))


def _middle(image: Tensor) -> Tensor:
    top, left = (max(0, (side - SHOWN) // 2) for side in image.shape[1:])
    piece = image[:, top : top + SHOWN, left : left + SHOWN]
    return pad(piece, (0, SHOWN - piece.shape[2], 0, SHOWN - piece.shape[1]))


def main() -> None:
    parser = runs.parser(__doc__, minutes=20)
    parser.add_argument("--only", nargs="+", choices=METHODS, metavar="NAME", help="methods; without it both")
    options = parser.parse_args()
    root = Path(options.root)
    rows = trained(
        options.only or [*METHODS],
        photographs(root, options.folder),
        options.folder,
        options.jobs,
        options.minutes,
    )
    gans = {title: TrainedGAN(path, device=runs.device()) for title, path in rows.items()}
    perceptual, console = PerceptualDistance(Lite0()), Console(width=110)
    for name in (name for name in SETS if (root / name).is_dir()):
        images = pairs(root / name)
        wanted = [pair.large for pair in images]
        made = {"bicubic": [bicubic(pair.small) for pair in images]}
        made |= {title: [gan.translate(pair.small) for pair in images] for title, gan in gans.items()}
        table = Table("", *COLUMNS, "published PSNR, SSIM", title=f"{name}, x{SCALE}: {len(images)} images")
        for title, found in made.items():
            published = PUBLISHED[name].get(title.partition(" (")[0], ("", ""))
            table.add_row(title, *scores(found, wanted, perceptual).cells(), " ".join(published).strip())
        console.print(table)
        if name == SETS[0]:
            save_png(sheet([*made.values(), wanted]), options.folder / "super_resolution.png")


if __name__ == "__main__":
    main()
