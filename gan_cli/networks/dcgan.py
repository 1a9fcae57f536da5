"""The two convolutional networks of Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", arXiv:1511.06434, section 3 and figure 1, for any power-of-two image size.

As in the authors' code, no convolution has a bias: batch normalisation follows, or the output needs none.
"""

from itertools import pairwise
from typing import cast

from torch import Tensor, nn

from gan_cli.errors import UserError

WIDEST = 16
"""The most channels a layer has, in multiples of `base_channels`: 1024 / 64, the widest of the paper's figure 1."""


class DCGANGenerator(nn.Module):
    """Fractionally-strided convolutions from a latent vector to an image.

    A 4x4 map first, then doubled by each layer; batch normalisation and ReLU but for the output, which is tanh.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: C, 1 for grey and 3 for RGB.
        latent_dim: Z.
        base_channels: Channels of the layer next to the image; doubled with each halving of the map.

    Raises:
        UserError: If the image size is no power of two from 16 to 256.
    """

    def __init__(self, image_size: int, image_channels: int, latent_dim: int, base_channels: int) -> None:
        super().__init__()
        widths = channel_widths(image_size, base_channels)
        layers: list[nn.Module] = [nn.ConvTranspose2d(latent_dim, widths[-1], 4, 1, 0, bias=False)]
        for wide, narrow in zip(widths[:0:-1], widths[-2::-1], strict=True):
            layers += [nn.BatchNorm2d(wide), nn.ReLU(inplace=True)]
            layers += [nn.ConvTranspose2d(wide, narrow, 4, 2, 1, bias=False)]
        layers += [nn.BatchNorm2d(widths[0]), nn.ReLU(inplace=True)]
        layers += [nn.ConvTranspose2d(widths[0], image_channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, latents: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z]."""
        return cast(Tensor, self.layers(latents[:, :, None, None]))


class DCGANDiscriminator(nn.Module):
    """Strided convolutions from an image to one logit.

    Batch normalisation but for the input layer, LeakyReLU 0.2, halving down to a 4x4 map.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: C, 1 for grey and 3 for RGB.
        base_channels: Channels of the first layer; doubled with each halving of the map.

    Raises:
        UserError: If the image size is no power of two from 16 to 256.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int) -> None:
        super().__init__()
        widths = channel_widths(image_size, base_channels)
        layers: list[nn.Module] = [nn.Conv2d(image_channels, widths[0], 4, 2, 1, bias=False)]
        for narrow, wide in pairwise(widths):
            layers += [nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(narrow, wide, 4, 2, 1, bias=False)]
            layers += [nn.BatchNorm2d(wide)]
        layers += [nn.LeakyReLU(0.2, inplace=True), nn.Conv2d(widths[-1], 1, 4, 1, 0, bias=False)]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] in [-1, 1]; positive means real."""
        return cast(Tensor, self.layers(images).flatten())


def channel_widths(image_size: int, base_channels: int) -> list[int]:
    """Channels of the maps from half the image size down to 4x4, widest last."""
    if image_size not in (16, 32, 64, 128, 256):
        raise UserError(f"image_size: {image_size} is not possible here; take 16, 32, 64, 128 or 256")
    maps = image_size.bit_length() - 3
    return [base_channels * min(2**level, WIDEST) for level in range(maps)]


def initialise(module: nn.Module) -> None:
    """Section 4's initialisation: weights from N(0, 0.02); batch normalisation's scale from N(1, 0.02), shift 0."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)
