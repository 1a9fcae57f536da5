"""Average precision of boxes by the size of things, as COCO has it, by torchmetrics."""

import contextlib
import importlib.util
import io
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError

COCO_SMALL = 32
"""COCO's side of small things in pixels; its large ones begin at three times that."""
MOST = 100
"""At most so many boxes of an image count, those with the highest scores."""
HALF = 0.5
"""The overlap (intersection over union) from which a box is taken as found, where only one is asked for."""


def needs_coco() -> None:
    """Refuses to measure without the package that torchmetrics asks.

    Raises:
        UserError: If it is not installed.
    """
    if importlib.util.find_spec("pycocotools") is None:
        raise UserError('data: average precision needs pycocotools, which is missing: pip install "gan-cli[detection]"')


def average_precision(found: Tensor, true: Tensor, small_side: float) -> dict[str, float | None]:
    """Average precision of found boxes; None for a size of which there is nothing.

    Boxes are scaled so that COCO's limits of sizes are those of the set.

    Args:
        found: As `media.boxes.Boxes` keeps them, [N, P, 6]; none but NaN for an image in which nothing is found.
        true: The same of what is there.
        small_side: Side (root of the area) below which things are small, in pixels; large ones have three times that.

    Returns:
        `ap`: the mean over overlaps from 0.5 to 0.95 and over classes; `ap_half` at an overlap of 0.5 alone, and the
        same of small, medium and large things.

    Raises:
        UserError: If a package is missing.
    """
    needs_coco()
    scale = COCO_SMALL / small_side
    predicted = [_record(rows, scale, scores=True) for rows in found]
    wanted = [_record(rows, scale) for rows in true]
    several, half = _computed(predicted, wanted, None), _computed(predicted, wanted, [HALF])
    sizes = {f"ap_{size}": half[f"map_{size}"] for size in ("small", "medium", "large")}
    values = {"ap": several["map"], "ap_half": half["map"], **sizes}
    return {name: float(value) if value >= 0 else None for name, value in values.items()}


def _record(rows: Tensor, scale: float, scores: bool = False) -> dict[str, Tensor]:
    rows = rows[~rows[:, 0].isnan()].cpu().float()
    beside = {"scores": rows[:, 5]} if scores else {}
    return {"boxes": scale * rows[:, :4], "labels": rows[:, 4].long(), **beside}


def _computed(found: list[dict[str, Tensor]], true: list[dict[str, Tensor]], overlaps: list[float] | None) -> Any:
    from torchmetrics.detection import MeanAveragePrecision

    metric = MeanAveragePrecision(iou_thresholds=overlaps, max_detection_thresholds=[1, 10, MOST])
    metric.warn_on_many_detections = False
    metric.update(found, true)
    with contextlib.redirect_stdout(io.StringIO()):  # pycocotools prints
        return metric.compute()


def accuracy(found: Tensor, true: Tensor) -> dict[str, float | None]:
    """How often classes are right: of all things, and the mean over classes.

    Args:
        found: Class numbers, int64 [M].
        true: The right ones, int64 [M].
    """
    right = (found == true).float()
    each = [right[true == number].mean() for number in true.unique().tolist()]
    if not each:
        return {"accuracy": None, "recall": None}
    return {"accuracy": float(right.mean()), "recall": float(torch.stack(each).mean())}
