"""ESRGAN's generator, residual-in-residual dense blocks: Wang et al. 2018, arXiv:1809.00219, figure 4."""

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_cli.networks.first_weights import shrunk_kaiming
from gan_cli.networks.srresnet import Residual, Scale, doublings_of, into, out_of

SHARE = 0.2
"""What a residual branch is multiplied by before it is added, in a dense block and around three of them."""
SLOPE = 0.2
"""Of LeakyReLU."""
LAYERS = 5
"""Convolutions of a dense block."""


class DenseBlock(nn.Module):
    """Convolutions that each see all maps before them, beside the identity; without normalisation.

    Args:
        channels: C of the block's input and output.
        growth: Channels that each layer adds.
    """

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        seen = [channels + number * growth for number in range(LAYERS)]
        made = [*[growth] * (LAYERS - 1), channels]
        self.layers = nn.ModuleList(nn.Conv2d(*sizes, 3, padding=1) for sizes in zip(seen, made, strict=True))
        shrunk_kaiming(self)

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        *layers, last = self.layers
        maps = inputs
        for layer in layers:
            maps = torch.cat([maps, leaky_relu(layer(maps), SLOPE).to(maps.dtype)], dim=1)
        return inputs + SHARE * cast(Tensor, last(maps))


class RRDB(nn.Module):
    """Three dense blocks, one after the other, beside the identity."""

    def __init__(self, channels: int, growth: int) -> None:
        super().__init__()
        self.blocks = nn.Sequential(*(DenseBlock(channels, growth) for _ in range(3)))

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return inputs + SHARE * cast(Tensor, self.blocks(inputs))


class RRDBNet(nn.Module):
    """RRDB blocks on the small image, then doublings of pixels and convolutions; images of any size.

    16,697,987 parameters for x4 with 23 blocks.

    Args:
        scale: How many times larger images get.
        image_channels: C.
        base_channels: Channels of all maps; 64 in the authors' code.
        num_blocks: RRDB blocks; 23 there.
        growth: Channels that a layer of a dense block adds; 32 there.
        unit_range: Whether the network computes with images in [0, 1], as theirs does.
    """

    def __init__(
        self,
        scale: Scale = 4,
        image_channels: int = 3,
        base_channels: int = 64,
        num_blocks: int = 23,
        growth: int = 32,
        unit_range: bool = False,
    ) -> None:
        super().__init__()
        self.unit_range = unit_range
        width = base_channels
        self.first = nn.Conv2d(image_channels, width, 3, padding=1)
        self.trunk = Residual(*(RRDB(width, growth) for _ in range(num_blocks)), _same(width))
        self.doublings = nn.Sequential(
            *(
                nn.Sequential(nn.Upsample(scale_factor=2), _same(width), nn.LeakyReLU(SLOPE))
                for _ in range(doublings_of(scale))
            )
        )
        last = nn.Conv2d(width, image_channels, 3, padding=1)
        self.last = nn.Sequential(_same(width), nn.LeakyReLU(SLOPE), last)

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C, sH, sW], in about [-1, 1], of images [N, C, H, W]."""
        made = cast(Tensor, self.last(self.doublings(self.trunk(self.first(into(images, self.unit_range))))))
        return out_of(made, self.unit_range)


def _same(width: int) -> nn.Conv2d:
    return nn.Conv2d(width, width, 3, padding=1)
