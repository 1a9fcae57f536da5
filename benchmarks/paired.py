"""pix2pix on patches of two photographs, beside what costs nothing and what its adversarial term is worth.

    python -m benchmarks.paired [--only edges2photo gray2photo] [--jobs 2] [--minutes 10]

Held-out patches, from blocks of the photographs that training never sees. Rows: copying the source; the mean of all
training targets; pix2pix's generator trained without a discriminator; pix2pix. Every drawing has edges on 5 % of its
pixels at least. A sheet of source, regression, pix2pix and target is in `<folder>/<task>.png`. The command can
be stopped and called again.
"""

from typing import Literal, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import photo_measures, runs
from gan_cli.data import PhotoPatches
from gan_cli.data.sampling import Span
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png

Task = Literal["edges2photo", "gray2photo"]

TASKS: tuple[Task, ...] = ("edges2photo", "gray2photo")
TRAINING = 2000
"""Training patches that the mean is taken of."""
SHOWN = 12
COLUMNS = ("absolute error", "SSIM", "error of a and b", "gradients' distance")


class Scores(NamedTuple):
    """How far a row's patches are from the targets.

    Attributes:
        error: Mean absolute error in grey levels.
        similarity: SSIM.
        chroma: Mean absolute error of CIELAB's a and b.
        gradients: Distance between the distributions of local gradients, which no blurred image keeps small.
    """

    error: float
    similarity: float
    chroma: float
    gradients: float

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `COLUMNS`."""
        return f"{self.error:.1f}", f"{self.similarity:.3f}", f"{self.chroma:.2f}", f"{self.gradients:.2f}"


def scores(images: Tensor, target: Tensor) -> Scores:
    """The scores of images, uint8 [N, 3, H, W]."""
    return Scores(
        error=photo_measures.mean_absolute_error(images, target),
        similarity=photo_measures.structural_similarity(images, target),
        chroma=photo_measures.chroma_error(images, target),
        gradients=photo_measures.gradient_distance(images, target),
    )


def mean_target(task: Task, image_size: int) -> Tensor:
    """The mean of training targets, uint8 [3, H, W]."""
    part = PhotoPatches(task=task, image_size=image_size).part("train")
    _, targets = part[Span(0, 0, TRAINING)].batch
    mean: Tensor = targets.float().mean(0).round().to(torch.uint8)
    return mean


def runs_of(task: Task) -> dict[str, runs.Run]:
    """The two runs of a task, by their rows' names."""
    settings = {"data.task": task}
    alone = {**settings, "model.lambda_adversarial": 0.0}
    return {
        "the same without a discriminator": runs.Run(f"{task}, L1 alone", "pix2pix.yaml", f"{task}-l1", settings=alone),
        "pix2pix": runs.Run(f"{task}, pix2pix", "pix2pix.yaml", task, settings=settings),
    }


def main() -> None:
    parser = runs.parser(__doc__, minutes=10, root=False)
    parser.add_argument("--only", nargs="+", choices=TASKS, metavar="NAME", help="tasks; without it both")
    options = parser.parse_args()
    rows = {task: runs_of(task) for task in options.only or TASKS}
    runs.train(
        [run for mine in rows.values() for run in mine.values()],
        options.folder,
        jobs=options.jobs,
        minutes=options.minutes,
    )
    console = Console(width=110)
    for task, mine in rows.items():
        found = {title: list(runs.trained([run], options.folder)) for title, run in mine.items()}
        models = {title: (TrainedGAN(at.checkpoint), at) for title, trained in found.items() for _, at in trained}
        if not models:
            continue
        size = next(iter(models.values()))[0].data["image_size"]
        source, target = PhotoPatches(task=task, image_size=size).held_out_pairs()
        made = {title + at.mark(): gan.translate(source) for title, (gan, at) in models.items()}
        copied = source.expand(-1, 3, -1, -1)
        table = Table("", *COLUMNS, title=f"{task}: {len(source)} held-out patches of {size} pixels")
        table.add_row("copying the source", *scores(copied, target).cells())
        table.add_row(
            "the mean of training targets", *scores(mean_target(task, size).expand_as(target), target).cells()
        )
        for title, images in made.items():
            table.add_row(title, *scores(images, target).cells())
        console.print(table)
        shown = torch.stack([copied, *made.values(), target], dim=1)
        chosen = torch.arange(SHOWN) * len(source) // SHOWN
        save_png(grid(shown[chosen].flatten(0, 1), columns=2 * shown.shape[1]), options.folder / f"{task}.png")


if __name__ == "__main__":
    main()
