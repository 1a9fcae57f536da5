"""StarGAN and StarGAN v2 between styles of digits that are known functions of a digit: every right answer is known.

    python -m benchmarks.domains [--jobs 1] [--minutes 10]

Each held-out digit is translated from each domain into each other one. Rows: what an independent classifier, trained on
all training digits in all domains, takes for the domain asked for; the mean absolute error to the right answer, beside
copying the source. StarGAN v2 is asked by a style from noise (seed 0) and by a reference (the domain's first held-out
digit), with and without its diversity term; of both, how far apart ten styles are, in the mean over pairs, beside the
distance between different digits of the domain.

Sheets, a row for each source domain, are in `<folder>/<run>.png`. The command can be stopped and called again.
"""

from typing import Any

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import photo_measures, runs
from gan_cli.data import StyledDigits
from gan_cli.data.images import sources
from gan_cli.data.images.styled_digits import STYLES, Style, rendered
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.likeness import Likeness, likeness_of
from gan_cli.media.pictures import grid, save_png, to_float
from gan_cli.metrics.classifier import ImageClassifier, accuracy, classify, train_classifier
from gan_cli.metrics.perceptual import distance_of
from gan_cli.metrics.variety import mean_pairwise_distance

SHOWN = 4
"""Digits of each domain on the sheet."""
SEEDS = range(10)
"""Styles of each image whose distances are taken, as many as in the paper."""
COMPARED = 36
"""Digits of each domain that are translated by all of them."""

BY_NOISE = "by noise, seed 0"
BY_REFERENCE = "by a reference"

RUNS = [
    runs.Run("StarGAN", "stargan.yaml"),
    runs.Run("StarGAN v2", "stargan_v2.yaml"),
    runs.Run("StarGAN v2 without diversity", "stargan_v2.yaml", "alike", settings={"model.lambda_diversity": 0.0}),
]
"""The same budget of minutes for each."""

Made = dict[tuple[Style, Style], Tensor]
"""Digits from a domain into another one, uint8 [M, 3, H, W]."""


def style_classifier(image_size: int, steps: int = 600) -> ImageClassifier:
    """Tells the domain of a digit; it has nothing in common with the discriminator."""
    digits = sources.digits(True, image_size).images
    images = torch.cat([rendered(digits, style) for style in STYLES])
    labels = torch.arange(len(STYLES)).repeat_interleave(len(digits))
    return train_classifier(images, labels, num_classes=len(STYLES), steps=steps, shift=0, autocast=runs.autocast())


def options_for(gan: TrainedGAN, truth: dict[Style, Tensor]) -> dict[str, dict[Style, dict[str, Any]]]:
    """What `translate` is told of a style, by the way it is told and by domain; of a GAN without styles nothing."""
    if not getattr(gan.model, "latent_dim", 0):
        return {"": {style: {} for style in STYLES}}
    return {
        BY_NOISE: {style: {"style": 0} for style in STYLES},
        BY_REFERENCE: {style: {"given": {"reference": truth[style][0]}} for style in STYLES},
    }


def translations(gan: TrainedGAN, truth: dict[Style, Tensor], told: dict[Style, dict[str, Any]] | None = None) -> Made:
    """Held-out digits from each domain into each other one.

    Args:
        gan: The translator.
        truth: Held-out digits in each domain.
        told: Further options of `translate` for each domain wanted.
    """
    return {
        (source, target): gan.translate(images, target, **(told or {}).get(target, {}))
        for source, images in truth.items()
        for target in STYLES
        if source != target
    }


def variety(gan: TrainedGAN, truth: dict[Style, Tensor], into: Style, likeness: Likeness) -> tuple[float, float]:
    """How far apart the styles of a domain are, and how far apart different digits of it are.

    Args:
        gan: A translator that draws styles.
        truth: Held-out digits in each domain.
        into: The domain wanted.
        likeness: Sees how alike images are.
    """
    images = torch.cat([truth[source][:COMPARED] for source in STYLES if source != into])
    styles = [_seen(likeness, gan.translate(images, into, style=seed)) for seed in SEEDS]
    digits = _seen(likeness, truth[into][:COMPARED])
    others = [[maps.roll(number, 0) for maps in digits] for number in SEEDS]
    between, among = (float(mean_pairwise_distance(seen, distance_of).mean()) for seen in (styles, others))
    return between, among


@torch.no_grad()
def _seen(likeness: Likeness, images: Tensor) -> list[Tensor]:
    return likeness.seen(to_float(images))


def sheet(made: Made, truth: dict[Style, Tensor]) -> Tensor:
    """A row for each source domain and digit: the source and, domain by domain, what became of it."""
    rows = []
    for source in STYLES:
        for digit in range(SHOWN):
            others = [made[source, target][digit] if source != target else truth[source][digit] for target in STYLES]
            rows += [truth[source][digit], *others]
    return grid(torch.stack(rows), columns=2 * (1 + len(STYLES)))


def scores(made: Made, truth: dict[Style, Tensor], classifier: ImageClassifier, title: str) -> Table:
    """The table of what was made, a row for each domain wanted."""
    table = Table("into", "of the domain asked for", "absolute error", "of copying the source", title=title)
    for number, target in enumerate(STYLES):
        images = torch.cat([made[source, target] for source in STYLES if source != target])
        copied = torch.cat([truth[source] for source in STYLES if source != target])
        right = truth[target].repeat(len(STYLES) - 1, 1, 1, 1)
        share = (classify(classifier, images).labels == number).float().mean()
        errors = (photo_measures.mean_absolute_error(shown, right) for shown in (images, copied))
        table.add_row(target, f"{share:.1%}", *(f"{error:.1f}" for error in errors))
    return table


def main() -> None:
    parser = runs.parser(__doc__, minutes=10, root=False)
    parser.set_defaults(jobs=1)  # each has the same budget of minutes
    options = parser.parse_args()
    runs.train(RUNS, options.folder, jobs=options.jobs, minutes=options.minutes)
    console, likeness = Console(width=100), likeness_of(None, 3)
    for run, standing in runs.trained(RUNS, options.folder):
        gan = TrainedGAN(standing.checkpoint)
        size = gan.data["image_size"]
        truth = StyledDigits(image_size=size).in_all_domains()
        classifier = style_classifier(size)
        for way, told in options_for(gan, truth).items():
            made = translations(gan, truth, told)
            title = f"{run.title}{f', {way}' if way else ''}"
            console.print(scores(made, truth, classifier, f"{title}{standing.mark()}"))
            save_png(sheet(made, truth), options.folder / f"{title.replace(', ', '-').replace(' ', '_').lower()}.png")
        if BY_NOISE in options_for(gan, truth):
            table = Table("into", "between styles", "between digits", title=f"{run.title}, distance in {likeness.name}")
            for target in STYLES:
                table.add_row(target, *(f"{value:.4f}" for value in variety(gan, truth, target, likeness)))
            console.print(table)
        everything = torch.cat(list(truth.values())), torch.arange(len(STYLES)).repeat_interleave(len(truth["plain"]))
        console.print(f"classifier: {accuracy(classifier, *everything):.1%} of held-out digits in all domains told")


if __name__ == "__main__":
    main()
