"""Holes filled by a context encoder and blur taken away by DeblurGAN, beside what needs no network and no adversary.

    python -m benchmarks.restoration --root DATASETS [--only faces facades blur] [--jobs 2] [--minutes 10]

`DATASETS` holds `celeba_subset/img_align_celeba`, `cmp_facades_base/base` and `superres` (BSD and Sun-Hays).

`faces`, `facades`: held-out images of 64 pixels with a hole of 28 in the middle. Columns: mean absolute error and PSNR
of the hole's pixels alone, and KID of the middle halves to those of the training images, in EfficientNet-Lite0's
features. Rows: the mean colour of what is known; harmonic filling; the training image that is most like it around the
hole, pasted; the network without an adversary; the context encoder.

`blur`: ten held-out photographs of BSD, whole, each blurred by a kernel of 15 pixels. Columns: PSNR and SSIM,
the distance between the distributions of local gradients, which no blurred image keeps small, and the distance in
EfficientNet-Lite0's features, which the GANs are trained by. Rows: the blurred image; the same moved to where it is
nearest; Wiener's filter with the true kernel and the best ratio of noise; the network without an adversary; DeblurGAN;
DeblurGAN-v2.

Sheets of pictures are in `<folder>/<name>.png`. The command can be stopped and called again.
"""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import photo_measures, runs
from benchmarks.restoration_baselines import (
    NOISE,
    best_shifted,
    filled_from_nearest,
    harmonically_filled,
    mean_filled,
    wiener,
)
from gan_cli.batches import MaskedBatch
from gan_cli.data import Degraded
from gan_cli.data.degraded.motion_blur import MotionBlur
from gan_cli.data.degraded.part import USE
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png, to_float, to_uint8
from gan_cli.metrics.distances import kernel_distance
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance
from gan_cli.metrics.restoration import mae_in_holes, psnr_in_holes
from gan_cli.seeding import mix

SIZE = 64
"""Side of the images with holes, in pixels, and of what is cut from photographs to learn from."""
SHOWN = 10
HELD_OUT = 10
"""So many photographs of BSD are held out."""
CROP = 128
"""Side of what a sheet shows of a photograph."""
IN_HOLES = ("absolute error in the hole", "PSNR in the hole", "KID of the middle x 1000")
OF_BLUR = ("PSNR", "SSIM", "gradients' distance", "distance in lite0")

Rows = Mapping[str, runs.Run]
"""The runs of a table, by their rows' names."""


class Holes(NamedTuple):
    """A set whose images get holes.

    Attributes:
        folder: Of its images, below that of the data sets.
        pattern: Its photographs.
        held_out: Share of them that is held out.
    """

    folder: str
    pattern: str
    held_out: float


SETS: Mapping[str, Holes] = {
    "faces": Holes("celeba_subset/img_align_celeba", "*.jpg", 0.2),
    "facades": Holes("cmp_facades_base/base", "*.jpg", 0.25),
}


def linked(files: Sequence[Path], folder: Path) -> Path:
    """A folder with links to files, which holds nothing else of their folders."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in files:
        link = folder / file.name
        if not link.exists():
            link.symlink_to(file.resolve())
    return folder


def hole_arguments(images: Path, held_out: float) -> dict[str, Any]:
    """The data set's arguments for a folder of images that get a hole in the middle."""
    options = {"held_out": held_out, "flip": True}
    return {"root": str(images), "crop": False, "masks": "middle", "image_size": SIZE, "images_options": options}


def blur_arguments(images: Path) -> dict[str, Any]:
    """The data set's arguments for a folder of photographs that are blurred."""
    options = {"flip": True}
    return {"root": str(images), "kernel_size": 15, "image_size": SIZE, "images_options": options}


def of_data(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of a data set as settings of a run."""
    return {f"data.{name}": value for name, value in arguments.items()}


def rows_of_holes(name: str, arguments: Mapping[str, Any]) -> Rows:
    """A context encoder with and without its adversary."""
    settings = {**of_data(arguments), "trainer.max_steps": 3000}
    alone = {**settings, "model.lambda_adversarial": 0.0}
    return {
        "the same without an adversary": runs.Run(
            f"{name}, squares alone", "context_encoder.yaml", f"{name}-l2", settings=alone
        ),
        "ContextEncoder": runs.Run(f"{name}, ContextEncoder", "context_encoder.yaml", name, settings=settings),
    }


RESIDUAL: Mapping[str, Any] = {
    "model.architecture": "resnet",
    "model.num_blocks": 4,
    "model.dropout": 0.0,
    "model.upsampling": "resize",
    "model.generator_lr": 5e-4,
    "model.lr_decay_start": 0,
    "model.lr_decay_end": 0,
    "trainer.max_steps": 6000,
}
"""The first paper's network, shrunk; the small config has the second's."""


def rows_of_blur(arguments: Mapping[str, Any]) -> Rows:
    """DeblurGAN without its adversary, as it is, and the critics of its second version, all of the first's network."""
    settings = {**of_data(arguments), **RESIDUAL, "model.features": "lite0", "model.lambda_perceptual": 10.0}
    alone = {**settings, "model.lambda_adversarial": 0.0}
    second = {
        **of_data(arguments),
        **RESIDUAL,
        "model.objective": "ragan-ls",
        "model.scales": "double",
        "model.features": "lite0",
        "model.lambda_perceptual": 0.05,
        "model.lambda_pixel": 1.0,
        "model.lambda_adversarial": 0.01,
    }
    return {
        "the same without an adversary": runs.Run("blur, no adversary", "deblurgan.yaml", "blur-alone", settings=alone),
        "DeblurGAN": runs.Run("blur, DeblurGAN", "deblurgan.yaml", "blur", settings=settings),
        "DeblurGAN-v2's critics": runs.Run("blur, two critics", "deblurgan.yaml", "blur-v2", settings=second),
    }


def models(rows: Rows, folder: Path) -> dict[str, TrainedGAN]:
    """The models of the rows that are trained, by their rows' names, with how far they are."""
    found = {title: list(runs.trained([run], folder)) for title, run in rows.items()}
    return {title + at.mark(): TrainedGAN(at.checkpoint) for title, trained in found.items() for _, at in trained}


def fillings(batch: MaskedBatch, training: Tensor, gans: Mapping[str, TrainedGAN]) -> dict[str, Tensor]:
    """Images with their holes filled, uint8 [N, C, H, W], by the rows' names.

    Args:
        batch: Held-out images as they are kept.
        training: Those that were learned from, uint8 [M, C, H, W].
        gans: The models.
    """
    source, target, mask = batch
    made = {
        "mean colour of what is known": mean_filled(target, mask),
        "harmonic filling": harmonically_filled(target, mask),
        "the nearest training image": filled_from_nearest(target, mask, training),
    }
    for title, gan in gans.items():
        with torch.inference_mode():
            made[title] = to_uint8(gan.model(to_float(source), mask=mask.float()))
    return made


def middle(images: Tensor) -> Tensor:
    """The middle half of images, in which the hole is."""
    high, wide = (length // 4 for length in images.shape[2:])
    return images[..., high : 3 * high, wide : 3 * wide]


def measure_holes(name: str, arguments: Mapping[str, Any], gans: Mapping[str, TrainedGAN], sheet: Path) -> Table:
    """The table of one set of images with holes, and its sheet of pictures."""
    data = Degraded(degradation="masks", **arguments)
    batch, training = _all_of(data, "test"), _all_of(data, "train").target
    made = fillings(batch, training, gans)
    network = Lite0()
    features = network(middle(training))
    table = Table("", *IN_HOLES, title=f"{name}: {len(training)} images learned from, {len(batch.target)} held out")
    for title, images in {**made, "the images themselves": batch.target}.items():
        error, ratio = (measure(images, batch.target, batch.mask).mean() for measure in (mae_in_holes, psnr_in_holes))
        distance = kernel_distance(features, network(middle(images))).value
        table.add_row(title, f"{error:.1f}", f"{ratio:.2f}", f"{1000 * distance:.1f}")
    _save([batch.source, *made.values(), batch.target], sheet)
    return table


def sharpened(data: Degraded, gans: Mapping[str, TrainedGAN]) -> list[dict[str, Tensor]]:
    """For each held-out photograph what the rows make of it, and itself as `""`; uint8 [3, H, W] each."""
    assert isinstance(data.how, MotionBlur)
    found = []
    wieners = {f"Wiener with the true kernel, noise {noise:g}": noise for noise in NOISE}
    ratios = dict.fromkeys(wieners, 0.0)
    for number, pair in enumerate(data.whole_pairs()):
        batch = pair.read()
        blurred, sharp = batch.source[0], batch.target[0]
        kernel = torch.from_numpy(data.how.kernel(mix(USE, number)))
        made = {"": sharp, "the blurred image": blurred, "moved by up to 3 pixels": best_shifted(blurred, sharp)}
        made |= {title: wiener(blurred, kernel, noise) for title, noise in wieners.items()}
        for title in wieners:
            ratios[title] += psnr(made[title], sharp)
        made |= {title: gan.translate(batch.source)[0] for title, gan in gans.items()}
        found.append(made)
    lesser = ratios.keys() - {max(ratios, key=lambda title: ratios[title])}
    return [{title: image for title, image in made.items() if title not in lesser} for made in found]


def psnr(image: Tensor, wanted: Tensor) -> float:
    """Of uint8 images of one size, in decibels."""
    return float(10 * torch.log10(255**2 / (image.double() - wanted.double()).square().mean()))


def measure_blur(arguments: Mapping[str, Any], gans: Mapping[str, TrainedGAN], sheet: Path) -> Table:
    """The table of blurred photographs, and its sheet of pictures."""
    data = Degraded(degradation="blur", **arguments)
    photographs = sharpened(data, gans)
    distance = PerceptualDistance(Lite0())

    def perceptual(image: Tensor, wanted: Tensor) -> float:
        with torch.inference_mode():
            return float(distance(to_float(image[None]), to_float(wanted[None])))

    measures: tuple[Callable[[Tensor, Tensor], float], ...] = (
        psnr,
        lambda image, wanted: photo_measures.structural_similarity(image[None], wanted[None]),
        lambda image, wanted: photo_measures.gradient_distance(image[None], wanted[None]),
        perceptual,
    )
    table = Table("", *OF_BLUR, title=f"blur: {len(photographs)} held-out photographs, kernels of 15 pixels")
    for title in [name for name in photographs[0] if name]:
        found = [sum(measure(made[title], made[""]) for made in photographs) / len(photographs) for measure in measures]
        table.add_row(title, f"{found[0]:.2f}", f"{found[1]:.3f}", f"{found[2]:.2f}", f"{found[3]:.3f}")
    order = [*(name for name in photographs[0] if name), ""]
    _save([torch.stack([made[name][:, :CROP, :CROP] for made in photographs]) for name in order], sheet)
    return table


def _all_of(data: Degraded, split: Any) -> MaskedBatch:
    part = data.part(split)
    batch = part[torch.arange(len(part))].batch
    assert isinstance(batch, MaskedBatch)
    return batch


def _save(columns: Sequence[Tensor], sheet: Path) -> None:
    """A sheet with a row for each of some images, and a column for each way."""
    shown = torch.stack(list(columns), dim=1)
    chosen = torch.arange(min(SHOWN, len(shown))) * len(shown) // min(SHOWN, len(shown))
    save_png(grid(shown[chosen].flatten(0, 1), columns=shown.shape[1]), sheet)


def main() -> None:
    parser = runs.parser(__doc__, minutes=10)
    parser.add_argument("--only", nargs="+", choices=[*SETS, "blur"], metavar="NAME", help="tables; without it all")
    options = parser.parse_args()
    wanted: Sequence[str] = options.only or [*SETS, "blur"]
    root, sets = Path(options.root), options.folder / "sets"
    arguments: dict[str, dict[str, Any]] = {}
    rows: dict[str, Rows] = {}
    for name in wanted:
        if name == "blur":
            bsd = sorted((root / "superres" / "bsd200_train").glob("*.png"))
            linked(bsd[:HELD_OUT], sets / "photographs" / "test")
            learned = [*bsd[HELD_OUT:], *sorted((root / "superres" / "sun_hays_train").glob("*.jpg"))]
            linked(learned, sets / "photographs" / "train")
            arguments[name] = blur_arguments(sets / "photographs")
            rows[name] = rows_of_blur(arguments[name])
        else:
            files = sorted((root / SETS[name].folder).glob(SETS[name].pattern))
            arguments[name] = hole_arguments(linked(files, sets / name), SETS[name].held_out)
            rows[name] = rows_of_holes(name, arguments[name])
    every = [run for mine in rows.values() for run in mine.values()]
    runs.train(every, options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=120)
    for name in wanted:
        gans, sheet = models(rows[name], options.folder), options.folder / f"{name}.png"
        if name == "blur":
            console.print(measure_blur(arguments[name], gans, sheet))
        else:
            console.print(measure_holes(name, arguments[name], gans, sheet))


if __name__ == "__main__":
    main()
