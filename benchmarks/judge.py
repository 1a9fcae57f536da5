"""How good samples of digits are, in numbers, beside rows that show what each number can be fooled by.

Distances are taken between features of a small classifier, which also tells the classes. It is trained on the data
set's training images, and another would have other features: compare rows that one file of it has judged.
"""

import copy
import io
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from benchmarks import runs
from gan_cli.data import ImageDataModule
from gan_cli.files import write_atomically
from gan_cli.inference.api import TrainedGAN
from gan_cli.metrics.classifier import Classified, ImageClassifier, accuracy, classify, train_classifier
from gan_cli.metrics.distances import coverage, frechet_distance, nearest_distance, within_class_spread

CLASSES = 10
MOST = 10_000
"""Images a row has at the most; fewer where the training set is smaller."""
COVERED = 0.02
"""The share of the samples from which on a class counts as covered."""
COLUMNS = ("Frechet distance", "coverage", "spread", "nearest", "classes", "smallest class", "confidence")


class Scores(NamedTuple):
    """One row of the table.

    Attributes:
        frechet: Frechet distance to the held-out images, in units of their variance summed over the features: 1 is
            what copies of one mean image would have.
        coverage: Share of held-out images with a row's image nearer than their 5th nearest neighbour.
        spread: Spread within classes, relative to the held-out images'.
        nearest: Mean distance to the nearest training image, relative to the held-out images'.
        classes: Classes that have at least 2 % of the images.
        smallest_class: Share of the rarest of the ten classes.
        confidence: Mean probability the classifier gives to the class it chooses.
    """

    frechet: float
    coverage: float
    spread: float
    nearest: float
    classes: int
    smallest_class: float
    confidence: float

    def cells(self) -> tuple[str, ...]:
        """The row's cells, in the order of `COLUMNS`."""
        ratios = (f"{value:.2f}" for value in self[1:4])
        return (
            f"{self.frechet:.3f}",
            *ratios,
            str(self.classes),
            f"{self.smallest_class:.1%}",
            f"{self.confidence:.2f}",
        )


class Judge:
    """Scores images against one data set of digits.

    Args:
        module: The data set; it is read here.
        folder: Where the classifier is kept; None trains one for each judge.
        steps: Batches that classifiers are trained on.
    """

    def __init__(self, module: ImageDataModule, folder: Path | None = None, steps: int = 1500) -> None:
        module.prepare_data()
        self.training = module.read(train=True)
        self.held_out = module.read(train=False)
        self.count = min(MOST, len(self.training.images))
        self.steps = steps
        name = f"classifier-{module.name.lower()}-{module.image_size}-{steps}.pt"
        self.file = folder / name if folder else None

    def trained_on(self, images: Tensor, labels: Tensor) -> ImageClassifier:
        """A classifier trained on other images than the data set's."""
        place = runs.device()
        return train_classifier(images.to(place), labels.to(place), steps=self.steps, autocast=runs.autocast())

    @cached_property
    def classifier(self) -> ImageClassifier:
        """The one trained on the whole training set, from its file where there is one."""
        if self.file is not None and self.file.is_file():
            model = ImageClassifier(CLASSES, self.training.images.shape[1])
            model.load_state_dict(torch.load(self.file, map_location="cpu", weights_only=True))
            return model.to(runs.device()).eval()
        model = self.trained_on(*self.training)
        if self.file is not None:
            weights = io.BytesIO()
            torch.save(model.state_dict(), weights)
            write_atomically(self.file, lambda file: file.write(weights.getbuffer()))
        return model

    def sources(self) -> list[Path]:
        """The files that scores depend on beside the samples."""
        assert self.classifier is not None  # made, if it has not been
        return [self.file] if self.file else []

    def classes(self, images: Tensor) -> Tensor:
        """The classes of images uint8 [N, C, H, W], int64 [N]."""
        return classify(self.classifier, images).labels

    def accuracy(self, model: ImageClassifier | None = None) -> float:
        """The share of held-out images that a classifier tells, the judge's own if none is given."""
        return accuracy(model or self.classifier, *self.held_out)

    def score(self, images: Tensor) -> Scores:
        """The row of images uint8 [N, C, H, W]."""
        seen = classify(self.classifier, images)
        shares = torch.bincount(seen.labels, minlength=CLASSES) / len(images)
        real = self._real.features
        return Scores(
            frechet=frechet_distance(seen.features, real) / float(real.var(dim=0).sum()),
            coverage=coverage(real, seen.features),
            spread=within_class_spread(seen.features, seen.labels, CLASSES) / self._real_spread,
            nearest=nearest_distance(seen.features, self._training_features) / self._real_nearest,
            classes=int((shares >= COVERED).sum()),
            smallest_class=float(shares.min()),
            confidence=float(seen.confidences.mean()),
        )

    @cached_property
    def _real(self) -> Classified:
        return classify(self.classifier, self.held_out.images)

    @cached_property
    def _training_features(self) -> Tensor:
        return classify(self.classifier, self.training.images).features

    @cached_property
    def _real_spread(self) -> float:
        return within_class_spread(self._real.features, self._real.labels, CLASSES)

    @cached_property
    def _real_nearest(self) -> float:
        return nearest_distance(self._real.features, self._training_features)

    def baselines(self) -> Iterator[tuple[str, Tensor]]:
        """What is real, and what only looks so to one column or another."""
        images, count = self.training.images, self.count
        random = torch.Generator().manual_seed(0)
        yield "training reals", images[torch.randperm(len(images), generator=random)[:count]]
        first, second = torch.randint(len(images), (2, count), generator=random)
        yield "blends of two reals", ((images[first].int() + images[second].int()) // 2).to(torch.uint8)
        pixels = images.flatten(1)
        chosen = torch.randint(len(images), (count, pixels.shape[1]), generator=random)
        yield "pixel marginals", pixels.gather(0, chosen).view(count, *images.shape[1:])
        one_a_class = torch.stack([images[self.training.labels == number][0] for number in range(CLASSES)])
        yield "ten repeated images", one_a_class[torch.arange(count) % CLASSES]


def untrained(gan: TrainedGAN) -> TrainedGAN:
    """The same variant with the weights it starts from."""
    fresh = copy.copy(gan)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        fresh.model = type(gan.model)(**gan.model.hparams).to(gan.model.device).eval()
    fresh.model.data_facts = gan.data
    return fresh


def samples(gan: TrainedGAN, count: int, ema: bool = True) -> Tensor:
    """Images of seeds 0, 1, ..., of all classes in turn where the variant is conditional."""
    return gan.sample(count, ema=ema, batch_size=500)
