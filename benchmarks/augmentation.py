"""Few labels: what generated images add, beside classical augmentation, for a classifier of digits.

    python -m benchmarks.augmentation [--root FOLDER] [--labels 10] [--draws 5] [--jobs 2] [--minutes 10]

Of MNIST, where it lies below the folder, or else of the embedded digits, a few images of each class are drawn; all that
is learned is learned from these. A CGAN with DiffAugment is trained on them, and `gan augment` writes a folder of them
with generated ones. The same small classifier, with as many steps, then learns from what each row says, and is asked of
all held-out images. Classical augmentation is as many copies as there are generated images, each turned, moved, sheared
and scaled a little. Rows: mean accuracy over the draws, with the standard deviation, and how often a row is above real
images alone. The folders are in `<folder>/augmentation/`. The command can be stopped and called again.
"""

import argparse
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor
from torchvision.datasets import ImageFolder
from torchvision.transforms.v2 import InterpolationMode, RandomAffine
from torchvision.transforms.v2.functional import pil_to_tensor

from benchmarks import runs
from gan_cli import load
from gan_cli.data import MNIST, Digits
from gan_cli.errors import UserError
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.classifier import accuracy, train_classifier
from gan_cli.seeding import stream

CLASSES = 10
SIZES = {"MNIST": 32, "Digits": 16}
"""Sides of the images in pixels; the embedded ones are made of 8x8."""
PER_CLASS = 100
"""Generated images of each class, and copies by classical augmentation."""
CONFIDENCE = 0.5
STEPS = 250
"""Batches that each classifier learns from."""
WATCHED = 10
"""Held-out images of each class that lie beside the few, for the run to look at; nothing is chosen by them."""
SETTINGS: Mapping[str, object] = {
    "model.base_channels": 16,
    "model.augment": ["translation", "cutout"],
    "data.image_channels": 1,
    "data.batch_size": 50,
    "data.flip": False,
    "trainer.max_steps": 600,
    "trainer.val_check_interval": 600,
}
REAL, CLASSICAL, GENERATED, SURE, BOTH, ALONE = (
    "real",
    "real + classical",
    "real + generated",
    f"real + generated, read with {CONFIDENCE:g} or more",
    "real + classical + generated",
    "generated alone",
)


class Images(NamedTuple):
    """Images with their classes.

    Attributes:
        images: uint8 [N, 1, S, S].
        labels: int64 [N].
    """

    images: Tensor
    labels: Tensor


class Lessons(NamedTuple):
    """What classifiers learn from.

    Attributes:
        real: The few.
        classical: Copies of them.
        generated: What a GAN makes that has seen these alone.
        sure: Those that a classifier, trained on the few, reads as their class; None where too few are.
    """

    real: Images
    classical: Images
    generated: Images
    sure: Images | None

    def rows(self) -> dict[str, Images]:
        """What each row's classifier learns from."""
        return {
            REAL: self.real,
            CLASSICAL: joined(self.real, self.classical),
            GENERATED: joined(self.real, self.generated),
            **({SURE: joined(self.real, self.sure)} if self.sure else {}),
            BOTH: joined(self.real, self.classical, self.generated),
            ALONE: self.generated,
        }


def joined(*parts: Images) -> Images:
    """All of them together."""
    return Images(*(torch.cat(fields) for fields in zip(*parts, strict=True)))


def some_of_each(labels: Tensor, count: int, draw: int) -> Tensor:
    """The numbers of so many images of each class, int64 [K count], another choice in each draw.

    Args:
        labels: Of all images, int64 [N].
        count: How many of each class.
        draw: Which draw.
    """
    order = torch.randperm(len(labels), generator=stream(draw, "few labels"))
    return torch.cat([order[labels[order] == number][:count] for number in range(CLASSES)])


def copies(few: Images, each: int, seed: int) -> Images:
    """Classical augmentation: so many changed copies of each class, dealt out to its images in turn."""
    change = RandomAffine(
        degrees=15, translate=(0.1, 0.1), scale=(0.9, 1.1), shear=10, interpolation=InterpolationMode.BILINEAR
    )
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        made = []
        for number in range(CLASSES):
            own = few.images[few.labels == number]
            made += [change(own[place % len(own)]) for place in range(each)]
    return Images(torch.stack(made), torch.arange(CLASSES).repeat_interleave(each))


def write_few(images: Images, held_out: Images, folder: Path) -> None:
    """Writes the few, and some held-out ones to look at, as a folder of images for each class; once."""
    if folder.is_dir():
        return
    temporary = folder.with_name(f".{folder.name}.tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    for part, (pictures, labels) in {"train": images, "test": held_out}.items():
        for number, (picture, label) in enumerate(zip(pictures, labels.tolist(), strict=True)):
            save_png(picture, temporary / part / str(label) / f"{number:04d}.png")
    temporary.rename(folder)


def read_folder(folder: Path, origin: str) -> Images:
    """The images of an augmented folder that are real, or generated, as torchvision's ImageFolder finds them."""
    found = ImageFolder(str(folder), is_valid_file=lambda path: Path(path).name.startswith(origin))
    assert [int(name) for name in found.classes] == list(range(CLASSES))
    pictures = [pil_to_tensor(found.loader(path).convert("L")) for path, _ in found.samples]
    return Images(torch.stack(pictures), torch.tensor([label for _, label in found.samples]))


def run_of(name: str, draw: int, labels: int, few: Path) -> runs.Run:
    """The run that learns from the few of a draw of a set."""
    return runs.Run(
        f"draw {draw}",
        "cgan.yaml",
        name=f"augmentation-{labels}-{draw}",
        data="ImageFolder",
        root=str(few),
        settings={**SETTINGS, "data.image_size": SIZES[name]},
        seed=draw,
    )


def lessons(few: Path, folder: Path, checkpoint: Path, draw: int) -> Lessons:
    """What the classifiers of a draw learn from."""
    gan = load(checkpoint)
    for name, confidence in (("generated", None), ("sure", CONFIDENCE)):
        if not (folder / name).is_dir() or (folder / name).stat().st_mtime < checkpoint.stat().st_mtime:
            shutil.rmtree(folder / name, ignore_errors=True)
            try:
                gan.augment(folder / name, PER_CLASS, confidence=confidence, real=few)
            except UserError as error:
                print(f"draw {draw}: {error}", flush=True)
    real, made = (read_folder(folder / "generated", origin) for origin in ("real", "generated"))
    sure = read_folder(folder / "sure", "generated") if (folder / "sure").is_dir() else None
    return Lessons(real, copies(real, PER_CLASS, draw), made, sure)


def accuracies(found: Lessons, held_out: Images, draw: int) -> dict[str, float]:
    """How often each row's classifier is right on held-out images."""
    return {
        name: accuracy(
            train_classifier(*lesson, steps=STEPS, seed=draw, num_classes=CLASSES, shift=0, autocast=runs.autocast()),
            *held_out,
        )
        for name, lesson in found.rows().items()
    }


def table(found: Sequence[Mapping[str, float]], title: str) -> Table:
    """The rows over all draws."""
    made = Table("learned from", "accuracy", "deviation", f"above {REAL}", title=title, title_justify="left")
    for name in max(found, key=len):  # in some draws too few are read as their class
        there = [draw for draw in found if name in draw]
        shares = [draw[name] for draw in there]
        above = sum(draw[name] > draw[REAL] for draw in there)
        spread = f"{stdev(shares):.1%}" if len(shares) > 1 else ""
        made.add_row(name, f"{mean(shares):.1%}", spread, "" if name == REAL else f"{above} of {len(there)}")
    return made


def parts(root: str) -> tuple[str, Images, Images]:
    """The set's name, its training images and its held-out ones."""
    kind = MNIST if runs.has_mnist(root) else Digits
    data = kind(root, image_size=SIZES[kind.__name__])
    return data.name, Images(*data.read(True)), Images(*data.read(False))


def results(options: argparse.Namespace) -> Iterator[tuple[str, dict[str, float]]]:
    """The accuracies of each draw that is trained, with the set's name."""
    name, train, held_out = parts(options.root)
    folder = options.folder / "augmentation" / f"{name}-{options.labels}"
    fews = [folder / f"few-{draw}" for draw in range(options.draws)]
    for draw, few in enumerate(fews):
        chosen, watched = some_of_each(train.labels, options.labels, draw), some_of_each(held_out.labels, WATCHED, draw)
        write_few(Images(*(field[chosen] for field in train)), Images(*(field[watched] for field in held_out)), few)
    wanted = [run_of(name, draw, options.labels, few) for draw, few in enumerate(fews)]
    runs.train(wanted, folder, jobs=options.jobs, minutes=options.minutes)
    for run, at in runs.trained(wanted, folder):
        draw, kept = run.seed, folder / f"accuracies-{run.seed}.json"

        def measured(draw: int = draw, at: runs.Standing = at) -> dict[str, float]:
            found = lessons(fews[draw], folder / f"draw-{draw}", at.checkpoint, draw)
            shown = joined(
                *(Images(*(field[:: len(part.labels) // 30][:30] for field in part)) for part in found if part)
            )
            save_png(grid(shown.images, columns=30), folder / f"draw-{draw}.png")
            return accuracies(found, held_out, draw)

        yield name, runs.remembered(kept, [at.checkpoint, Path(__file__)], measured)


def main() -> None:
    made = runs.parser(__doc__, minutes=10)
    made.add_argument("--labels", type=int, default=10, help="images of each class")
    made.add_argument("--draws", type=int, default=5, help="how often they are drawn")
    options = made.parse_args()
    found = list(results(options))
    if found:
        names = f"{found[0][0]}, {options.labels} labels a class, {len(found)} draws"
        Console(width=120, highlight=False).print(table([shares for _, shares in found], names))


if __name__ == "__main__":
    main()
