"""How good a run's samples of digits are: one table, beside baselines that show what each column can be fooled by.

    python -m benchmarks.learning [--ckpt FILE] [--root FOLDER]

All rows have as many images and are measured on 8x8 pixels in [0, 1]; a support vector machine of scikit-learn,
trained on (the first 10,000 of) the training images, tells the classes.
"""

import argparse
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from rich.console import Console
from rich.table import Table
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gan_cli import data
from gan_cli.data import ImageDataModule
from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import resolve
from gan_cli.metrics.distances import coverage, frechet_distance, nearest_distance, within_class_spread

CLASSES = 10
MOST = 10_000
"""Images a row has at the most; fewer where the training set is smaller."""


class Scores(NamedTuple):
    """One row of the table.

    Attributes:
        smallest_class: Share of the rarest of the ten classes.
        confidence: Mean probability the classifier gives to the class it chooses.
        frechet: Frechet distance to the held-out images.
        coverage: Share of held-out images with a row's image among their 5 nearest neighbours' distance.
        spread: Spread within classes, relative to the held-out images'.
        nearest: Mean distance to the nearest training image, relative to the held-out images'.
    """

    smallest_class: float
    confidence: float
    frechet: float
    coverage: float
    spread: float
    nearest: float


class Judge:
    """Scores images against one data set.

    Args:
        module: The data set; it is read here.
    """

    def __init__(self, module: ImageDataModule) -> None:
        module.prepare_data()
        self.training = module.read(train=True)
        self.held_out = module.read(train=False)
        self.count = min(MOST, len(self.training.images))

    @cached_property
    def classifier(self) -> CalibratedClassifierCV:
        features = pixels(self.training.images[:MOST]).numpy()
        machine = SVC(C=10, gamma=0.05, random_state=0)
        return CalibratedClassifierCV(machine, ensemble=False).fit(features, self.training.labels[:MOST].numpy())

    def accuracy(self) -> float:
        return float(self.classifier.score(pixels(self.held_out.images).numpy(), self.held_out.labels.numpy()))

    def score(self, images: Tensor) -> Scores:
        features, held_out = pixels(images), pixels(self.held_out.images)
        labels, confidence = self._classes(features)
        held_out_labels, _ = self._classes(held_out)
        training = pixels(self.training.images)
        return Scores(
            smallest_class=float(torch.bincount(labels, minlength=CLASSES).min() / len(labels)),
            confidence=confidence,
            frechet=frechet_distance(features, held_out),
            coverage=coverage(held_out, features),
            spread=within_class_spread(features, labels, CLASSES)
            / within_class_spread(held_out, held_out_labels, CLASSES),
            nearest=nearest_distance(features, training) / nearest_distance(held_out, training),
        )

    def _classes(self, features: Tensor) -> tuple[Tensor, float]:
        probabilities = torch.from_numpy(self.classifier.predict_proba(features.numpy()))
        return probabilities.argmax(1), float(probabilities.max(1).values.mean())

    def baselines(self) -> Iterator[tuple[str, Tensor]]:
        """What is real, and what only looks so to one column or another."""
        images, count = self.training.images, self.count
        random = torch.Generator().manual_seed(0)
        yield "held-out reals", self.held_out.images
        yield "training reals", images[torch.randperm(len(images), generator=random)[:count]]
        first, second = torch.randint(len(images), (2, count), generator=random)
        yield "blends of two reals", ((images[first].int() + images[second].int()) // 2).to(torch.uint8)
        small = avg_pool2d(images.float(), images.shape[-1] // 8).flatten(1)
        chosen = torch.randint(len(images), (count, small.shape[1]), generator=random)
        marginals = small.gather(0, chosen).unflatten(1, (1, 8, 8)).round().to(torch.uint8)
        yield "pixel marginals", marginals.repeat_interleave(4, 2).repeat_interleave(4, 3)
        one_a_class = torch.stack([images[self.training.labels == number][0] for number in range(CLASSES)])
        yield "ten repeated images", one_a_class[torch.arange(count) % CLASSES]


def pixels(images: Tensor) -> Tensor:
    """Features [N, 64]: the images at 8x8 pixels, in [0, 1]."""
    return avg_pool2d(images.float() / 255, images.shape[-1] // 8).flatten(1)


def rows(gan: TrainedGAN, judge: Judge) -> Iterator[tuple[str, Scores]]:
    """The table: the run, with and without the moving average, the same variant untrained, and the baselines."""
    yield "this GAN", judge.score(gan.sample(judge.count))
    if gan.model.ema is not None:
        yield "this GAN without EMA", judge.score(gan.sample(judge.count, ema=False))
    for name, images in judge.baselines():
        yield name, judge.score(images)
    torch.manual_seed(0)
    gan.model = type(gan.model)(**gan.model.hparams).eval()
    yield "an untrained generator", judge.score(gan.sample(judge.count))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ckpt", help="checkpoint; the newest run's if not given")
    parser.add_argument("--root", default="data", help="folder of the data sets")
    options = parser.parse_args()
    path = resolve(options.ckpt)
    gan = TrainedGAN(path)
    module = getattr(data, gan.data["name"])(root=options.root, image_size=gan.data["image_size"])
    judge = Judge(module)
    title = f"{Path(path)}: {gan.model.counters.batches} batches, {judge.count} images a row on {gan.data['name']}"
    table = Table("", "smallest class", "confidence", "Frechet distance", "coverage", "spread", "nearest", title=title)
    for name, scores in rows(gan, judge):
        share, *others = scores
        table.add_row(name, f"{share:.1%}", *(f"{value:.2f}" for value in others))
    console = Console(width=110)
    console.print(table)
    held_out = judge.score(judge.held_out.images)
    console.print(
        f"classifier: accuracy {judge.accuracy():.3f}, confidence {held_out.confidence:.2f} on held-out images"
    )


if __name__ == "__main__":
    main()
