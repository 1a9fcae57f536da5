"""The decoder of Huang and Belongie 2017, "Arbitrary Style Transfer in Real-time with Adaptive Instance Normalization",
arXiv:1703.06868, section 6.1."""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import ImageNorm


class AdaINDecoder(nn.Module):
    """Images from maps that have been given a style's means and deviations; it normalises nothing itself.

    With 512 channels, those of VGG's relu4_1, it has 3,505,219 parameters.

    Args:
        channels: C of the maps.
        base_channels: Channels before the last layer, 64 in the authors' code.
    """

    def __init__(self, channels: int, base_channels: int = 64) -> None:
        super().__init__()
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels
        self.norm = ImageNorm(channels)
        self.layers = nn.Sequential(
            *_convolution(channels, four),
            nn.Upsample(scale_factor=2),
            *(layer for _ in range(3) for layer in _convolution(four, four)),
            *_convolution(four, two),
            nn.Upsample(scale_factor=2),
            *[*_convolution(two, two), *_convolution(two, one)],
            nn.Upsample(scale_factor=2),
            *[*_convolution(one, one), _convolution(one, 3)[0]],
        )

    def styled(self, maps: Tensor, means: Tensor, deviations: Tensor) -> Tensor:
        """Maps [N, C, H, W] with other means and deviations of their channels, [N, C] each (equation 8)."""
        return cast(Tensor, self.norm(maps) * deviations[:, :, None, None] + means[:, :, None, None])

    def forward(self, maps: Tensor) -> Tensor:
        """Images [N, 3, 8H, 8W], about in [-1, 1], from maps [N, C, H, W]."""
        return cast(Tensor, self.layers(maps))


def moments(maps: Tensor, epsilon: float = ImageNorm.EPSILON) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of each channel of each image, [N, C] each, in float32 at least."""
    maps = maps.to(torch.promote_types(maps.dtype, torch.float32))
    pixels = maps[0, 0].numel()
    means = maps.sum((2, 3)) / pixels  # a mean's gradient, unlike a sum's, is contiguous
    variances = (maps - means[:, :, None, None]).square().sum((2, 3)) / pixels
    return means, (variances + epsilon).sqrt()


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, 3, padding=1, padding_mode="reflect"), nn.ReLU()]
