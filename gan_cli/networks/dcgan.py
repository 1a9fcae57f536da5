"""The two convolutional networks of Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional
Generative Adversarial Networks", arXiv:1511.06434, section 3 and figure 1, also for other sizes of images.

As in the authors' code, no convolution has a bias: batch normalisation follows, or the output needs none. Deeper, with
another normalisation or none, with one width throughout or with other activations they are the networks that Gulrajani
et al. 2017, arXiv:1704.00028, try in table 1 and figure 2. Without batch normalisation a convolution has a bias where
nothing normalises what it makes.
"""

from math import sqrt
from typing import cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layers import (
    Activation,
    ClassSequential,
    FirstDeconvolution,
    Norm,
    activation,
    fan,
    forgo_missing_biases,
    initialise,
    norm_2d,
)
from gan_cli.networks.sizes import Maps, maps_of

FIRSTS = (4, 5, 6, 7)
"""Sides of the smallest map: 4 in the paper; 6 makes images of 48 pixels, 7 those of 28 and of 112."""
WIDEST = 16
"""A layer has at most this many times `base_channels`: 1024 / 64, the widest layer of the paper's figure 1."""


class DCGANGenerator(nn.Module):
    """Fractionally-strided convolutions from a latent vector to an image.

    A small map first, then doubled by each layer; normalisation and activation except at the output, which is tanh.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C, 1 for grey and 3 for RGB.
        latent_dim: Z.
        base_channels: Channels of the layer next to the image; doubled with each halving of the map.
        depth: Layers with weights; 0 is the paper's (one a map and the output's). Further layers are 3x3
            convolutions, dealt out to the maps from the smallest on.
        norm: Normalisation, "batch" in the paper.
        activation_kind: "relu" in the paper.
        constant_width: All layers have `base_channels`.
        num_classes: K, for batch normalisation by class; 0 for the usual one.

    Raises:
        UserError: If the image size or the depth is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        depth: int = 0,
        norm: Norm = "batch",
        activation_kind: Activation = "relu",
        constant_width: bool = False,
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        widths = channel_widths(maps, base_channels, constant_width)[::-1]
        extra = extra_layers(depth, len(widths))
        wider, bias = fan(activation_kind), norm == "none"
        layers: list[nn.Module] = []
        inputs = latent_dim
        for level, (width, more) in enumerate(zip(widths, extra, strict=True)):
            convolutions: list[nn.Module] = [
                nn.ConvTranspose2d(inputs, width * wider, 4, 2, 1, bias=bias)
                if level
                else FirstDeconvolution(inputs, width * wider, maps.first, bias=bias)
            ]
            convolutions += [nn.Conv2d(width, width * wider, 3, 1, 1, bias=bias) for _ in range(more)]
            for convolution in convolutions:
                layers += [convolution, *norm_2d(norm, width * wider, num_classes), activation(activation_kind)]
            inputs = width
        layers += [nn.ConvTranspose2d(inputs, image_channels, 4, 2, 1, bias=norm != "batch"), nn.Tanh()]
        self.layers = ClassSequential(*layers)
        self.apply(initialise if norm != "none" else initialise_unnormalised)
        forgo_missing_biases(self)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents[:, :, None, None], classes))


class DCGANBody(nn.Module):
    """Strided convolutions from an image down to a small map; a head makes outputs of it.

    Normalisation in all layers but the first, LeakyReLU 0.2.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Channels of the first layer; doubled with each halving of the map.
        depth: Layers with weights, the head's included; 0 is the paper's. Further layers are 3x3 convolutions.
        norm: Normalisation, "batch" in the paper.
        activation_kind: "leaky_relu" in the paper.
        constant_width: All layers have `base_channels`.

    Raises:
        UserError: If the image size or the depth is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        depth: int = 0,
        norm: Norm = "batch",
        activation_kind: Activation = "leaky_relu",
        constant_width: bool = False,
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        widths = channel_widths(maps, base_channels, constant_width)
        extra = extra_layers(depth, len(widths))[::-1]
        wider, bias = fan(activation_kind), norm == "none"
        layers: list[nn.Module] = []
        inputs = image_channels
        for width, more in zip(widths, extra, strict=True):
            first = not layers
            convolutions = [nn.Conv2d(inputs, width * wider, 4, 2, 1, bias=bias or (first and norm != "batch"))]
            convolutions += [nn.Conv2d(width, width * wider, 3, 1, 1, bias=bias) for _ in range(more)]
            for number, convolution in enumerate(convolutions):
                normalisation = [] if first and not number else norm_2d(norm, width * wider)
                layers += [convolution, *normalisation, activation(activation_kind)]
            inputs = width
        self.layers = nn.Sequential(*layers)
        self.feature_dim = maps.first**2 * inputs
        self.apply(initialise if norm != "none" else initialise_unnormalised)
        forgo_missing_biases(self)

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F], the smallest map laid out in a row, from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).flatten(1))


def channel_widths(maps: Maps, base_channels: int, constant: bool = False) -> list[int]:
    """Channels of the maps from half the image size down to the smallest, widest last."""
    return [base_channels * (1 if constant else min(2**level, WIDEST)) for level in range(maps.doublings)]


def extra_layers(depth: int, maps: int) -> list[int]:
    """Further convolutions of each map, smallest map first, that bring the layers with weights to `depth`."""
    more = depth - (maps + 1) if depth else 0
    if more < 0:
        raise UserError(f"model.depth: {depth} is not possible at this image size; take {maps + 1} or more, or 0")
    return [more // maps + (level < more % maps) for level in range(maps)]


def initialise_unnormalised(module: nn.Module) -> None:
    """He et al. 2015, arXiv:1502.01852: N(0, 2 / fan-in), as Gulrajani et al. 2017 do it in their code.

    Without normalisation the paper's 0.02 makes signals, and the slopes that penalties need, smaller by each layer.
    """
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        fan_in = module.weight[0].numel()
        if isinstance(module, nn.ConvTranspose2d):  # an output pixel is reached by one tap in stride * stride
            reach = min(module.stride[0], module.kernel_size[0]) if module.padding[0] else module.kernel_size[0]
            fan_in = module.in_channels * (module.kernel_size[0] // reach) ** 2
        nn.init.normal_(module.weight, 0.0, sqrt(2 / fan_in))
        if module.bias is not None:
            nn.init.zeros_(module.bias)
