"""Animated frames beside the true ones, in one table with rows that learn nothing."""

from functools import cached_property
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import normalize

from gan_cli.data.datamodules import Split
from gan_cli.metrics import pairs
from gan_cli.metrics.classifier import ImageClassifier, classify, train_classifier
from gan_cli.metrics.displacement import displacements, moved_corners
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable

if TYPE_CHECKING:
    from gan_cli.data.portraits.portrait_sets import PortraitDataModule

THINGS = 200
"""So many frames are made and measured."""
CORNERS = 8
"""So many corners of a true frame are looked for in a made one, where nobody knows better points."""
KNOWN = 2_000
"""At most so many training frames are averaged and taught."""
STEPS = 200
"""Batches that the classifier of faces is trained for."""
KINDS = {
    "l1": Kind("L1", "lower"),
    "psnr": Kind("PSNR", "higher"),
    "lite0": Kind("perceptual", "lower"),
    "identity": Kind("identity", "lower"),
    "displaced": Kind("displaced %", "lower"),
}
OWN = OwnMeasures(KINDS, things=THINGS)


class Yardstick:
    """What is known of the training films; made once, however often models are measured.

    Args:
        data: The set.
    """

    def __init__(self, data: "PortraitDataModule") -> None:
        part = data.at_hand("train")
        count = min(KNOWN, len(part))
        numbers = torch.arange(count) * len(part) // count
        self.frames = torch.cat([part[some].batch.driving for some in numbers.split(64)])
        self.films = part.films[numbers]

    @cached_property
    def mean(self) -> Tensor:
        """The mean of training frames, uint8 [C, S, S]."""
        return self.frames.float().mean(0).round().to(torch.uint8)

    @cached_property
    def faces(self) -> ImageClassifier | None:
        """A classifier that tells the training films apart; None where there is one."""
        names, labels = self.films.unique(return_inverse=True)
        if len(names) < 2:
            return None
        with torch.inference_mode(False), torch.enable_grad():  # gradients are off while scores are computed
            return train_classifier(self.frames, labels, steps=STEPS, num_classes=len(names), batch_size=64, shift=4)

    def identity(self, made: Tensor, truth: Tensor) -> float | None:
        """A hundred times the mean cosine distance of what that classifier sees in images, at least 0."""
        if self.faces is None:
            return None
        one, other = (normalize(classify(self.faces, images).features.double()) for images in (made, truth))
        return float(50 * (one - other).square().sum(1).mean())  # which is 0 to the bit for copies


def table(data: "PortraitDataModule", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made frames; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [N, C, S, S].
        numbers: Of the pairs that each was made of, int64 [N].
        split: The part that these are of.
    """
    part = data.at_hand(split)
    batch = part[numbers].batch
    source, truth = batch.source, batch.driving
    others = truth.roll(len(truth) // 2, 0)
    points = data.true_points(part, numbers)
    known = points is not None
    if points is None:
        points = moved_corners(truth, source, CORNERS)
    rows = {
        "made": made,
        "the source as it is": source,
        "mean of training frames": data.yardstick.mean.expand_as(truth),
        "frames of other films": others,
    }
    found = {name: measured(data.yardstick, images, truth, points) for name, images in rows.items()}
    whose = "the true eyes, noses and mouths" if known else f"{CORNERS} corners of true frames where these have moved"
    notes = (
        f"{len(made):,} frames of {len(part.films[numbers].unique()):,} films, each made of the film's first frame",
        "L1 in grey levels of 255; perceptual: distance in EfficientNet-Lite0, by whose maps training may also look",
        "identity: 100 x cosine distance in a small classifier that tells the training films apart and trains nobody",
        f"displaced: how far from {whose} their surroundings are found in the made frame, in % of its side, up to 18",
    )
    return RowTable(f"{data.name} {split}: frames made of the first one", KINDS, found, notes)


def measured(yardstick: Yardstick, made: Tensor, truth: Tensor, points: Tensor) -> list[float | None]:
    """The measures of made frames beside the true ones, in the order of `KINDS`.

    Args:
        yardstick: That of the set.
        made: uint8 [N, C, S, S].
        truth: Of the same shape.
        points: Pixels of the true frames whose surroundings are looked for; see `displacements`.
    """
    possible, _ = pairs.measures(min(truth.shape[2:]))
    means = [
        float(possible[name](made, truth).double().mean()) if name in possible else None
        for name in ("mae", "psnr", "lite0")
    ]
    moved = float(displacements(made, truth, points).nanmean())
    return [*means, yardstick.identity(made, truth), 100 * moved if moved == moved else None]
