"""The networks of Odena et al. 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs", arXiv:1610.09585,
appendix A: table 1 for ImageNet at 128x128, table 2 for CIFAR-10 at 32x32.

The tables leave open the map that the first linear layer makes, the padding, and where the activation noise comes:
here the map is what the deconvolutions listed double to the image, no convolution loses a border, and noise follows
each activation.
"""

from fractions import Fraction
from typing import cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layers import ClassSequential, Norm, initialise, norm_2d
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.noise import GaussianNoise

DROPOUT = 0.5
NOISE = 0.1
"""Standard deviation of the activation noise: the tables list 0, 0.1 and 0.2 as tried, and not which was kept."""

WIDER = {3: (4, 2, 1), 4: (4, 2, Fraction(4, 3), 1)}
"""The generator's maps are so many times wider than its last, by their number: 384, 192, 96; 768, 384, 256, 192."""
LARGEST_OF_THREE = 32
"""Side of the largest images that three deconvolutions make; larger ones take four."""


class ACGANGenerator(nn.Module):
    """A linear layer to a map, and 5x5 deconvolutions that double it.

    Args:
        image_size: Side of the square image in pixels; a multiple of 8, above 32 of 16.
        image_channels: C.
        latent_dim: Z, with the class beside it; 110 in the paper.
        base_channels: Channels of the map next to the image; 96 for CIFAR-10, 192 for ImageNet.
        norm: Normalisation, "batch" in the paper; never of the first map.
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
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        wider = WIDER[3 if image_size <= LARGEST_OF_THREE else 4]
        if image_size % 2 ** len(wider):
            raise UserError(f"data.image_size: {image_size} is not possible here; take a multiple of {2 ** len(wider)}")
        size = image_size // 2 ** len(wider)
        inputs, *widths = (int(base_channels * times) for times in wider)
        layers: list[nn.Module] = [nn.Linear(latent_dim, inputs * size**2), nn.ReLU(), FirstMap(inputs, size)]
        for width in widths:
            layers += [_doubled(inputs, width, norm == "none"), *norm_2d(norm, width, num_classes), nn.ReLU()]
            inputs = width
        self.layers = ClassSequential(*layers, _doubled(inputs, image_channels, True), nn.Tanh())
        self.apply(initialise)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class ACGANBody(nn.Module):
    """Six 3x3 convolutions, every other one of stride 2, with activation noise and dropout; a head makes outputs.

    Args:
        image_size: Side of the square image in pixels.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Channels of the first layer, doubled by each; 16 in the paper.
        norm: Normalisation in all layers but the first, "batch" in the paper.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, norm: Norm = "batch") -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, size = image_channels, image_size
        for level in range(6):
            width, stride = base_channels * 2**level, 1 if level % 2 else 2
            normalisation = norm_2d(norm, width) if level else []
            convolution = nn.Conv2d(inputs, width, 3, stride, 1, bias=not normalisation)
            layers += [convolution, *normalisation, nn.LeakyReLU(0.2), GaussianNoise(NOISE), nn.Dropout(DROPOUT)]
            inputs, size = width, -(-size // stride)
        self.layers = nn.Sequential(*layers)
        self.feature_dim = inputs * size**2
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F], the last map laid out in a row, from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).flatten(1))


def _doubled(inputs: int, outputs: int, bias: bool) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 5, 2, padding=2, output_padding=1, bias=bias)
