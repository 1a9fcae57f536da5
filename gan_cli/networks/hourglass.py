"""Networks that halve their maps and double them again, with the maps of each size beside the way back.

Newell et al. 2016, "Stacked Hourglass Networks for Human Pose Estimation", arXiv:1603.06937, as Siarohin et al. 2019,
arXiv:2003.00196, use them.
"""

from itertools import pairwise
from typing import Literal, cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import ImageNorm
from gan_cli.networks.layouts import laid_out

MotionNorm = Literal["batch", "instance"]
"""What maps are normalised by: the statistics of a batch, or of each image alone."""


def normalised(norm: MotionNorm, channels: int) -> nn.Module:
    """A normalisation of maps [N, C, H, W] with a scale and a shift for each channel."""
    return nn.BatchNorm2d(channels) if norm == "batch" else ImageNorm(channels, affine=True)


def convolved(inputs: int, outputs: int, norm: MotionNorm, kernel: int = 3) -> list[nn.Module]:
    """A convolution that keeps the size, its normalisation and a rectifier."""
    return [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), normalised(norm, outputs), nn.ReLU()]


def halving(inputs: int, outputs: int, norm: MotionNorm) -> nn.Sequential:
    """Maps of half the size."""
    return nn.Sequential(*convolved(inputs, outputs, norm), nn.AvgPool2d(2))


def doubling(inputs: int, outputs: int, norm: MotionNorm) -> nn.Sequential:
    """Maps of twice the size."""
    return nn.Sequential(nn.Upsample(scale_factor=2), *convolved(inputs, outputs, norm))


class Hourglass(nn.Module):
    """Maps of the size that went in, which know of the whole image.

    Args:
        inputs: Channels that go in.
        base_channels: Channels at the input's size; each halving doubles them.
        blocks: How often maps are halved.
        norm: What maps are normalised by.
        most: No map has more channels.
    """

    def __init__(self, inputs: int, base_channels: int, blocks: int, norm: MotionNorm, most: int = 1024) -> None:
        super().__init__()
        widths = [inputs, *(min(most, base_channels * 2**block) for block in range(1, blocks + 1))]
        self.down = nn.ModuleList(halving(inputs, outputs, norm) for inputs, outputs in pairwise(widths))
        made = [min(most, base_channels * 2**block) for block in range(blocks)]
        entering = [*(made[block] + widths[block] for block in range(1, blocks)), widths[-1]]
        self.up = nn.ModuleList(doubling(entering[block], made[block], norm) for block in reversed(range(blocks)))
        self.memory_format = torch.contiguous_format
        self.outputs = base_channels + inputs
        """Channels of what comes out: the input's are beside those that were made."""

    def forward(self, inputs: Tensor) -> Tensor:
        """Maps [N, C', H, W] of maps [N, C, H, W], whose sides `2**blocks` divides."""
        seen = [laid_out(inputs, self.memory_format)]
        for block in self.down:
            seen.append(block(seen[-1]))
        made = seen.pop()
        for block in self.up:
            made = torch.cat([cast(Tensor, block(made)), seen.pop()], dim=1)
        return made
