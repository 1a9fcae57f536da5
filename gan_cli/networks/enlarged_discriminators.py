"""Discriminators of enlarged images: SRGAN's, that of ESRGAN's code after VGG, and Real-ESRGAN's U-Net."""

from collections.abc import Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_cli.networks.layers import in_float32
from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.networks.srresnet import into

SLOPE = 0.2
"""Of LeakyReLU."""


class Layer(NamedTuple):
    """A convolution with batch normalisation, but for the first, which has a bias instead.

    Attributes:
        width: Channels it makes, in multiples of the base channels.
        kernel: Side of its kernel.
        stride: 2 halves the map.
    """

    width: int
    kernel: int
    stride: int


class Halving(nn.Module):
    """Convolutions that halve an image again and again, and two linear layers: one logit an image.

    Args:
        image_channels: C.
        base_channels: Channels of the first layer.
        layers: The convolutions, from the image on.
        side: Of the images in pixels, a multiple of `2 ** halvings`; 0 averages the last map, for any size.
        hidden: Numbers between the two linear layers.
        unit_range: Whether the network computes with images in [0, 1].
    """

    def __init__(
        self,
        image_channels: int,
        base_channels: int,
        layers: Sequence[Layer],
        side: int,
        hidden: int,
        unit_range: bool = False,
    ) -> None:
        super().__init__()
        self.unit_range = unit_range
        body: list[nn.Module] = []
        inputs, halvings = image_channels, sum(layer.stride == 2 for layer in layers)
        for number, layer in enumerate(layers):
            outputs = layer.width * base_channels
            body.append(nn.Conv2d(inputs, outputs, layer.kernel, layer.stride, 1, bias=number == 0))
            body += [nn.BatchNorm2d(outputs)] if number else []
            body.append(nn.LeakyReLU(SLOPE))
            inputs = outputs
        places = (side >> halvings) ** 2 if side else 1
        self.body = nn.Sequential(*body, nn.Identity() if side else nn.AdaptiveAvgPool2d(1), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(inputs * places, hidden), nn.LeakyReLU(SLOPE))
        self.head = nn.Linear(hidden, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N] of images [N, C, H, W]."""
        return in_float32(self.head, self.hidden(self.body(into(images, self.unit_range)))).squeeze(1)


class SRGANDiscriminator(Halving):
    """SRGAN's (Ledig et al. 2017, arXiv:1609.04802, figure 4): 23,563,649 parameters at 96 pixels.

    The paper's figure has 1,856 biases more, before batch normalisation, which takes them away again.

    Args:
        image_size: Side of the images in pixels, a multiple of 16; 0 takes any size, with a quarter of the parameters.
        image_channels: C.
        base_channels: Channels of the first layer; 64 in the paper.
    """

    MULTIPLE = 16

    def __init__(self, image_size: int = 96, image_channels: int = 3, base_channels: int = 64) -> None:
        layers = [Layer(width, 3, stride) for width in (1, 2, 4, 8) for stride in (1, 2)]
        super().__init__(image_channels, base_channels, layers, image_size, 16 * base_channels)


class VGGDiscriminator(Halving):
    """That of ESRGAN's authors (BasicSR): 14,499,401 parameters at 128 pixels.

    Args:
        image_size: Side of the images in pixels, a multiple of 32.
        image_channels: C.
        base_channels: Channels of the first layer; 64 there.
        unit_range: Whether the network computes with images in [0, 1], as theirs does.
    """

    MULTIPLE = 32

    def __init__(
        self, image_size: int = 128, image_channels: int = 3, base_channels: int = 64, unit_range: bool = False
    ) -> None:
        layers = [Layer(width, 2 + stride, stride) for width in (1, 2, 4, 8, 8) for stride in (1, 2)]
        super().__init__(image_channels, base_channels, layers, image_size, 100, unit_range)


class UNetDiscriminator(nn.Module):
    """A logit for each pixel, by a U-Net with spectral normalisation: 4,376,897 parameters.

    Wang et al. 2021, "Real-ESRGAN", arXiv:2107.10833, section 3.3 and figure 6.

    Args:
        image_channels: C.
        base_channels: Channels of the first layer; 64 in the paper.
        unit_range: Whether the network computes with images in [0, 1], as the authors' does.
    """

    MULTIPLE = 8

    def __init__(self, image_channels: int = 3, base_channels: int = 64, unit_range: bool = False) -> None:
        super().__init__()
        self.unit_range = unit_range
        one, two, four, eight = (base_channels * 2**level for level in range(4))
        self.first = nn.Conv2d(image_channels, one, 3, padding=1)
        self.down = nn.ModuleList(
            nn.Conv2d(*sizes, 4, 2, 1, bias=False) for sizes in ((one, two), (two, four), (four, eight))
        )
        self.up = nn.ModuleList(_plain(*sizes) for sizes in ((eight, four), (four, two), (two, one)))
        act = nn.LeakyReLU(SLOPE)
        self.smooth = nn.Sequential(_plain(one, one), act, _plain(one, one), act)
        self.last = nn.Conv2d(one, 1, 3, padding=1)
        for network in (self.down, self.up, self.smooth):
            normalise_spectrally(network)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, 1, H, W] of images [N, C, H, W] with sides of multiples of 8."""
        made = _active(self.first(into(images, self.unit_range)))
        beside = []
        for layer in self.down:
            beside.append(made)
            made = _active(layer(made))
        for layer in self.up:
            doubled = interpolate(made, scale_factor=2, mode="bilinear")
            made = _active(layer(doubled)) + beside.pop()
        return in_float32(self.last, cast(Tensor, self.smooth(made)))


def _plain(inputs: int, outputs: int) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)


def _active(maps: Tensor) -> Tensor:
    return torch.nn.functional.leaky_relu(maps, SLOPE)
