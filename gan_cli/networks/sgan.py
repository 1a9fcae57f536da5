"""The networks of Salimans et al. 2016, "Improved Techniques for Training GANs", arXiv:1606.03498, section 6, from the
authors' code (openai/improved-gan, mnist_svhn_cifar10): fully connected ones for MNIST, convolutional ones for SVHN and
CIFAR-10.

The discriminators have weight normalisation, and noise or dropout between their layers; the generators have batch
normalisation that shifts and does not scale.
"""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.noise import GaussianNoise
from gan_cli.networks.weight_norm import Layer, normalised

SLOPE = 0.2
"""The slope of the convolutional discriminator's LeakyReLU below 0."""
DEVIATION = 0.05
"""Of the convolutional networks' weights at the start; for a normalised layer it is that of its directions."""
DEVIATION_MLP = 0.1
"""The same in the fully connected discriminator."""
IN_FRONT, BETWEEN = 0.3, 0.5
"""Standard deviations of the fully connected discriminator's noise, on pixels in [0, 1] and between its layers."""
QUIET = 0.1
"""Standard deviation of the convolutional networks' outputs, before tanh or softmax, after the first pass."""
NARROWER = (1, 2, 4, 4, 4)
"""The fully connected discriminator's layers are so much narrower than its first one: 1000, 500, 250, 250, 250."""


class SGANMLPGenerator(nn.Module):
    """Two hidden layers of softplus units with batch normalisation, and a last one with weight normalisation.

    Args:
        image_size: Side of the square image in pixels; 28 in the paper.
        image_channels: C.
        latent_dim: Z; 100 in the paper.
        base_channels: Units of a hidden layer; 500 in the paper.
    """

    def __init__(self, image_size: int, image_channels: int, latent_dim: int, base_channels: int) -> None:
        super().__init__()
        self.shape = (image_channels, image_size, image_size)
        last = normalised(_glorot(base_channels, image_channels * image_size**2), learned=True, spread=None)
        self.layers = nn.Sequential(
            *_softplus_layer(latent_dim, base_channels), *_softplus_layer(base_channels, base_channels), last
        )

    def forward(self, latents: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z]; the sigmoid of the paper's grey levels in [0, 1]."""
        return torch.tanh(cast(Tensor, self.layers(latents)) / 2).reshape(-1, *self.shape)


class SGANMLPBody(nn.Module):
    """Five hidden layers of ReLUs with weight normalisation, and noise in front of each; a head makes outputs of them.

    Args:
        image_size: Side of the square image in pixels; 28 in the paper.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Units of the first layer; 1,000 in the paper.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs, deviation = image_channels * image_size**2, IN_FRONT
        for narrower in NARROWER:
            width = max(1, base_channels // narrower)
            linear = _drawn(nn.Linear(inputs, width), DEVIATION_MLP)
            layers += [GaussianNoise(deviation), normalised(linear), nn.ReLU()]
            inputs, deviation = width, BETWEEN
        self.layers = nn.Sequential(*layers)
        self.feature_dim = inputs

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images.flatten(1) / 2 + 0.5))

    def head(self, outputs: int) -> nn.Module:
        """The last layer, which has noise in front of it too."""
        linear = _drawn(nn.Linear(self.feature_dim, outputs), DEVIATION_MLP)
        return nn.Sequential(GaussianNoise(BETWEEN), normalised(linear, learned=True))


class SGANCNNGenerator(nn.Module):
    """A linear layer to a 4x4 map and 5x5 deconvolutions that double it; weight normalisation in the last of them.

    Args:
        image_size: Side of the square image in pixels, 8, 16, 32, ...; 32 in the paper.
        image_channels: C.
        latent_dim: Z; 100 in the paper.
        base_channels: Channels of the map next to the image, doubled with each halving; 128 in the paper.

    Raises:
        UserError: If the image size is not possible.
    """

    def __init__(self, image_size: int, image_channels: int, latent_dim: int, base_channels: int) -> None:
        super().__init__()
        doublings = image_size.bit_length() - 3
        if doublings < 1 or image_size != 4 << doublings:
            raise UserError(f"data.image_size: {image_size} is not possible here; take 16, 32, 64, 128 or 256")
        *widths, inputs = (base_channels << level for level in range(doublings))
        first = _drawn(nn.Linear(latent_dim, 16 * inputs, bias=False), DEVIATION)
        layers: list[nn.Module] = [first, _shifting(nn.BatchNorm1d(16 * inputs, eps=1e-6)), nn.ReLU(), FirstMap(inputs)]
        for width in reversed(widths):
            norm = _shifting(nn.BatchNorm2d(width, eps=1e-6))
            layers += [_doubled(inputs, width, bias=False), norm, nn.ReLU()]
            inputs = width
        last = normalised(_doubled(inputs, image_channels), learned=True, spread=QUIET)
        self.layers = nn.Sequential(*layers, last, nn.Tanh())

    def forward(self, latents: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z]."""
        return cast(Tensor, self.layers(latents))


class SGANCNNBody(nn.Module):
    """Nine convolutions with weight normalisation, the last two 1x1, dropout in between, and the mean of the last map.

    Args:
        image_size: Side of the square image in pixels; 32 in the paper.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: Channels of the first three layers, half of the others'; 64 for SVHN, 96 for CIFAR-10.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int) -> None:
        super().__init__()
        narrow, wide = base_channels, 2 * base_channels
        self.layers = nn.Sequential(
            nn.Dropout(0.2),
            *_convolution(image_channels, narrow, 3, padding=1),
            *_convolution(narrow, narrow, 3, padding=1),
            *_convolution(narrow, narrow, 3, stride=2, padding=1),
            nn.Dropout(0.5),
            *_convolution(narrow, wide, 3, padding=1),
            *_convolution(wide, wide, 3, padding=1),
            *_convolution(wide, wide, 3, stride=2, padding=1),
            nn.Dropout(0.5),
            *_convolution(wide, wide, 3),
            *_convolution(wide, wide, 1),
            *_convolution(wide, wide, 1),
        )
        self.feature_dim = wide

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).mean((2, 3)))

    def head(self, outputs: int) -> nn.Module:
        """The last layer."""
        return normalised(_drawn(nn.Linear(self.feature_dim, outputs), DEVIATION), learned=True, spread=QUIET)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    convolution = _drawn(nn.Conv2d(inputs, outputs, kernel, stride, padding), DEVIATION)
    return [normalised(convolution), nn.LeakyReLU(SLOPE)]


def _doubled(inputs: int, outputs: int, bias: bool = True) -> nn.ConvTranspose2d:
    return _drawn(nn.ConvTranspose2d(inputs, outputs, 5, 2, padding=2, output_padding=1, bias=bias), DEVIATION)


def _softplus_layer(inputs: int, outputs: int) -> list[nn.Module]:
    norm = _shifting(nn.BatchNorm1d(outputs, eps=1e-6))
    return [_glorot(inputs, outputs, bias=False), norm, nn.Softplus()]


def _glorot(inputs: int, outputs: int, bias: bool = True) -> nn.Linear:
    linear = nn.Linear(inputs, outputs, bias=bias)
    nn.init.xavier_uniform_(linear.weight)
    if bias:
        nn.init.zeros_(linear.bias)
    return linear


def _shifting(norm: nn.BatchNorm1d | nn.BatchNorm2d) -> nn.Module:
    """Batch normalisation that learns no scale: it stays 1, which PyTorch's GPU code wants to be told where maps are
    channels_last (without a scale it has no gradient for the shift)."""
    del norm.weight
    norm.register_buffer("weight", torch.ones(norm.num_features), persistent=False)
    return norm


def _drawn(layer: Layer, deviation: float) -> Layer:
    nn.init.normal_(layer.weight, 0.0, deviation)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer
