"""The residual players of 101 layers of Gulrajani et al. 2017, "Improved Training of Wasserstein GANs",
arXiv:1704.00028, figure 2, as the authors' gan_64x64.py has them, for any power-of-two image size.

33 bottleneck blocks of three convolutions, whose path is normalised at its end and counts 0.3 beside the shortcut; the
outputs are divided by 5. At 64x64 there are six blocks of each map and five of the largest, beside those that change
the size.
"""

from typing import Literal, cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.glorot import activated, convolution, started
from gan_cli.networks.layers import Activation, ClassSequential, Norm, norm_2d
from gan_cli.networks.layouts import FirstMap

BLOCKS = 33
"""3 * 33 convolutions and two further layers make 101."""
WIDEST = 16
"""A layer has at most this many times `base_channels`."""
PATH = 0.3
"""The weight of a block's path beside its shortcut."""
OUTPUT = 5.0
"""The outputs are divided by it: the images before tanh, and the scores."""

Resampling = Literal["up", "down", "none"]


class BottleneckBlock(nn.Module):
    """Activation and convolution three times (1x1, 3x3, 1x1) and normalisation, beside a shortcut.

    Args:
        inputs: Channels in; the inner layers have half of those in and out.
        outputs: Channels out.
        norm: Normalisation at the end of the path.
        activation_kind: Which activation.
        resampling: Doubles or halves the map, by the middle convolution.
        num_classes: K, for batch normalisation by class; 0 for the usual one.
    """

    takes_classes = True

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: Norm,
        activation_kind: Activation,
        resampling: Resampling = "none",
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        before, after = max(1, inputs // 2), max(1, outputs // 2)
        middle: nn.Module = convolution(before, after, 3, stride=2 if resampling == "down" else 1)
        if resampling == "up":
            middle = started(nn.ConvTranspose2d(before, after, 3, 2, 1, output_padding=1), he=True)
        self.path = ClassSequential(
            *activated(activation_kind, inputs),
            convolution(inputs, before, 1),
            *activated(activation_kind, before),
            middle,
            *activated(activation_kind, after),
            convolution(after, outputs, 1, bias=norm == "none"),
            *norm_2d(norm, outputs, num_classes),
        )
        self.shortcut: nn.Module = nn.Identity()
        if resampling == "up":
            self.shortcut = nn.Sequential(convolution(inputs, 4 * outputs, 1, he=False), nn.PixelShuffle(2))
        elif resampling == "down" or inputs != outputs:
            self.shortcut = convolution(inputs, outputs, 1, he=False, stride=2 if resampling == "down" else 1)

    def forward(self, inputs: Tensor, classes: Tensor | None = None) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W']; `classes` are shares [N, K]."""
        return cast(Tensor, self.shortcut(inputs) + PATH * self.path(inputs, classes))


class ResNet101Generator(nn.Module):
    """A linear layer to a 4x4 map, bottleneck blocks that double it, a 1x1 convolution and tanh.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: C.
        latent_dim: Z, 128 in the paper.
        base_channels: Twice the channels of the largest map, 64 in the paper; doubled with each halving of the map.
        norm: "batch" in the paper.
        activation_kind: "relu" in the paper.
        num_classes: K, for batch normalisation by class; 0 for the usual one.

    Raises:
        UserError: If the image size is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        norm: Norm = "batch",
        activation_kind: Activation = "relu",
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels)
        layers: list[nn.Module] = [started(nn.Linear(latent_dim, 16 * widths[0])), FirstMap(widths[0])]
        inputs = widths[0]
        for width, kept in zip(widths, _kept(len(widths)), strict=True):
            if len(layers) > 2:
                layers += [BottleneckBlock(inputs, width, norm, activation_kind, "up", num_classes)]
            layers += [
                BottleneckBlock(width, width, norm, activation_kind, num_classes=num_classes) for _ in range(kept)
            ]
            inputs = width
        layers += [convolution(inputs, image_channels, 1, he=False), Divided(OUTPUT), nn.Tanh()]
        self.layers = ClassSequential(*layers)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class ResNet101Body(nn.Module):
    """A 1x1 convolution, and bottleneck blocks that halve the map down to 4x4.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Twice the channels of the first map, 64 in the paper; doubled with each halving of the map.
        norm: "layer" under a gradient penalty in the paper, "batch" without.
        activation_kind: "relu" in the paper.

    Raises:
        UserError: If the image size is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        norm: Norm = "batch",
        activation_kind: Activation = "relu",
    ) -> None:
        super().__init__()
        widths = _widths(image_size, base_channels)[::-1]
        layers: list[nn.Module] = [convolution(image_channels, widths[0], 1, he=False)]
        inputs = widths[0]
        for width, kept in zip(widths, _kept(len(widths))[::-1], strict=True):
            if len(layers) > 1:
                layers += [BottleneckBlock(inputs, width, norm, activation_kind, "down")]
            layers += [BottleneckBlock(width, width, norm, activation_kind) for _ in range(kept)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.feature_dim = 16 * inputs

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F], the 4x4 map laid out in a row, from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).flatten(1))

    def head(self, outputs: int) -> nn.Linear:
        """The outputs of these features, divided by 5."""
        return started(DividedLinear(self.feature_dim, outputs))


class Divided(nn.Module):
    """What comes in, divided by a number."""

    def __init__(self, by: float) -> None:
        super().__init__()
        self.by = by

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        return inputs / self.by


class DividedLinear(nn.Linear):
    """A linear layer whose outputs are divided by 5, its bias with them."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs] -> [N, outputs]."""
        return super().forward(inputs) / OUTPUT


def _widths(image_size: int, base_channels: int) -> list[int]:
    """Channels of the maps from 4x4 up to the image's size."""
    if image_size not in (16, 32, 64, 128, 256):
        raise UserError(f"data.image_size: {image_size} is not possible here; take 16, 32, 64, 128 or 256")
    maps = image_size.bit_length() - 2
    return [max(1, base_channels * min(2 * WIDEST, 2 ** (maps - 1 - level)) // 2) for level in range(maps)]


def _kept(maps: int) -> list[int]:
    """How many blocks keep each map's size, from 4x4 up; one more of each doubles it."""
    blocks = BLOCKS - (maps - 1)
    return [blocks // maps + (level < blocks % maps) for level in range(maps)]
