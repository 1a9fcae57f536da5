"""Boxes of numbers that a network gives: edges by distances, and boxes that are moved."""

import torch
from torch import Tensor
from torch.nn.functional import relu

MOVED, GROWN = 0.1, 0.2
"""What the four numbers that move a box are divided by, so that they are about as large as 1 (Fast R-CNN's code)."""
MOST_GROWN = 2.0
"""The logarithm of a box's growth is held within it, in both directions."""


def edges_at(distances: Tensor, stride: int) -> Tensor:
    """Boxes by how far each cell's middle is from the four edges (Tian et al. 2019, FCOS, arXiv:1904.01355, eq. 1).

    Args:
        distances: To the left, top, right and bottom edge in pixels, [N, 4, h, w].
        stride: Side of a cell in pixels.

    Returns:
        Edges in pixels, [N, h, w, 4].
    """
    height, width = distances.shape[2:]
    x, y = ((torch.arange(count, device=distances.device) + 0.5) * stride for count in (width, height))
    left, top, right, bottom = distances.unbind(1)
    return torch.stack([x - left, y[:, None] - top, x + right, y[:, None] + bottom], dim=-1)


def moves_to(boxes: Tensor, wanted: Tensor) -> Tensor:
    """The numbers that make one box of another (Girshick 2015, arXiv:1504.08083): two shifts, two logarithms of growth.

    Args:
        boxes: Edges in pixels, [M, 4].
        wanted: Those to be had, [M, 4].
    """
    (middle, sides), (other, others) = _measured(boxes), _measured(wanted)
    return torch.cat([(other - middle) / sides / MOVED, (others / sides).log() / GROWN], dim=-1)


def moved(boxes: Tensor, moves: Tensor) -> Tensor:
    """Boxes [..., 4] after moves [..., 4] as `moves_to` has them."""
    middle, sides = _measured(boxes)
    middle = middle + MOVED * moves[..., :2] * sides
    sides = sides * (GROWN * moves[..., 2:]).clamp(-MOST_GROWN, MOST_GROWN).exp()
    return torch.cat([middle - sides / 2, middle + sides / 2], dim=-1)


def _measured(boxes: Tensor) -> tuple[Tensor, Tensor]:
    """Middles and sides of boxes, [..., 2] each; no side is below a hundredth of a pixel."""
    return (boxes[..., :2] + boxes[..., 2:]) / 2, relu(boxes[..., 2:] - boxes[..., :2] - 0.01) + 0.01
