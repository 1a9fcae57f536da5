"""Found boxes, or classes of boxes that are known, beside what is there and such as learn nothing, in one table."""

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from gan_cli.metrics.detection import HALF, accuracy, average_precision
from gan_cli.metrics.row_table import Kind, OwnMeasures, RowTable

KINDS = {
    "ap": Kind("AP", "higher"),
    "ap_half": Kind(f"AP at {HALF:g}", "higher"),
    "ap_small": Kind("small", "higher"),
    "ap_medium": Kind("medium", "higher"),
    "ap_large": Kind("large", "higher"),
}
OWN = OwnMeasures(KINDS, things=500)
"""Of found boxes, in so many held-out images at most."""
CROP_KINDS = {"accuracy": Kind("accuracy", "higher"), "recall": Kind("mean recall", "higher")}
OWN_OF_CROPS = OwnMeasures(CROP_KINDS, things=5_000)
"""Of the classes of known boxes."""


def boxes_table(found: Mapping[str, Tensor], true: Tensor, small_side: float, of: str) -> RowTable:
    """Average precision by size.

    Args:
        found: By what they are called, boxes of each image as they are kept, [N, P, 6]; what was made is the first.
        true: The boxes that are there.
        small_side: Of small things, in pixels.
        of: The set and its part, in words.

    Raises:
        UserError: If a package is missing.
    """
    others = {"boxes of another image": true.roll(1, 0), "nothing": torch.full_like(true, torch.nan)}
    rows = {}
    for name, boxes in {**found, **others}.items():
        measured = average_precision(boxes, true, small_side)
        rows[name] = [measured[kind] for kind in KINDS]
    notes = [
        f"{len(true):,} images, {int((~true[..., 0].isnan()).sum()):,} boxes; AP: the mean over overlaps from 0.5 to "
        "0.95 and over classes (torchmetrics, pycocotools)",
        f"small (below {small_side:g} pixels, the root of the area), medium and large (from {3 * small_side:g} on) at "
        f"an overlap of {HALF:g}; COCO's 32 and 96 pixels, scaled",
    ]
    return RowTable(f"{of}: boxes", KINDS, rows, notes)


def crops_table(found: Mapping[str, Tensor], true: Tensor, names: Sequence[str], reduction: int, of: str) -> RowTable:
    """How often the classes of known boxes are right.

    Args:
        found: By what they are called, class numbers, int64 [M]; what was made is the first.
        true: The right ones, int64 [M].
        names: Of the classes.
        reduction: How many times smaller small crops are.
        of: The set and its part, in words.
    """
    counts = torch.bincount(true, minlength=len(names))
    most = int(counts.argmax())
    rows = {
        name: list(accuracy(classes, true).values())
        for name, classes in {**found, f"always {names[most]}": torch.full_like(true, most)}.items()
    }
    told = ", ".join(f"{name} {int(count):,}" for name, count in zip(names, counts, strict=True))
    notes = [
        f"{len(true):,} crops by true boxes ({told}); small: the same crops, {reduction} times reduced and enlarged "
        "again bicubically; mean recall: the mean over classes"
    ]
    return RowTable(f"{of}: classes of crops", CROP_KINDS, rows, notes)
