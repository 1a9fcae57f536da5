"""Mode collapse on stacked MNIST, 1,000 modes: how many are among 26,000 samples, and how evenly.

    python -m benchmarks.stacked --root FOLDER [--best r3gan_stacked.yaml] [--jobs 2] [--minutes 15]

A classifier trained on MNIST tells the digit of each channel. The papers count a mode from one image on; that includes
the classifier's errors, so those with five are counted too. A batch has as many packs as it has images in other rows.
The command can be stopped and called again.
"""

from rich.console import Console
from rich.table import Table
from torch import Tensor

from benchmarks import runs
from benchmarks.judge import CLASSES, Judge, samples
from gan_cli.data import MNIST, StackedMNIST
from gan_cli.inference.api import TrainedGAN
from gan_cli.metrics.classifier import ImageClassifier, classify
from gan_cli.metrics.modes import ClassModes, class_modes

SAMPLES = 26_000
MODES = 1000
LEAST = SAMPLES // (5 * MODES)
"""From a fifth of its even share on, a mode is none of the classifier's errors."""
BATCH = 64
"""Images, or packs of them, in a batch."""


def number_written(classifier: ImageClassifier, images: Tensor) -> Tensor:
    """The number that the digits of the channels write, int64 [N] in 0..999, from images uint8 [N, 3, H, W]."""
    hundreds, tens, ones = (classify(classifier, channel).labels for channel in images.split(1, dim=1))
    return (hundreds * CLASSES + tens) * CLASSES + ones


def modes_of(images: Tensor, judge: Judge) -> ClassModes:
    """The modes that images uint8 [N, 3, H, W] cover."""
    return class_modes(number_written(judge.classifier, images), MODES, LEAST)


def scores_of(standing: runs.Standing, judge: Judge) -> ClassModes:
    """A run's scores, from its folder where they have been taken since it was saved."""

    def compute() -> dict[str, float]:
        gan = TrainedGAN(standing.checkpoint, runs.device())
        return modes_of(samples(gan, SAMPLES), judge)._asdict()

    sources = [standing.checkpoint, *judge.sources()]
    return ClassModes(**runs.remembered(standing.checkpoint.with_name("scores.json"), sources, compute))


def main() -> None:
    parser = runs.parser(__doc__, minutes=15)
    parser.add_argument("--best", default="r3gan_stacked.yaml", help="a third config beside DCGAN's")
    options = parser.parse_args()
    if not runs.has_mnist(options.root):
        parser.error(f"--root: {options.root} has no MNIST/raw; gan fit --data MNIST --data.root fetches it")
    packed = {"model.pack": 2, "data.batch_size": 2 * BATCH}
    wanted = [
        runs.Run("DCGAN", "dcgan_stacked.yaml", root=options.root),
        runs.Run("DCGAN, packs of 2", "dcgan_stacked.yaml", name="pack2", root=options.root, settings=packed),
        runs.Run(options.best.removesuffix(".yaml"), options.best, root=options.root),
    ]
    runs.train(wanted, options.folder, jobs=options.jobs, minutes=options.minutes)
    judge = Judge(MNIST(root=options.root), options.folder)
    table = Table(
        "",
        f"modes of {MODES:,}, from one on",
        f"from {LEAST} on",
        "KL from uniform",
        title=f"stacked MNIST, {SAMPLES:,} samples",
    )
    rows = [(run.title + at.mark(), scores_of(at, judge)) for run, at in runs.trained(wanted, options.folder)]
    reals = StackedMNIST(root=options.root).read(train=True).images
    for name, found in [*rows, ("training reals", modes_of(reals[:SAMPLES], judge))]:
        table.add_row(name, str(found.reached), str(found.modes), f"{found.kl:.3f}")
    Console(width=100).print(table)
    print(f"classifier: accuracy {judge.accuracy():.3f} on MNIST's test images")


if __name__ == "__main__":
    main()
