"""The network of Dumoulin et al. 2016, "A Learned Representation for Artistic Style", arXiv:1610.07629, table 1.

It is Johnson et al.'s (2016, arXiv:1603.08155) with conditional instance normalisation: a style is the scales and
shifts of the normalised maps and nothing else, 3,206 numbers beside 1,674,432 that all styles share.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, relu

from gan_cli.networks.layers import ImageNorm

PREFIX = "style_"
"""How the names of styles' numbers begin, so that a style may have any name."""


class StyledConvolution(nn.Module):
    """A convolution over a mirrored border, normalised image by image, with scales and shifts of a style.

    Args:
        inputs: C.
        outputs: C'.
        kernel: Side of the kernel, odd.
        stride: 2 halves height and width.
    """

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1) -> None:
        super().__init__()
        self.convolution = nn.Conv2d(
            inputs, outputs, kernel, stride, padding=kernel // 2, padding_mode="reflect", bias=False
        )
        self.norm = ImageNorm(outputs)
        nn.init.normal_(self.convolution.weight, 0.0, 0.01)

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H / stride, W / stride]; `style` is [N, 2 C'], scales before shifts."""
        scale, shift = style[:, :, None, None].chunk(2, dim=1)
        return cast(Tensor, self.norm(self.convolution(maps)) * scale + shift)


class StyleTable(nn.Module):
    """The numbers of each style by its name: scales and shifts of every normalisation in a row.

    Each style is a parameter of its own, so that a network to which one is added finds the others by their names.

    Args:
        names: Of the styles.
        widths: Channels of each normalisation.
    """

    def __init__(self, names: Sequence[str], widths: Sequence[int]) -> None:
        super().__init__()
        plain = torch.cat([torch.cat([torch.ones(width), torch.zeros(width)]) for width in widths])
        self.order = [f"{PREFIX}{name}" for name in names]  # torch's dictionary sorts its names
        self.rows = nn.ParameterDict({name: nn.Parameter(plain.clone()) for name in self.order})
        self.widths = [2 * width for width in widths]

    def forward(self, shares: Tensor) -> tuple[Tensor, ...]:
        """What each normalisation is told, [N, 2 C], of shares of the styles, [N, K] (section 3.3)."""
        table = torch.stack([self.rows[name] for name in self.order])
        return torch.split(shares.to(table.dtype) @ table, self.widths, dim=1)


class StyleNetwork(nn.Module):
    """Pictures in any of K styles, or in shares of several, from photographs of any size.

    Args:
        names: Of the styles.
        base_channels: Channels of the first layer, 32 in the paper.
        num_blocks: Residual blocks, 5 in the paper.
    """

    MULTIPLE = 4
    """Height and width of an image must be multiples of it."""

    def __init__(self, names: Sequence[str], base_channels: int = 32, num_blocks: int = 5) -> None:
        super().__init__()
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels
        sizes = [(3, one, 9, 1), (one, two, 3, 2), (two, four, 3, 2)]
        sizes += [(four, four, 3, 1)] * (2 * num_blocks)
        sizes += [(four, two, 3, 1), (two, one, 3, 1), (one, 3, 9, 1)]
        self.layers = nn.ModuleList(StyledConvolution(*size) for size in sizes)
        self.styles = StyleTable(names, [outputs for _, outputs, _, _ in sizes])

    def forward(self, images: Tensor, shares: Tensor) -> Tensor:
        """Images [N, 3, H, W] in [-1, 1] from images [N, 3, H, W] and shares of styles [N, K]; H, W multiples of 4."""
        told = self.styles(shares)
        maps = images
        for number in range(3):
            maps = relu(self.layers[number](maps, told[number]))
        for number in range(3, len(self.layers) - 3, 2):
            inner = relu(self.layers[number](maps, told[number]))
            maps = maps + self.layers[number + 1](inner, told[number + 1])
        for number in (-3, -2):
            maps = relu(self.layers[number](interpolate(maps, scale_factor=2, mode="nearest"), told[number]))
        return torch.sigmoid(self.layers[-1](maps, told[-1])) * 2 - 1
