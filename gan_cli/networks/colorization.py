"""The network that gives grey pictures colours: Zhang et al. 2017, "Real-Time User-Guided Image Colorization with
Learned Deep Priors", arXiv:1705.02999, section 3.2 and figure 3."""

from typing import NamedTuple

import torch
from torch import Tensor, nn

from gan_cli.networks.layouts import laid_out

WIDEST = 8
"""The innermost layers have this many times the channels of the first one."""
DILATION = 2


class Colours(NamedTuple):
    """What the network makes.

    Attributes:
        ab: a and b divided by 110, [N, 2, H, W] in [-1, 1].
        logits: Of each bin of colours, [N, K, H / 4, W / 4]; None where they were not asked for.
    """

    ab: Tensor
    logits: Tensor | None


class ColorizationNetwork(nn.Module):
    """Ten groups of convolutions, three times halved, dilated in the middle, with three shortcuts.

    As in the authors' PyTorch code: batch normalisation ends a group, every second pixel is taken between two, and the
    distribution over bins is told from the eighth group. With 64 base channels and 529 bins it has 34,187,027
    parameters. What a palette says is added to the fourth group's maps, as in their network of global hints; it passes
    four layers, here without batch normalisation, because of a palette there is one row an image.

    Args:
        base_channels: Channels of the first layer; 64 in the paper.
        bins: K.
        palette: Numbers of a palette; 0 takes none.
    """

    MULTIPLE = 8
    """Height and width of an image must be multiples of it."""

    def __init__(self, base_channels: int = 64, bins: int = 529, palette: int = 0) -> None:
        super().__init__()
        self.memory_format = torch.contiguous_format
        one, two, four, eight = (base_channels * times for times in (1, 2, 4, WIDEST))
        self.group1 = _group(4, one, 2)
        self.group2 = _group(one, two, 2)
        self.group3 = _group(two, four, 3)
        self.group4 = _group(four, eight, 3)
        self.inner = nn.Sequential(
            _group(eight, eight, 3, DILATION), _group(eight, eight, 3, DILATION), _group(eight, eight, 3)
        )
        self.every_second = nn.MaxPool2d(1, 2)  # a slice would leave the memory layout
        self.palette = _told(palette, eight) if palette else None
        self.up8, self.short8, self.group8 = _doubled(eight, four), _convolution(four, four), _after(four, 2)
        self.up9, self.short9, self.group9 = _doubled(four, two), _convolution(two, two), _after(two, 1)
        self.up10, self.short10 = _doubled(two, two), _convolution(one, two)
        self.last = nn.Sequential(nn.ReLU(), _convolution(two, two), nn.LeakyReLU(0.2), nn.Conv2d(two, 2, 1), nn.Tanh())
        self.to_bins = nn.Conv2d(four, bins, 1)

    def forward(self, lightness: Tensor, hints: Tensor, palette: Tensor | None = None, told: bool = False) -> Colours:
        """The colours of pictures whose sides are multiples of 8.

        Args:
            lightness: L, 0..100, [N, 1, H, W].
            hints: a and b divided by 110, and 1 where they are known, [N, 3, H, W].
            palette: [N, P], where the network takes one.
            told: Whether the distribution over bins is learned. Then everything but the last two groups learns from it
                alone, as in the authors' code; otherwise it is not computed.
        """
        known = torch.cat([(lightness - 50) / 100, hints[:, :2], hints[:, 2:] - 0.5], dim=1)
        known = known.to(self.to_bins.weight.dtype)  # colours are computed in float32, whatever the run's precision
        maps1 = self.group1(laid_out(known, self.memory_format))
        maps2 = self.group2(self.every_second(maps1))
        maps3 = self.group3(self.every_second(maps2))
        maps4 = self.group4(self.every_second(maps3))
        if self.palette is not None and palette is not None:
            maps4 = maps4 + self.palette(palette.to(known.dtype))[:, :, None, None]
        maps8 = self.group8(self.up8(self.inner(maps4)) + self.short8(maps3))
        logits = self.to_bins(maps8) if told else None
        if told:
            maps1, maps2, maps8 = (maps.detach() for maps in (maps1, maps2, maps8))
        maps9 = self.group9(self.up9(maps8) + self.short9(maps2))
        return Colours(self.last(self.up10(maps9) + self.short10(maps1)), logits)


def _convolution(inputs: int, outputs: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)


def _group(inputs: int, outputs: int, depth: int, dilation: int = 1) -> nn.Sequential:
    layers: list[nn.Module] = []
    for number in range(depth):
        layers += [_convolution(outputs if number else inputs, outputs, dilation), nn.ReLU()]
    return nn.Sequential(*layers, nn.BatchNorm2d(outputs))


def _doubled(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 4, 2, 1)


def _after(channels: int, depth: int) -> nn.Sequential:
    """What follows a sum of maps."""
    return nn.Sequential(nn.ReLU(), _group(channels, channels, depth))


def _told(numbers: int, channels: int) -> nn.Sequential:
    widths = [numbers, channels, channels, channels]
    layers = [layer for width in widths for layer in (nn.Linear(width, channels), nn.ReLU())]
    return nn.Sequential(*layers)
