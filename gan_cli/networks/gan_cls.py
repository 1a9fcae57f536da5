"""The networks of Reed et al. 2016, arXiv:1605.05396, with what their code has and the paper leaves out.

That is a residual block at each of the generator's two smallest maps and at the discriminator's smallest one.
"""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.dcgan import FIRSTS, channel_widths
from gan_cli.networks.layers import FirstDeconvolution, in_float32, initialise
from gan_cli.networks.sizes import maps_of

SLOPE = 0.2
RESIDUALS = 2
"""So many of the generator's maps have a residual block, the smallest ones."""


class Bottleneck(nn.Module):
    """x + f(x) with fewer channels inside f, and the activation behind the sum.

    Args:
        channels: C.
        inner: Channels inside.
        activation: A new layer of the kind.
    """

    def __init__(self, channels: int, inner: int, activation: nn.Module) -> None:
        super().__init__()
        sizes = ((channels, inner, 1), (inner, inner, 3), (inner, channels, 3))
        layers: list[nn.Module] = []
        for inputs, outputs, kernel in sizes:
            layers += [nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, bias=False), nn.BatchNorm2d(outputs)]
            layers += [activation]
        self.layers = nn.Sequential(*layers[:-1])
        self.activation = activation

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return cast(Tensor, self.activation(maps + self.layers(maps)))


class GANCLSGenerator(nn.Module):
    """Fractionally-strided convolutions from noise and a sentence's vector to an image.

    No convolution has a bias: the authors' code sets them to 0 at every step.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        latent_dim: Z.
        embedding_dim: E, of a sentence's vector.
        base_channels: Channels of the layer next to the image; doubled with each halving of the map.
        text_channels: What the vector is made smaller to.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        embedding_dim: int,
        base_channels: int = 128,
        text_channels: int = 128,
    ) -> None:
        super().__init__()
        self.text = nn.Sequential(nn.Linear(embedding_dim, text_channels), nn.LeakyReLU(SLOPE))
        maps = maps_of(image_size, FIRSTS)
        layers: list[nn.Module] = []
        inputs = latent_dim + text_channels
        for level, width in enumerate(channel_widths(maps, base_channels)[::-1]):
            enlarging: nn.Module = nn.ConvTranspose2d(inputs, width, 4, 2, 1, bias=False)
            if not level:
                enlarging = FirstDeconvolution(inputs, width, maps.first, bias=False)
            layers += [enlarging, nn.BatchNorm2d(width)]
            layers += [Bottleneck(width, max(1, width // 4), nn.ReLU()) if level < RESIDUALS else nn.ReLU()]
            inputs = width
        layers += [nn.ConvTranspose2d(inputs, image_channels, 4, 2, 1, bias=False), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, latents: Tensor, told: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and sentences' vectors [N, E]."""
        begin = torch.cat([latents, self.text(told)], dim=1)
        return cast(Tensor, self.layers(begin[:, :, None, None]))


class GANCLSDiscriminator(nn.Module):
    """Whether an image is real and goes with a sentence, which joins its smallest map.

    Args:
        image_size: Side of the square image in pixels, as the generator's.
        image_channels: C.
        embedding_dim: E, of a sentence's vector.
        base_channels: Channels of the first layer; doubled with each halving of the map.
        text_channels: What the vector is made smaller to.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        embedding_dim: int,
        base_channels: int = 64,
        text_channels: int = 128,
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        widths = channel_widths(maps, base_channels)
        layers: list[nn.Module] = []
        inputs = image_channels
        for level, width in enumerate(widths):
            layers.append(nn.Conv2d(inputs, width, 4, 2, 1, bias=False))
            layers += [nn.BatchNorm2d(width)] if level else []
            layers += [nn.LeakyReLU(SLOPE)] if level < len(widths) - 1 else []
            inputs = width
        layers.append(Bottleneck(inputs, max(1, inputs // 4), nn.LeakyReLU(SLOPE)))
        self.layers = nn.Sequential(*layers)
        self.text = nn.Sequential(
            nn.Linear(embedding_dim, text_channels), nn.BatchNorm1d(text_channels), nn.LeakyReLU(SLOPE)
        )
        joined = nn.Conv2d(inputs + text_channels, inputs, 1, bias=False)
        self.joint = nn.Sequential(joined, nn.BatchNorm2d(inputs), nn.LeakyReLU(SLOPE))
        self.head = nn.Conv2d(inputs, 1, maps.first, bias=False)
        self.apply(initialise)

    def forward(self, images: Tensor, told: Tensor) -> Tensor:
        """Logits [N] of images [N, C, H, W] with sentences' vectors [N, E]."""
        maps = self.layers(images)
        beside = self.text(told)[:, :, None, None].expand(-1, -1, *maps.shape[2:])
        return in_float32(self.head, self.joint(torch.cat([maps, beside], dim=1))).flatten()
