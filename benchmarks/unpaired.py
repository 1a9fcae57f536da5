"""Translators without pairs: are the translations of the other domain, is what they show still there, at what cost?

    python -m benchmarks.unpaired [--only china2flower gray2photo equal_time costs] [--jobs 2] [--minutes 15]
    python -m benchmarks.unpaired --only equal_time costs --images FOLDER [--jobs 1] [--minutes 10]

china2flower: of CycleGAN, a classifier trained on real patches of both photographs says how many translations of
held-out patches it takes for the target domain, beside the share of untranslated ones; and the mean absolute error of
the cycle, beside that between patches chosen at random. Before the way back the translation is rounded to 8 bits and
given noise of 2/255: CycleGAN can hide the source in what nobody sees (Chu et al. 2017, arXiv:1712.02950).

gray2photo: the truth is known. CycleGAN trained on two halves that have no patch in common, tested on pairs.

equal_time: CycleGAN, CUT and FastCUT for the same time, from china to flower or between the domains of a folder in
CycleGAN's layout, such as horse2zebra, in 64 pixels. Rows: images trained on; the share that the classifier takes for
the target domain; KID to held-out images of it, in the features of EfficientNet-Lite0; and SSIM to the source, which a
translation that forgets what it shows does not have. Beside them the sources themselves, and real images of the target
domain in the translations' stead, which show nothing of the sources.

costs: the speed and the memory of these three, in the sizes that equal_time trains and in the papers' networks at 128
pixels: let nothing else run meanwhile.

Sheets of real, translated and cycled patches are in `<folder>/<task>-unpaired.png`, those of equal time in
`<folder>/equal_time-<set>.png`. The command can be stopped and called again.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any, Literal, NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import paired, photo_measures, runs, speed
from gan_cli.data import PhotoPatches, UnpairedFolder
from gan_cli.data.sampling import Span
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.translator import translating
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.classifier import ImageClassifier, accuracy, classify, train_classifier
from gan_cli.metrics.distances import kernel_distance
from gan_cli.metrics.lite0 import Lite0
from gan_cli.seeding import stream

Task = Literal["china2flower", "gray2photo"]

TASKS: tuple[Task, ...] = ("china2flower", "gray2photo")
EQUAL_TIME, COSTS = "equal_time", "costs"
SIZE = 64
"""Side of the images that all learn from."""
NOISE = 2
"""Grey levels of the noise on a translation before the way back (its standard deviation)."""
TRAINING = 4000
"""Patches of each domain that the classifier is trained on."""
SHOWN = 12
ENDLESS = 1_000_000
"""Batches that no run of equal time comes to."""
ROUNDS, SECONDS = 4, 2.0
"""Of the stopwatch: blocks of steps, and how long each is."""


class Method(NamedTuple):
    """A translator in two sizes.

    Attributes:
        config: Packaged config.
        settings: What else it is told.
        paper: What the small config shrinks, as the paper has it, in images of 128 pixels.
    """

    config: str
    settings: Mapping[str, Any]
    paper: Mapping[str, Any]


PAPER = {"model.base_channels": 64, "model.num_blocks": 9, "model.patch_size": 70, "data.image_size": 128}
FAST = {"model.lambda_nce": 10.0, "model.identity": False, "model.flip_equivariance": True}
METHODS: Mapping[str, Method] = {
    "CycleGAN": Method("cyclegan.yaml", {}, {**PAPER, "model.upsampling": "deconvolution"}),
    "CUT": Method("cut.yaml", {}, PAPER),
    "FastCUT": Method("cut.yaml", FAST, PAPER),
}


def disturbed(images: Tensor) -> Tensor:
    """The same images with noise, uint8 [N, C, H, W]."""
    noise = NOISE * torch.randn(images.shape, generator=stream("disturbed"))
    return (images + noise).round().clamp(0, 255).to(torch.uint8)


def domains(image_size: int, images: Path | None = None) -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Images of both domains, uint8 [M, 3, H, W]: to train the classifier on, and held out.

    Args:
        image_size: H and W.
        images: A folder of two domains; None takes patches of both photographs.
    """
    data: PhotoPatches | UnpairedFolder = (
        PhotoPatches(task="china2flower", image_size=image_size)
        if images is None
        else UnpairedFolder(root=str(images), image_size=image_size, num_workers=0)
    )
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


def method_run(title: str, images: Path | None) -> runs.Run:
    """A method's run of equal time, which its minutes end."""
    config, settings, _ = METHODS[title]
    settings = {"data.image_size": SIZE, "trainer.max_steps": ENDLESS, **settings}
    name = f"{EQUAL_TIME}-{title.lower()}-{images.name if images else 'china2flower'}"
    if images is not None:
        return runs.Run(title, config, name, data="UnpairedFolder", root=str(images), settings=settings)
    return runs.Run(title, config, name, settings={"data.task": "china2flower", **settings})


class Judges(NamedTuple):
    """What tells how good translations are.

    Attributes:
        classifier: Tells the domain of an image.
        features: Features [N, F] of images uint8 [N, 3, H, W].
        targets: Held-out images of the target domain.
    """

    classifier: ImageClassifier
    features: Callable[[Tensor], Tensor]
    targets: Tensor

    def cells(self, made: Tensor, source: Tensor) -> tuple[str, ...]:
        """What a table says of images that were made of others: domain, KID, SSIM to the source."""
        taken = (classify(self.classifier, made).labels == 1).float().mean()
        distance = kernel_distance(self.features(made), self.features(self.targets)).value
        return f"{taken:.0%}", f"{distance:.4f}", f"{photo_measures.structural_similarity(made, source):.3f}"


def in_equal_time(images: Path | None, folder: Path, jobs: int, minutes: float, console: Console) -> None:
    """Trains all methods for the same time, prints what they have come to, and shows it."""
    wanted = [method_run(title, images) for title in METHODS]
    runs.train(wanted, folder, jobs=jobs, minutes=minutes)
    training, (sources, targets) = domains(SIZE, images)
    classifier = train_classifier(*labelled(*training), num_classes=2, shift=0, autocast=runs.autocast())
    judges = Judges(classifier, Lite0(), targets)
    named = images.name if images else "china2flower"
    heads = ("thousand images", "of the target domain", "KID", "SSIM to the source")
    table = Table("", *heads, title=f"{named}: {len(sources)} held-out images, {minutes:g} minutes each")
    columns = [spaced(sources, SHOWN)]
    for run, standing in runs.trained(wanted, folder):
        gan = TrainedGAN(standing.checkpoint)
        made = gan.translate(sources, translating(gan.model).directions[0])
        table.add_row(run.title, f"{gan.model.counters.images / 1000:.1f}", *judges.cells(made, sources))
        columns.append(spaced(made, SHOWN))
    table.add_section()
    table.add_row("the sources themselves", "", *judges.cells(sources, sources))
    table.add_row("real images of the target domain", "", *judges.cells(spaced(training[1], len(sources)), sources))
    console.print(table, f"classifier: {accuracy(classifier, *labelled(sources, targets)):.1%} of held-out images told")
    save_png(grid(torch.stack(columns, dim=1).flatten(0, 1), len(columns) * 2), folder / f"{EQUAL_TIME}-{named}.png")


def costs(images: Path | None) -> Table:
    """Speed and memory of each method, in the sizes that were trained and in the papers' networks."""
    table = Table(
        "", "images/s", "memory, GB", "images/s", "memory, GB", title=f"{SIZE} pixels; the papers', 128 pixels"
    )
    for title, method in METHODS.items():
        run = method_run(title, images)
        words = ["--data", run.data, "--data.root", str(run.root)] if run.data else ["--data.task", "china2flower"]
        cells = []
        for sizes in ({"data.image_size": SIZE}, method.paper):
            told = [word for key, value in {**method.settings, **sizes}.items() for word in (f"--{key}", str(value))]
            found = speed.measure_apart(method.config, runs.precision(), ROUNDS, SECONDS, [*words, *told])
            cells += [f"{1000 * found.images / median(found.fit):.3g}", f"{found.memory:.2f}"]
        table.add_row(title, *cells)
    return table


def main() -> None:
    parser = runs.parser(__doc__, minutes=15, root=False)
    every = (*TASKS, EQUAL_TIME, COSTS)
    parser.add_argument("--only", nargs="+", choices=every, metavar="NAME", help="tasks; without it all of them")
    parser.add_argument(
        "--images", type=Path, help="folder of two domains, for equal_time and costs; without it photographs"
    )
    options = parser.parse_args()
    console, chosen = Console(width=110), options.only or every
    if COSTS in chosen:  # before this process has grown: on Linux one that it starts counts its memory as its own
        console.print(costs(options.images))
    wanted = [run_of(task) for task in TASKS if task in chosen]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    for run, standing in runs.trained(wanted, options.folder):
        console.print(f"{run.title}{standing.mark()}")
        look = between_domains if run.title == "china2flower" else against_the_truth
        shown = look(TrainedGAN(standing.checkpoint), console)
        sheet = grid(shown.flatten(0, 1), columns=shown.shape[1] * (1 if shown.shape[1] > 3 else 2))
        save_png(sheet, options.folder / f"{run.title}-unpaired.png")
    if EQUAL_TIME in chosen:
        in_equal_time(options.images, options.folder, options.jobs, options.minutes, console)


if __name__ == "__main__":
    main()
