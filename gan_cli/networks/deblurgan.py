"""The generators of DeblurGAN: a residual network (Kupyn et al. 2018, arXiv:1711.07064, figure 3), and the feature
pyramid of DeblurGAN-v2 (Kupyn et al. 2019, arXiv:1908.03826, figure 2)."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_cli.networks.layers import ImageNorm, Upsampling, upsampled


class ResidualDeblurrer(nn.Module):
    """Adds to an image what it lacks: two steps down, residual blocks, two steps up; for images of any size.

    Blocks have one convolution, as the paper says and the authors' code makes them; the code's second one is lost by a
    slip. Normalisation takes the statistics of each image alone, and convolutions before it have no bias, which it
    would remove again.

    Args:
        image_channels: C.
        base_channels: Channels of the first layer; 64 in the paper.
        num_blocks: Residual blocks; 9 in the paper.
        dropout: Share of the values of each block that are set to 0 in training; half in the paper.
        upsampling: A strided deconvolution as in the paper, or nearest neighbours before a convolution.
    """

    MULTIPLE = 4
    """Height and width of an image must be multiples of it."""

    def __init__(
        self,
        image_channels: int = 3,
        base_channels: int = 64,
        num_blocks: int = 9,
        dropout: float = 0.5,
        upsampling: Upsampling = "deconvolution",
    ) -> None:
        super().__init__()
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels

        def normalised(channels: int) -> list[nn.Module]:
            return [ImageNorm(channels), nn.ReLU()]

        self.layers = nn.Sequential(
            *[nn.Conv2d(image_channels, one, 7, padding=3, padding_mode="reflect", bias=False), *normalised(one)],
            *[nn.Conv2d(one, two, 3, 2, 1, bias=False), *normalised(two)],
            *[nn.Conv2d(two, four, 3, 2, 1, bias=False), *normalised(four)],
            *(ShortBlock(four, dropout) for _ in range(num_blocks)),
            *[*upsampled(four, two, upsampling, kernel=3, bias=False), *normalised(two)],
            *[*upsampled(two, one, upsampling, kernel=3, bias=False), *normalised(one)],
            *[nn.Conv2d(one, image_channels, 7, padding=3, padding_mode="reflect"), nn.Tanh()],
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-2, 2] from images in [-1, 1]; H and W multiples of 4.

        What lies outside [-1, 1] is not cut off, because it would have no gradient.
        """
        return images + cast(Tensor, self.layers(images))


class ShortBlock(nn.Module):
    """A normalised convolution with dropout beside the identity.

    Args:
        channels: C.
        dropout: Share of the values that are set to 0 in training.
    """

    def __init__(self, channels: int, dropout: float) -> None:
        super().__init__()
        convolution = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect", bias=False)
        self.layers = nn.Sequential(convolution, ImageNorm(channels), nn.ReLU(), nn.Dropout(dropout))

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return inputs + cast(Tensor, self.layers(inputs))


class Stage(NamedTuple):
    """Inverted bottlenecks of one width; the first of them has the stride."""

    stride: int
    expansion: int
    channels: int
    blocks: int


LEVELS: tuple[tuple[Stage, ...], ...] = (
    (Stage(1, 1, 16, 1),),
    (Stage(2, 6, 24, 2),),
    (Stage(2, 6, 32, 3),),
    (Stage(2, 6, 64, 4),),
    (Stage(1, 6, 96, 3), Stage(2, 6, 160, 2)),
)
"""MobileNetV2 as the pyramid uses it (Sandler et al. 2018, arXiv:1801.04381, table 2): what makes maps of a half, a
quarter, ... a thirty-second of the image's size, after a first layer of 32 channels that halves it."""
FIRST = 32
PUBLISHED_BASE = 64
"""`base_channels` at which all widths are the published ones."""


class PyramidDeblurrer(nn.Module):
    """The same by a feature pyramid on MobileNetV2's layers: four maps, a quarter of the size and less, are joined.

    The published network begins with ImageNet's weights, which need a download; this one begins untrained, so that it
    normalises images where MobileNetV2 normalises a batch: by the statistics of each image alone.

    Args:
        image_channels: C.
        base_channels: 64 is the published width; other widths are in proportion.
    """

    MULTIPLE = 32
    """Height and width of an image must be multiples of it."""

    def __init__(self, image_channels: int = 3, base_channels: int = 64) -> None:
        super().__init__()
        widths = [_scaled(level[-1].channels, base_channels) for level in LEVELS]
        self.encoder = nn.ModuleList(_levels(image_channels, base_channels))
        wide = 2 * base_channels
        self.finest = nn.Conv2d(widths[0], base_channels, 1, bias=False)
        self.across = nn.ModuleList(nn.Conv2d(width, wide, 1, bias=False) for width in widths[1:])
        self.down = nn.ModuleList(_smoothed(wide, wide) for _ in widths[2:])
        self.heads = nn.ModuleList(_head(wide, base_channels) for _ in widths[1:])
        self.smooth = _smoothed(len(self.heads) * base_channels, base_channels)
        self.smooth_finest = _smoothed(base_channels, max(1, base_channels // 2))
        self.last = nn.Conv2d(max(1, base_channels // 2), image_channels, 3, padding=1)

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-2, 2] from images in [-1, 1]; H and W multiples of 32."""
        seen, maps = images, []
        for level in self.encoder:
            seen = level(seen)
            maps.append(seen)
        finest, *coarser = maps
        levels = [across(each) for across, each in zip(self.across, coarser, strict=True)]
        for number in range(len(self.down) - 1, -1, -1):  # from the coarsest one on
            levels[number] = self.down[number](levels[number] + _enlarged(levels[number + 1], 2))
        heads = [_enlarged(head(level), 2**n) for n, (head, level) in enumerate(zip(self.heads, levels, strict=True))]
        joined = _enlarged(self.smooth(torch.cat(heads[::-1], dim=1)), 2) + self.finest(finest)
        added = self.last(_enlarged(self.smooth_finest(joined), 2))
        return images + torch.tanh(added)


class InvertedBottleneck(nn.Module):
    """More channels, a convolution of each channel alone, and fewer again; an input of the same shape is added."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        width = expansion * inputs
        expand = _convolution(inputs, width, 1) if expansion > 1 else []
        self.layers = nn.Sequential(
            *expand,
            *_convolution(width, width, 3, stride, groups=width),
            nn.Conv2d(width, outputs, 1, bias=False),
            ImageNorm(outputs, affine=True),
        )
        self.adds = stride == 1 and inputs == outputs

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H / stride, W / stride]."""
        outputs = cast(Tensor, self.layers(inputs))
        return outputs + inputs if self.adds else outputs


def _levels(image_channels: int, base_channels: int) -> Iterator[nn.Module]:
    inputs = _scaled(FIRST, base_channels)
    before = _convolution(image_channels, inputs, 3, stride=2)
    for level in LEVELS:
        blocks: list[nn.Module] = before
        for stage in level:
            outputs = _scaled(stage.channels, base_channels)
            for block in range(stage.blocks):
                stride = 1 if block else stage.stride
                blocks.append(InvertedBottleneck(outputs if block else inputs, outputs, stride, stage.expansion))
            inputs = outputs
        yield nn.Sequential(*blocks)
        before = []


def _scaled(width: int, base_channels: int) -> int:
    return max(1, width * base_channels // PUBLISHED_BASE)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> list[nn.Module]:
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return [convolution, ImageNorm(outputs, affine=True), nn.ReLU6()]


def _smoothed(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), ImageNorm(outputs), nn.ReLU())


def _head(inputs: int, outputs: int) -> nn.Sequential:
    layers = (nn.Conv2d(*widths, 3, padding=1, bias=False) for widths in pairwise((inputs, outputs, outputs)))
    return nn.Sequential(*(layer for convolution in layers for layer in (convolution, nn.ReLU())))


def _enlarged(maps: Tensor, times: int) -> Tensor:
    return maps if times == 1 else interpolate(maps, scale_factor=times, mode="nearest")
