"""Images looked up between their pixels, differentiable twice with respect to the images, as penalties ask.

PyTorch's own `grid_sample` can be differentiated only once, in version 2.11 at least. What is looked up is linear in
the images, so that each derivative is made of the same two functions.
"""

from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import grid_sample

BILINEAR, BORDER = 0, 1
"""PyTorch's numbers of the interpolation, and of what lies outside."""


def sampled(images: Tensor, grid: Tensor) -> Tensor:
    """Images at places between their pixels, bilinear; outside an image its border goes on.

    Args:
        images: [N, C, H, W].
        grid: x and y of each place, [N, h, w, 2]; -1 and 1 are the middles of the outermost pixels. Nothing flows back
            into it.

    Returns:
        [N, C, h, w]; it can be differentiated with respect to the images any number of times.
    """
    looked_up: Tensor = _Sampled.apply(images, grid)
    return looked_up


class _Sampled(torch.autograd.Function):
    @staticmethod
    def forward(context: Any, images: Tensor, grid: Tensor) -> Tensor:
        context.save_for_backward(grid)
        context.shape = images.shape
        return grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=True)

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None]:
        return _Spread.apply(*slopes, *context.saved_tensors, context.shape), None


class _Spread(torch.autograd.Function):
    """The transpose: what belongs to places, dealt out to the pixels that they lie between."""

    @staticmethod
    def forward(context: Any, values: Tensor, grid: Tensor, shape: torch.Size) -> Tensor:
        context.save_for_backward(grid)
        images = values.new_empty(1).expand(shape)  # only its shape matters
        backward = torch.ops.aten.grid_sampler_2d_backward
        spread: Tensor = backward(values, images, grid, BILINEAR, BORDER, True, (True, False))[0]
        return spread

    @staticmethod
    def backward(context: Any, *slopes: Tensor) -> tuple[Tensor, None, None]:
        return sampled(*slopes, *context.saved_tensors), None, None
