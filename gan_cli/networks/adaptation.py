"""Small classifiers of digits, what tells their domains apart, and PixelDA's networks.

LeNet as Tzeng et al. 2017, arXiv:1702.05464, have it, and the networks of Ganin et al. 2016, arXiv:1505.07818,
figure 4a, and Bousmalis et al. 2017, arXiv:1612.05424, figures 2 and 3.
"""

from typing import Literal, cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import Norm, norm_2d

Architecture = Literal["dann", "lenet"]
"""Which classifier: 5x5 convolutions that keep the size and two hidden layers, or LeNet's, with one."""

LEAST = 16
"""Side in pixels of the smallest images that both take."""


class DigitEncoder(nn.Module):
    """Two 5x5 convolutions with pooling and a linear layer: images -> maps -> features.

    Args:
        image_size: Side of the images in pixels, 16 or more, a multiple of 4.
        image_channels: C.
        architecture: Which of the two.
        base_channels: Channels of the first convolution: 32 (dann) or 20 (lenet) in the papers; the second has half as
            many more, or two and a half times as many.
        hidden_dim: F, how many features there are: 100 or 500.
    """

    def __init__(
        self, image_size: int, image_channels: int, architecture: Architecture, base_channels: int, hidden_dim: int
    ) -> None:
        super().__init__()
        dann = architecture == "dann"
        second = base_channels * 3 // 2 if dann else base_channels * 5 // 2
        padding = 2 if dann else 0
        side = image_size // 4 if dann else ((image_size - 4) // 2 - 4) // 2
        self.map_size = second * side**2
        self.hidden_dim = hidden_dim
        self.maps = nn.Sequential(
            *(nn.Conv2d(image_channels, base_channels, 5, padding=padding), nn.MaxPool2d(2), nn.ReLU()),
            *(nn.Conv2d(base_channels, second, 5, padding=padding), nn.MaxPool2d(2), nn.ReLU(), nn.Flatten()),
        )
        self.hidden = nn.Sequential(nn.Linear(self.map_size, hidden_dim), nn.ReLU())

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.hidden(self.maps(images)))


class DigitClassifier(nn.Module):
    """An encoder, and what tells the class from its features.

    With the papers' arguments "dann" has 287,290 parameters for images of 28x28 in three channels, "lenet" 431,080 for
    grey ones.

    Args:
        encoder: Makes the features.
        num_classes: K.
        architecture: Which of the two: "dann" has a further hidden layer.
    """

    def __init__(self, encoder: DigitEncoder, num_classes: int, architecture: Architecture) -> None:
        super().__init__()
        self.encoder = encoder
        hidden = encoder.hidden_dim
        further = [nn.Linear(hidden, hidden), nn.ReLU()] if architecture == "dann" else []
        self.head = nn.Sequential(*further, nn.Linear(hidden, num_classes))

    def forward(self, images: Tensor) -> Tensor:
        """Class logits [N, K] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.head(self.encoder(images)))


class DomainHead(nn.Module):
    """Linear layers that tell from features which domain they are of; no layer mixes the batch.

    Args:
        inputs: How many numbers it is shown.
        widths: Units of the hidden layers.
        slope: Of what is below 0; 0 is ReLU.
    """

    def __init__(self, inputs: int, widths: tuple[int, ...], slope: float = 0.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for width in widths:
            layers += [nn.Linear(inputs, width), nn.LeakyReLU(slope) if slope else nn.ReLU()]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Linear(inputs, 1), nn.Flatten(0))

    def forward(self, features: Tensor) -> Tensor:
        """Logits [N] from [N, F], in float32 at least."""
        return cast(Tensor, self.layers(features)).float()


class ResidualPainter(nn.Module):
    """Images painted anew at their own size: noise as a further channel, residual blocks, nothing smaller in between.

    Args:
        image_size: Side of the images in pixels.
        image_channels: C.
        latent_dim: Z, the noise, which a linear layer makes a plane of.
        base_channels: Channels of the blocks.
        num_blocks: How many blocks.
        norm: Normalisation in the blocks.
    """

    def __init__(
        self, image_size: int, image_channels: int, latent_dim: int, base_channels: int, num_blocks: int, norm: Norm
    ) -> None:
        super().__init__()
        self.image_size = image_size
        self.plane = nn.Linear(latent_dim, image_size**2)
        # Two convolutions that are added are one of images with a further channel, without laying these out anew.
        self.enter = nn.Conv2d(image_channels, base_channels, 3, padding=1)
        self.enter_noise = nn.Conv2d(1, base_channels, 3, padding=1, bias=False)
        self.blocks = nn.Sequential(*(PaintingBlock(base_channels, norm) for _ in range(num_blocks)))
        self.leave = nn.Sequential(nn.Conv2d(base_channels, image_channels, 3, padding=1), nn.Tanh())

    def forward(self, images: Tensor, latents: Tensor) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from such images and noise [N, Z]."""
        plane = self.plane(latents).view(-1, 1, self.image_size, self.image_size)
        maps = torch.relu(self.enter(images) + self.enter_noise(plane))
        return cast(Tensor, self.leave(self.blocks(maps)))


class PaintingBlock(nn.Module):
    """Two convolutions with normalisation beside the identity."""

    def __init__(self, channels: int, norm: Norm) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *(nn.Conv2d(channels, channels, 3, padding=1), *norm_2d(norm, channels), nn.ReLU()),
            *(nn.Conv2d(channels, channels, 3, padding=1), *norm_2d(norm, channels)),
        )

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return maps + cast(Tensor, self.layers(maps))


class TargetJudge(nn.Module):
    """Strided convolutions that tell target images from painted ones, with noise before each and dropout behind.

    Args:
        image_size: Side of the images in pixels.
        image_channels: C.
        base_channels: Channels of the first convolution; each strided one behind it has twice as many.
        num_strided: How many of those there are.
        norm: Normalisation of the strided ones.
        noise: Standard deviation of what is added to the maps, in training alone.
        dropout: The share of units that is left out, in training alone.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        num_strided: int,
        norm: Norm,
        noise: float,
        dropout: float,
    ) -> None:
        super().__init__()
        channels, side = base_channels, image_size
        layers: list[nn.Module] = [nn.Conv2d(image_channels, channels, 3, padding=1), nn.LeakyReLU(0.2)]
        for _ in range(num_strided):
            layers += [Noise(noise)] if noise else []
            layers += [nn.Dropout(dropout)] if dropout else []
            layers += [nn.Conv2d(channels, 2 * channels, 3, 2, 1), *norm_2d(norm, 2 * channels), nn.LeakyReLU(0.2)]
            channels, side = 2 * channels, -(-side // 2)
        self.layers = nn.Sequential(*layers, nn.Flatten(), nn.Linear(channels * side**2, 1), nn.Flatten(0))

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N] from images [N, C, H, W] in [-1, 1], in float32 at least."""
        return cast(Tensor, self.layers(images)).float()


class Noise(nn.Module):
    """Normal noise beside what passes, in training alone; drawn as dropout is, from the global random state.

    Args:
        deviation: Its standard deviation.
    """

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape."""
        return maps + self.deviation * torch.randn_like(maps) if self.training else maps
