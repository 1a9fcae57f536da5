"""What a detector is wrong about: where centres are, and how far edges reach."""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits
from torchvision.ops import generalized_box_iou_loss

SPREAD = 0.15
"""The standard deviation of a centre's peak, as a share of the box's width and height."""
NEAR = 0.5
"""Where a peak is at least so high, the edges of its box are learned too."""


class Centres(NamedTuple):
    """What cells of a map should say of the boxes of an image.

    Attributes:
        peaks: How near a cell is to the centre of a box, [N, h, w] from 0 to 1, which it is in the centre's own cell.
        boxes: The box whose centre is nearest, [N, h, w, 4] in pixels.
        weights: How much the edges there count, [N, h, w]: they add up to 1 for an image that has boxes.
    """

    peaks: Tensor
    boxes: Tensor
    weights: Tensor


def centres(boxes: Tensor, height: int, width: int, stride: int) -> Centres:
    """What a map of cells should say (Zhou et al. 2019, "Objects as Points", arXiv:1904.07850, section 3).

    Args:
        boxes: Edges in pixels, [N, P, 4], NaN in empty places.
        height: Of the map, in cells.
        width: Of the map, in cells.
        stride: Side of a cell in pixels.
    """
    there = ~boxes[..., 0].isnan()
    edges = boxes.nan_to_num()
    x, y = ((torch.arange(count, device=boxes.device, dtype=boxes.dtype) + 0.5) * stride for count in (width, height))
    middles, sides = (edges[..., :2] + edges[..., 2:]) / 2, edges[..., 2:] - edges[..., :2]
    # in its own cell a peak is 1: it is measured from the middle of the cell that the centre lies in
    own = ((middles / stride).floor() + 0.5) * stride
    spreads = (SPREAD * sides).clamp(min=stride / 3)
    along = torch.exp(-(((x - own[..., 0, None]) / spreads[..., 0, None]) ** 2) / 2)
    down = torch.exp(-(((y - own[..., 1, None]) / spreads[..., 1, None]) ** 2) / 2)
    peaks = (down[..., :, None] * along[..., None, :]) * there[..., None, None]  # [N, P, h, w]
    highest, whose = peaks.max(1)
    nearest = edges.gather(1, whose.flatten(1)[..., None].expand(-1, -1, 4)).unflatten(1, (height, width))
    weights = torch.where(highest >= NEAR, highest, 0)
    total = weights.sum((1, 2), keepdim=True).clamp(min=1e-6)
    return Centres(highest, nearest, weights / total)


def focal_loss(logits: Tensor, peaks: Tensor) -> Tensor:
    """How wrong a map is about centres, a mean over images of the sum by the number of boxes.

    "Objects as Points", equation 1, with alpha = 2 and beta = 4.

    Args:
        logits: [N, h, w].
        peaks: What they should say, as `Centres` has it.
    """
    centre = (peaks == 1).to(logits.dtype)
    chance = logits.sigmoid()
    entropy = binary_cross_entropy_with_logits(logits, centre, reduction="none")
    weights = centre * (1 - chance) ** 2 + (1 - centre) * (1 - peaks) ** 4 * chance**2
    sums = (weights * entropy).sum((1, 2)) / centre.sum((1, 2)).clamp(min=1)
    return sums.mean()


def edges_loss(found: Tensor, wanted: Centres) -> Tensor:
    """How far boxes are from those of the nearest centres, a mean over images (generalised overlap, arXiv:1902.09630).

    Args:
        found: Edges in pixels, [N, h, w, 4].
        wanted: What they should be.
    """
    losses = generalized_box_iou_loss(found.flatten(0, 2), wanted.boxes.flatten(0, 2))
    mean: Tensor = (losses.view(wanted.weights.shape) * wanted.weights).sum((1, 2)).mean()
    return mean
