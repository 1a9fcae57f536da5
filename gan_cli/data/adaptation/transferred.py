"""Images of the source that were made to look like the target's, judged by a classifier of the target."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.metrics.classifier import ImageClassifier, accuracy, train_classifier
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.adaptation.adaptation import AdaptationDataModule

KINDS = {"accuracy": Kind("accuracy, %", "higher")}
"""How often a classifier of the target reads the source's label."""
OWN = OwnMeasures(KINDS, things=10_000)
STEPS = 500
"""Of the classifier of the target."""


def judge_of(data: "AdaptationDataModule") -> ImageClassifier:
    """A classifier trained on the target's training images and their labels, which no model is told."""
    images, labels = data.whole("target", "train")
    with torch.inference_mode(False), torch.enable_grad():  # gradients are off while scores are computed
        return train_classifier(images, labels, steps=STEPS, num_classes=len(data.classes))


def table(
    data: "AdaptationDataModule", judge: ImageClassifier, made: Tensor, numbers: Tensor, split: Split
) -> RowTable:
    """The table of transferred images; see `GANDataModule.compared`.

    Taigman et al. 2017, arXiv:1611.02200, section 5.1.

    Args:
        data: The set.
        judge: See `judge_of`.
        made: uint8 [N, C, H, W], one of each source image of these numbers.
        numbers: Of the source's images, int64 [N].
        split: The part that these are of.
    """
    sources, targets = data.whole("source", split), data.whole("target", split)
    labels = sources.labels[numbers]
    random = torch.randint(len(targets.labels), (len(labels),), generator=stream(0, "random targets"))
    judged = {
        "made": (made, labels),
        "copied from the source": (sources.images[numbers], labels),
        "random images of the target": (targets.images[random], labels),
        "real images of the target, their own labels": (targets.images, targets.labels),
    }
    source, target = data.domains
    notes = (
        f"accuracy: how often a classifier of {target} reads the label of the {source} image that something was made "
        f"of; {len(labels):,} images",
        f"the classifier is trained on the {len(data.side('target', 'train').labels):,} training images of {target} "
        "and their labels, which no model is told",
    )
    rows = {name: [100 * accuracy(judge, *these)] for name, these in judged.items()}
    return RowTable(f"{data.name} {split}: {source} as {target}", KINDS, rows, notes)
