"""How well attributes of pictures are changed: as a classifier reads them, and beside right answers."""

from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.metrics.distances import distances
from gan_cli.metrics.row_table import Kind, OwnMeasures

KINDS = {
    "changed_right": Kind("changed, read right", "higher"),
    "others_kept": Kind("others kept", "higher"),
    "found_again": Kind("identity: found again", "higher"),
    "answer_error": Kind("error to the right answer", "lower"),
    "reconstruction_error": Kind("error of making it again", "lower"),
}
"""What is measured, by the names that loggers and `--monitor` know."""
OWN = OwnMeasures(KINDS, things=1000)


class ReadRight(NamedTuple):
    """Shares of attributes that are read as they were wanted.

    Attributes:
        changed: Of those that were to change.
        kept: Of all others; None where there are no others.
    """

    changed: float
    kept: float | None


def read_right(read: Tensor, wanted: Tensor, source: Tensor) -> ReadRight:
    """How much of what was wanted is read in edited pictures.

    Args:
        read: What is read in them, bool [M, K].
        wanted: What was wanted, bool [M, K].
        source: What the pictures had before, bool [M, K].
    """
    right, changed = read == wanted, wanted != source
    kept = right[~changed]
    return ReadRight(float(right[changed].float().mean()), float(kept.float().mean()) if len(kept) else None)


def absolute_error(made: Tensor, wanted: Tensor) -> float:
    """The mean absolute difference of images, uint8 [M, C, H, W], in levels of 255."""
    return float((made.float() - wanted.float()).abs().mean())


def found_again(made: Tensor, candidates: Tensor, own: Tensor) -> float:
    """The share of rows [M, F] whose nearest candidate [N, F] is the one that is theirs, by number int64 [M]."""
    return float((distances(made, candidates).argmin(1) == own).float().mean())


def nearest_with(images: Tensor, wanted: Tensor, others: Tensor, labels: Tensor, batch: int = 256) -> Tensor:
    """The number of the nearest of other images with the labels wanted, in pixels, int64 [M].

    Where none has just these labels, it is the nearest of those that have most of them.

    Args:
        images: uint8 [M, C, H, W].
        wanted: Labels, bool [M, K].
        others: uint8 [N, C, H, W].
        labels: Theirs, bool [N, K].
        batch: So many images are looked at together.
    """
    flat = others.flatten(1).float()
    found = []
    for some, asked in zip(images.split(batch), wanted.split(batch), strict=True):
        wrong = (asked[:, None] != labels[None]).sum(2)
        apart = distances(some.flatten(1).float(), flat)
        best = wrong == wrong.min(1, keepdim=True).values
        found.append(torch.where(best, apart, torch.inf).argmin(1))
    return torch.cat(found)
