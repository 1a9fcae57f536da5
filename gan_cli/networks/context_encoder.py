"""The networks of context encoders: Pathak et al. 2016, "Context Encoders: Feature Learning by Inpainting",
arXiv:1604.07379, figure 9, as the authors' Torch code (train.lua, train_random.lua) has them."""

from collections.abc import Iterator
from itertools import pairwise
from math import log2
from typing import cast

from torch import Tensor, nn

from gan_cli.networks.layers import in_float32

SMALLEST = 4
"""The encoder halves an image to so many pixels, and the decoder begins with them."""


class ContextEncoderNetwork(nn.Module):
    """Gives a picture of an image: halved down to a vector, and doubled again from it, without a way round.

    No convolution has a bias, because the authors' code sets all of them to 0 at each step. At 128 pixels the widths
    are the paper's; other sizes leave out the outermost layers, or repeat them.

    Args:
        image_size: Side of the images that go in, a power of two from 8.
        made_size: Side of the pictures that come out, a power of two from 8: half of it for an image's middle.
        source_channels: C of what goes in.
        target_channels: C of what comes out.
        base_channels: Channels of the outermost layers; 64 in the paper.
        bottleneck: Length of the vector; 4,000 in the paper, 100 by default in the authors' code.
    """

    def __init__(
        self,
        image_size: int = 128,
        made_size: int = 64,
        source_channels: int = 3,
        target_channels: int = 3,
        base_channels: int = 64,
        bottleneck: int = 4000,
    ) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels)
        self.encoder = nn.Sequential(
            *_halving(source_channels, widths),
            nn.Conv2d(widths[-1], bottleneck, SMALLEST, bias=False),
            nn.BatchNorm2d(bottleneck),
            nn.LeakyReLU(0.2),
        )
        made = _widths(made_size, base_channels)[::-1]
        self.decoder = nn.Sequential(
            nn.ConvTranspose2d(bottleneck, made[0], SMALLEST, bias=False),
            nn.BatchNorm2d(made[0]),
            nn.ReLU(),
            *(layer for inputs, outputs in pairwise(made) for layer in _doubling(inputs, outputs)),
            nn.ConvTranspose2d(made[-1], target_channels, 4, 2, 1, bias=False),
            nn.Tanh(),
        )

    def forward(self, images: Tensor) -> Tensor:
        """Pictures [N, C', H', W'] in [-1, 1] of images [N, C, H, W] with holes."""
        return cast(Tensor, self.decoder(self.encoder(images)))


class ContextDiscriminator(nn.Module):
    """One logit for an image or its middle, DCGAN's discriminator without biases.

    Args:
        image_size: Side of what it judges, a power of two from 8.
        image_channels: C.
        base_channels: Channels of the first layer; 64 in the paper.
    """

    def __init__(self, image_size: int = 64, image_channels: int = 3, base_channels: int = 64) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels)
        self.layers = nn.Sequential(*_halving(image_channels, widths))
        self.head = nn.Conv2d(widths[-1], 1, SMALLEST, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N] of images [N, C, H, W]."""
        return in_float32(self.head, self.layers(images)).flatten()


def _widths(image_size: int, base_channels: int) -> list[int]:
    """The channels of the layers that halve an image to `SMALLEST` pixels: the last four are 1, 2, 4, 8 times the base.

    Those of larger images before them are as wide as the base.
    """
    layers = int(log2(image_size // SMALLEST))
    return [base_channels * max(1, 8 >> (layers - 1 - layer)) for layer in range(layers)]


def _halving(image_channels: int, widths: list[int]) -> Iterator[nn.Module]:
    for number, (inputs, outputs) in enumerate(pairwise([image_channels, *widths])):
        yield nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False)
        if number:
            yield nn.BatchNorm2d(outputs)
        yield nn.LeakyReLU(0.2)


def _doubling(inputs: int, outputs: int) -> Iterator[nn.Module]:
    yield nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False)
    yield nn.BatchNorm2d(outputs)
    yield nn.ReLU()
