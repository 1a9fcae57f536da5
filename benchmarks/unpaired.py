"""CycleGAN without pairs: are its translations of the other domain, and is the way back the way it came?

    python -m benchmarks.unpaired [--only china2flower gray2photo] [--jobs 2] [--minutes 15]

china2flower: a classifier trained on real patches of both photographs says how many translations of held-out patches
it takes for the target domain, beside the share of untranslated ones; and the mean absolute error of the cycle, beside
that between patches chosen at random. Before the way back the translation is rounded to 8 bits and given noise of
2/255: CycleGAN can hide the source in what nobody sees (Chu et al. 2017, arXiv:1712.02950).

gray2photo: the truth is known. Trained on two halves that have no patch in common, tested on pairs.

Sheets of real, translated and cycled patches are in `<folder>/<task>-unpaired.png`. The command can be stopped and
called again.
"""

from typing import Literal

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import paired, photo_measures, runs
from gan_cli.data import PhotoPatches
from gan_cli.data.sampling import Span
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.translator import translating
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.classifier import accuracy, classify, train_classifier
from gan_cli.seeding import stream

Task = Literal["china2flower", "gray2photo"]

TASKS: tuple[Task, ...] = ("china2flower", "gray2photo")
NOISE = 2
"""Grey levels of the noise on a translation before the way back (its standard deviation)."""
TRAINING = 4000
"""Patches of each domain that the classifier is trained on."""
SHOWN = 12


def disturbed(images: Tensor) -> Tensor:
    """The same images with noise, uint8 [N, C, H, W]."""
    noise = NOISE * torch.randn(images.shape, generator=stream("disturbed"))
    return (images + noise).round().clamp(0, 255).to(torch.uint8)


def domains(image_size: int) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Patches of both photographs, uint8 [M, 3, H, W]: to train the classifier on, and held out."""
    data = PhotoPatches(task="china2flower", image_size=image_size)
    training = data.part("train")[Span(0, 0, TRAINING)].batch
    a, b = (torch.stack([image.read() for image in data.test_inputs(name)]) for name in data.facts["domains"])
    return tuple(training), (a, b)


def labelled(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Patches of the first domain, labelled 0, and of the second, labelled 1."""
    return torch.cat([a, b]), torch.cat([torch.zeros(len(a)), torch.ones(len(b))]).long()


def between_domains(gan: TrainedGAN, console: Console) -> Tensor:
    """Prints what becomes of held-out patches in both directions; gives columns of images, [N, columns, 3, H, W]."""
    training, held_out = domains(gan.data["image_size"])
    classifier = train_classifier(*labelled(*training), num_classes=2, shift=0, autocast=runs.autocast())
    directions = translating(gan.model).directions
    table = Table("", *(f"{direction}" for direction in directions), title="china2flower: held-out patches")
    columns, taken, before, cycles, apart = [], [], [], [], []
    for number, images in enumerate(held_out):
        there, back = directions[number], directions[1 - number]
        translated = gan.translate(images, there)
        cycled = gan.translate(disturbed(translated), back)
        target = 1 - number
        taken.append(f"{(classify(classifier, translated).labels == target).float().mean():.1%}")
        before.append(f"{(classify(classifier, images).labels == target).float().mean():.1%}")
        cycles.append(f"{photo_measures.mean_absolute_error(cycled, images):.1f}")
        other = images[torch.randperm(len(images), generator=stream("partners"))]
        apart.append(f"{photo_measures.mean_absolute_error(other, images):.1f}")
        columns += [spaced(shown, SHOWN) for shown in (images, translated, cycled)]
    table.add_row("taken for the target domain", *taken)
    table.add_row("the same of untranslated patches", *before)
    table.add_row("error of the cycle, grey levels", *cycles)
    table.add_row("error between random patches", *apart)
    console.print(table, f"classifier: {accuracy(classifier, *labelled(*held_out)):.1%} of held-out patches told")
    return torch.stack(columns, dim=1)


def against_the_truth(gan: TrainedGAN, console: Console) -> Tensor:
    """Prints how right the colours of held-out grey patches are; gives columns of images, [N, columns, 3, H, W]."""
    size = gan.data["image_size"]
    source, target = PhotoPatches(task="gray2photo", image_size=size).held_out_pairs()
    made = gan.translate(source, "gray2photo")
    copied = source.expand(-1, 3, -1, -1)
    table = Table("", *paired.COLUMNS, title=f"gray2photo, trained without pairs: {len(source)} held-out patches")
    table.add_row("copying the source", *paired.scores(copied, target).cells())
    mean = paired.mean_target("gray2photo", size).expand_as(target)
    table.add_row("the mean of training targets", *paired.scores(mean, target).cells())
    table.add_row("CycleGAN", *paired.scores(made, target).cells())
    console.print(table)
    return torch.stack([spaced(shown, SHOWN) for shown in (copied, made, target)], dim=1)


def spaced(images: Tensor, count: int) -> Tensor:
    """So many of the images, evenly from all of them."""
    return images[torch.arange(count) * len(images) // count]


def run_of(task: Task) -> runs.Run:
    """The run of a task; where the channels differ there is no identity term."""
    grey = {"data.paired": False, "model.lambda_identity": 0.0} if task == "gray2photo" else {}
    return runs.Run(task, "cyclegan.yaml", task, settings={"data.task": task, **grey})


def main() -> None:
    parser = runs.parser(__doc__, minutes=15, root=False)
    parser.add_argument("--only", nargs="+", choices=TASKS, metavar="NAME", help="tasks; without it both")
    options = parser.parse_args()
    wanted = [run_of(task) for task in options.only or TASKS]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    console = Console(width=110)
    for run, standing in runs.trained(wanted, options.folder):
        console.print(f"{run.title}{standing.mark()}")
        look = between_domains if run.title == "china2flower" else against_the_truth
        shown = look(TrainedGAN(standing.checkpoint), console)
        sheet = grid(shown.flatten(0, 1), columns=shown.shape[1] * (1 if shown.shape[1] > 3 else 2))
        save_png(sheet, options.folder / f"{run.title}-unpaired.png")


if __name__ == "__main__":
    main()
