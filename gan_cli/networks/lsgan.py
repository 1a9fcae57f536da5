"""The two networks of Mao et al. 2017, "Least Squares Generative Adversarial Networks", arXiv:1611.04076, figure 2, for
LSUN's scenes at 112x112, as the authors' vgg.py has them.

The map is doubled four times whatever the image's size, so the first is 7x7 for 112 pixels. All layers have a bias. At
stride 2 the authors' framework pads one pixel more behind a map than in front; here both sides have the same.
"""

from typing import cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.dcgan import initialise_unnormalised
from gan_cli.networks.layers import ClassSequential, Norm, initialise, norm_2d
from gan_cli.networks.layouts import FirstMap

DOUBLINGS = 4
LARGEST = 256


class LSGANGenerator(nn.Module):
    """A linear layer to a small map, 3x3 deconvolutions, the first two sizes of two layers each, and tanh.

    Args:
        image_size: Side of the square image in pixels, a multiple of 16 up to 256.
        image_channels: C.
        latent_dim: Z, 1024 in the paper.
        base_channels: Channels of the last map, 64 in the paper.
        norm: Normalisation, "batch" in the paper.
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
        first, wide = _first_map(image_size), 4 * base_channels
        layers: list[nn.Module] = [nn.Linear(latent_dim, wide * first**2), FirstMap(wide, first)]
        layers += [*norm_2d(norm, wide, num_classes), nn.ReLU()]
        inputs = wide
        for width, stride in (
            *((wide, 2), (wide, 1)),
            *((wide, 2), (wide, 1)),
            (2 * base_channels, 2),
            (base_channels, 2),
        ):
            deconvolution = nn.ConvTranspose2d(inputs, width, 3, stride, 1, output_padding=stride - 1)
            layers += [deconvolution, *norm_2d(norm, width, num_classes), nn.ReLU()]
            inputs = width
        self.layers = ClassSequential(*layers, nn.ConvTranspose2d(inputs, image_channels, 3, 1, 1), nn.Tanh())
        self.apply(initialise if norm != "none" else initialise_unnormalised)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class LSGANBody(nn.Module):
    """5x5 convolutions that halve the map four times.

    Args:
        image_size: Side of the square image in pixels, a multiple of 16 up to 256.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Channels of the first layer, 64 in the paper; doubled by each further one.
        norm: Normalisation in all layers but the first, "batch" in the paper.

    Raises:
        UserError: If the image size is not possible.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, norm: Norm = "batch") -> None:
        super().__init__()
        last = _first_map(image_size)
        layers: list[nn.Module] = []
        inputs = image_channels
        for level in range(DOUBLINGS):
            width = base_channels * 2**level
            layers += [nn.Conv2d(inputs, width, 5, 2, 2), *norm_2d(norm if level else "none", width), nn.LeakyReLU(0.2)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.feature_dim = inputs * last**2
        self.apply(initialise if norm != "none" else initialise_unnormalised)

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F], the last map laid out in a row, from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).flatten(1))


def _first_map(image_size: int) -> int:
    """Side of the smallest map."""
    if image_size % (1 << DOUBLINGS) or not 0 < image_size <= LARGEST:
        raise UserError(f"data.image_size: {image_size} is not possible here; take a multiple of 16 up to {LARGEST}")
    return image_size >> DOUBLINGS
