"""The four networks of Perarnau et al. 2016, "Invertible Conditional GANs for image editing", arXiv:1611.06355, tables
1 and 2, also for other sizes of images.

The authors' code has a bias in each layer; here a layer has none where batch normalisation takes it away again, nor has
the generator's last convolution, as DCGAN's. What is known of an image comes as numbers from 0 to 1, one for each class
or attribute, and every network sees it between -1 and 1.
"""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.dcgan import FIRSTS, DCGANGenerator, channel_widths
from gan_cli.networks.layers import in_float32, initialise
from gan_cli.networks.layouts import BesidePlanes
from gan_cli.networks.sizes import maps_of

SLOPE = 0.2


def signed(values: Tensor) -> Tensor:
    """Numbers from 0 to 1 as numbers from -1 to 1."""
    return 2 * values - 1


class IcGANGenerator(nn.Module):
    """DCGAN's generator, from a latent vector with what is known of the image behind it.

    Args:
        image_size: Side of the square images in pixels: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        latent_dim: Z.
        num_classes: K, classes or attributes.
        base_channels: Channels of the layer next to the image; doubled with each halving of the map.
    """

    def __init__(
        self, image_size: int, image_channels: int, latent_dim: int, num_classes: int, base_channels: int
    ) -> None:
        super().__init__()
        self.network = DCGANGenerator(image_size, image_channels, latent_dim + num_classes, base_channels)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes, or attributes, [N, K]."""
        return cast(Tensor, self.network(torch.cat([latents, signed(labels).to(latents.dtype)], dim=1)))


class IcGANDiscriminator(nn.Module):
    """DCGAN's discriminator, with a plane for each class or attribute behind the maps of its first convolution.

    There, and not beside the image, they did best of all places (section 3.3).

    Args:
        image_size: Side of the square images in pixels: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        num_classes: K.
        base_channels: Channels of the first layer; doubled with each halving of the map.
    """

    takes_labels = True
    """`forward` is told the classes."""

    def __init__(self, image_size: int, image_channels: int, num_classes: int, base_channels: int) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        first, *widths = channel_widths(maps, base_channels)
        self.enter = nn.Sequential(nn.Conv2d(image_channels, first, 4, 2, 1), nn.LeakyReLU(SLOPE))
        self.beside_planes = BesidePlanes()
        layers: list[nn.Module] = []
        inputs = first + num_classes
        for width in widths:
            layers += [nn.Conv2d(inputs, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.LeakyReLU(SLOPE)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(maps.first**2 * inputs, 1)
        self.apply(initialise)
        nn.init.normal_(self.head.weight, 0.0, 0.02)
        nn.init.zeros_(self.head.bias)

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] in [-1, 1] and shares of classes, or attributes, [N, K] from 0 to 1."""
        maps = self.beside_planes(self.enter(images), signed(labels))
        return in_float32(self.head, self.layers(maps).flatten(1)).squeeze(1)


class IcGANEncoder(nn.Module):
    """Numbers that an image was made from: 5x5 convolutions down to a small map, and two linear layers.

    Args:
        image_size: Side of the square images in pixels: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        base_channels: Channels of the first layer; doubled with each halving of the map.
        hidden: Numbers of the layer before the last; the authors have 4,096 for latents and 512 for attributes.
        outputs: How many numbers.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, hidden: int, outputs: int) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        layers: list[nn.Module] = []
        inputs = image_channels
        for width in channel_widths(maps, base_channels):
            layers += [nn.Conv2d(inputs, width, 5, 2, 2, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        last = [nn.Linear(maps.first**2 * inputs, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Flatten(), *last)
        self.head = nn.Linear(hidden, outputs)

    def forward(self, images: Tensor) -> Tensor:
        """Numbers [N, outputs], in float32 at least, from images [N, C, H, W] in [-1, 1]."""
        return in_float32(self.head, self.layers(images))
