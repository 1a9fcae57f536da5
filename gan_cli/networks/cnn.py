"""The standard CNN of Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks",
arXiv:1802.05957, appendix B.4, table 3, also for other sizes of images.

The table is for 32x32 and 48x48; each doubling of the image adds a layer to the generator and a pair to the
discriminator. Initialised like our DCGAN, because the table does not say how.
"""

from typing import cast

from torch import Tensor, nn

from gan_cli.networks.dcgan import FIRSTS, WIDEST, channel_widths, initialise_unnormalised
from gan_cli.networks.layers import Activation, ClassSequential, Norm, activation, fan, initialise, norm_2d
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.sizes import maps_of

SLOPE = 0.1
"""The slope of LeakyReLU below 0, as in the table."""


class CNNGenerator(nn.Module):
    """A linear layer to a small map, 4x4 deconvolutions that double it, a 3x3 convolution and tanh.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        latent_dim: Z, 128 in the paper.
        base_channels: Channels of the last map, 64 in the paper.
        norm: Normalisation, "batch" in the paper.
        activation_kind: "relu" in the paper.
        num_classes: K, for batch normalisation by class; 0 for the usual one.
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
        maps = maps_of(image_size, FIRSTS)
        widths = channel_widths(maps, base_channels)
        first = base_channels * min(2 ** len(widths), WIDEST)
        wider = fan(activation_kind)
        layers: list[nn.Module] = [
            nn.Linear(latent_dim, maps.first**2 * first),
            FirstMap(first, maps.first),
        ]
        inputs = first
        for width in reversed(widths):
            layers += [nn.ConvTranspose2d(inputs, width * wider, 4, 2, 1)]
            layers += [*norm_2d(norm, width * wider, num_classes), activation(activation_kind)]
            inputs = width
        self.layers = ClassSequential(*layers, nn.Conv2d(inputs, image_channels, 3, 1, 1), nn.Tanh())
        self.apply(initialise if norm != "none" else initialise_unnormalised)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class CNNBody(nn.Module):
    """Pairs of a 3x3 convolution and a 4x4 one that halves the map, down to the smallest, and a last 3x3 convolution.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Channels of the first pair, 64 in the paper.
        norm: Normalisation, "none" in the paper, where spectral normalisation takes its place.
        activation_kind: "leaky_relu" in the paper.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        norm: Norm = "none",
        activation_kind: Activation = "leaky_relu",
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        widths = channel_widths(maps, base_channels)
        last = base_channels * min(2 ** len(widths), WIDEST)
        wider = fan(activation_kind)
        layers: list[nn.Module] = []
        inputs = image_channels
        for width, kernel, stride in [*((w, *c) for w in widths for c in ((3, 1), (4, 2))), (last, 3, 1)]:
            normalisation = norm_2d(norm, width * wider) if layers else []
            layers += [nn.Conv2d(inputs, width * wider, kernel, stride, 1), *normalisation]
            layers += [activation(activation_kind, SLOPE)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.feature_dim = maps.first**2 * last
        self.apply(initialise if norm != "none" else initialise_unnormalised)

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F], the smallest map laid out in a row, from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).flatten(1))
