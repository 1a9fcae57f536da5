"""StarGAN between styles of digits that are known functions of a digit, so that every right answer is known.

    python -m benchmarks.domains [--jobs 2] [--minutes 10]

Each held-out digit is translated from each style into each other one. Rows: what an independent classifier, trained on
all training digits in all styles, takes for the style asked for; the mean absolute error to the right answer, beside
copying the source. A sheet, a row for each source style, is in `<folder>/stargan.png`. The command can be stopped and
called again.
"""

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import photo_measures, runs
from gan_cli.data import StyledDigits
from gan_cli.data.images import sources
from gan_cli.data.images.styled_digits import STYLES, Style, rendered
from gan_cli.inference.api import TrainedGAN
from gan_cli.media.pictures import grid, save_png
from gan_cli.metrics.classifier import ImageClassifier, accuracy, classify, train_classifier

SHOWN = 4
"""Digits of each style on the sheet."""


def style_classifier(image_size: int, steps: int = 600) -> ImageClassifier:
    """Tells the style of a digit; it has nothing in common with the discriminator."""
    digits = sources.digits(True, image_size).images
    images = torch.cat([rendered(digits, style) for style in STYLES])
    labels = torch.arange(len(STYLES)).repeat_interleave(len(digits))
    return train_classifier(images, labels, num_classes=len(STYLES), steps=steps, shift=0, autocast=runs.autocast())


def translations(gan: TrainedGAN, truth: dict[Style, Tensor]) -> dict[tuple[Style, Style], Tensor]:
    """Held-out digits from each style into each other one, uint8 [M, 3, H, W]."""
    return {
        (source, target): gan.translate(images, target)
        for source, images in truth.items()
        for target in STYLES
        if source != target
    }


def sheet(made: dict[tuple[Style, Style], Tensor], truth: dict[Style, Tensor]) -> Tensor:
    """A row for each source style and digit: the source and, style by style, what became of it."""
    rows = []
    for source in STYLES:
        for digit in range(SHOWN):
            others = [made[source, target][digit] if source != target else truth[source][digit] for target in STYLES]
            rows += [truth[source][digit], *others]
    return grid(torch.stack(rows), columns=2 * (1 + len(STYLES)))


def main() -> None:
    options = runs.parser(__doc__, minutes=10, root=False).parse_args()
    wanted = [runs.Run("StarGAN", "stargan.yaml")]
    runs.train(wanted, options.folder, jobs=1, minutes=options.minutes)
    for run, standing in runs.trained(wanted, options.folder):
        gan = TrainedGAN(standing.checkpoint)
        size = gan.data["image_size"]
        truth = StyledDigits(image_size=size).in_all_domains()
        classifier = style_classifier(size)
        made = translations(gan, truth)
        table = Table("into", "of the style asked for", "absolute error", "of copying the source", title="StarGAN")
        for number, target in enumerate(STYLES):
            images = torch.cat([made[source, target] for source in STYLES if source != target])
            copied = torch.cat([truth[source] for source in STYLES if source != target])
            right = truth[target].repeat(len(STYLES) - 1, 1, 1, 1)
            share = (classify(classifier, images).labels == number).float().mean()
            errors = (photo_measures.mean_absolute_error(shown, right) for shown in (images, copied))
            table.add_row(target, f"{share:.1%}", *(f"{error:.1f}" for error in errors))
        everything = torch.cat(list(truth.values())), torch.arange(len(STYLES)).repeat_interleave(len(truth["plain"]))
        console = Console(width=100)
        console.print(f"{run.title}{standing.mark()}", table)
        console.print(f"classifier: {accuracy(classifier, *everything):.1%} of held-out digits in all styles told")
        save_png(sheet(made, truth), options.folder / "stargan.png")


if __name__ == "__main__":
    main()
