"""Images of a source that were made to look like a target's, judged by a classifier of the target.

Taigman et al. 2017, "Unsupervised Cross-Domain Image Generation", arXiv:1611.02200, section 5.1. As with adaptation, a
run logs nothing of it: no checkpoint is to be chosen by labels that a model is not told.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli import seeding
from gan_cli.batches import ImageBatch
from gan_cli.data import AdaptationDataModule
from gan_cli.data.datamodules import Split
from gan_cli.evaluation.adaptation import AT_ONCE, fewer, painted_by
from gan_cli.evaluation.scorer import undisturbed
from gan_cli.media.pictures import to_float
from gan_cli.metrics import classifier
from gan_cli.metrics.classifier import ImageClassifier, train_classifier
from gan_cli.metrics.row_table import Kind, RowTable
from gan_cli.variants.classifying import Classifying
from gan_cli.variants.translation import TranslationModule

KINDS = {"accuracy": Kind("accuracy, %", "higher")}
STEPS = 500
"""Of the classifier of the target."""
MOST = 10_000
"""At most so many images are judged."""
OWN_READING = "the source itself, as the model classifies it"
"""The row of f's own accuracy: what is made from it cannot know more."""


class Judge(NamedTuple):
    """What tells how good transfers are.

    Attributes:
        network: A classifier of the target, trained on its labels.
        sources: Held-out images of the source, with their labels.
        targets: Those of the target.
    """

    network: ImageClassifier
    sources: ImageBatch
    targets: ImageBatch

    def accuracy(self, images: Tensor, labels: Tensor | None = None) -> float:
        """How often it reads a label, in percent.

        Args:
            images: uint8 [N, C, H, W].
            labels: int64 [N]; None takes those of the sources.
        """
        return 100 * classifier.accuracy(self.network, images, self.sources.labels if labels is None else labels)

    def baselines(self) -> dict[str, float]:
        """Accuracies of what learns nothing, and of real images."""
        count = len(self.sources.labels)
        chosen = torch.randint(len(self.targets.labels), (count,), generator=seeding.stream(0, "random targets"))
        return {
            "copied from the source": self.accuracy(self.sources.images),
            "random images of the target": self.accuracy(self.targets.images[chosen]),
            "real images of the target, their own labels": self.accuracy(*self.targets),
        }


def judge_of(data: AdaptationDataModule, split: Split = "test", num: int | None = None) -> Judge:
    """A judge by the target's training images and their labels, which no model is told.

    Args:
        data: The set, downloaded.
        split: The held-out part.
        num: At most so many images of each domain, evenly from the whole part; None takes `MOST`.
    """
    images, labels = data.whole("target", "train")
    with torch.inference_mode(False), torch.enable_grad():
        network = train_classifier(images, labels, steps=STEPS, num_classes=len(data.classes))
    sources, targets = (fewer(data.whole(side, split), min(num or MOST, MOST)) for side in ("source", "target"))
    return Judge(network, sources, targets)


@torch.no_grad()
def table(
    model: TranslationModule, data: AdaptationDataModule, split: Split = "test", num: int | None = None
) -> RowTable:
    """How often the target's classifier reads the source's label in what was made of it, beside what learns nothing.

    Args:
        model: On the device that is to compute; its only direction is from the source to the target.
        data: The set, downloaded.
        split: The held-out part.
        num: See `judge_of`.
    """
    judge = judge_of(data, split, num)
    with undisturbed(model):
        rows = {"made": judge.accuracy(painted_by(model, judge.sources.images)), **judge.baselines()}
        if isinstance(model, Classifying) and model.num_classes:
            rows[OWN_READING] = own_reading(model, judge.sources, model.device)
    source, target = data.domains
    notes = (
        f"accuracy: how often a classifier of {target} reads the label of the {source} image that something was made "
        f"of; {len(judge.sources.labels):,} images",
        f"the classifier is trained on the {len(data.whole('target', 'train').labels):,} training images of {target} "
        "and their labels, which no model is told, and by which nothing is chosen",
    )
    return RowTable(f"{data.name} {split}: {source} as {target}", KINDS, {k: [v] for k, v in rows.items()}, notes)


def own_reading(model: Classifying, sources: ImageBatch, device: torch.device) -> float:
    """How often a model itself reads the label of a source image, in percent."""
    shown = (to_float(some.to(device)) for some in sources.images.split(AT_ONCE))
    read = torch.cat([model.classify(some).argmax(1).cpu() for some in shown])
    return 100 * float((read == sources.labels).float().mean())
