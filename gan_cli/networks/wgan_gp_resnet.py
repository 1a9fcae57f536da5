"""The residual players of Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028: those for
CIFAR-10 (table 3 and the authors' gan_cifar_resnet.py) up to 32x32, those of their gan_64x64.py above.

Where text and code differ, the code is followed: a generator's block doubles the map in front of its first convolution,
and the last batch normalisation of a generator by class is the same for all classes. The authors' 64x64 is extended to
larger images by further blocks of the widest kind.
"""

from typing import Literal, cast

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.glorot import activated, convolution, started
from gan_cli.networks.layers import Activation, ClassSequential, Norm, norm_2d
from gan_cli.networks.layouts import FirstMap

SMALL = 32
"""Up to this many pixels the players are those for CIFAR-10."""
WIDEST = 8
"""Above, a layer has at most this many times `base_channels`."""

Resampling = Literal["up", "down", "none"]


class PreActivationBlock(nn.Module):
    """Normalisation, activation and 3x3 convolution, twice, beside a shortcut.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        norm: Normalisation in front of each activation.
        activation_kind: Which activation.
        resampling: Doubles the map (nearest neighbour) before the first convolution, or halves it (mean) at the end.
        num_classes: K, for batch normalisation by class; 0 for the usual one.
        first: The block sees the image itself: nothing in front of its first convolution.
        bias: Whether the first convolution has one; above 32x32 it has none in front of a normalisation.
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
        first: bool = False,
        bias: bool = True,
    ) -> None:
        super().__init__()
        hidden = inputs if resampling == "down" and not first else outputs
        path: list[nn.Module] = []
        if not first:
            path += [*norm_2d(norm, inputs, num_classes), *activated(activation_kind, inputs)]
        if resampling == "up":
            path += [nn.Upsample(scale_factor=2)]
        path += [
            convolution(inputs, hidden, 3, bias=bias or norm == "none"),
            *norm_2d("none" if first else norm, hidden, num_classes),
        ]
        path += [*activated(activation_kind, hidden), convolution(hidden, outputs, 3)]
        shortcut: list[nn.Module] = [nn.Upsample(scale_factor=2)] if resampling == "up" else []
        if resampling == "down":
            path += [nn.AvgPool2d(2)]
            shortcut += [nn.AvgPool2d(2)]  # behind a 1x1 convolution it would give the same, for four times the work
        if inputs != outputs or resampling != "none":
            shortcut += [convolution(inputs, outputs, 1, he=False)]
        self.path = ClassSequential(*path)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, inputs: Tensor, classes: Tensor | None = None) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W']; `classes` are shares [N, K]."""
        return cast(Tensor, self.path(inputs, classes) + self.shortcut(inputs))


class WGANGPResNetGenerator(nn.Module):
    """A linear layer to a 4x4 map, residual blocks that double it, then normalisation, a 3x3 convolution and tanh.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: C.
        latent_dim: Z, 128 in the paper.
        base_channels: 64 in the paper: half of all widths up to 32x32, the last map's width above.
        norm: "batch" in the paper.
        activation_kind: "relu" in the paper.
        num_classes: K, for batch normalisation by class in the blocks; 0 for the usual one.

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
        first, *widths = _widths(image_size, base_channels)[::-1]
        small = image_size <= SMALL
        layers: list[nn.Module] = [started(nn.Linear(latent_dim, 16 * first)), FirstMap(first)]
        inputs = first
        for width in widths:
            layers += [PreActivationBlock(inputs, width, norm, activation_kind, "up", num_classes, bias=small)]
            inputs = width
        layers += [*norm_2d(norm, inputs), *activated(activation_kind, inputs)]
        self.layers = ClassSequential(*layers, convolution(inputs, image_channels, 3, he=not small), nn.Tanh())

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class WGANGPResNetBody(nn.Module):
    """Residual blocks that halve the map; up to 32x32 two that keep it, activation and the mean over all places.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: 64 in the paper: half of all widths up to 32x32, the width at the image's size above.
        norm: Up to 32x32 "none" in the paper; above "layer" under a gradient penalty, "batch" without.
        activation_kind: "relu" in the paper.

    Raises:
        UserError: If the image size is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        norm: Norm = "none",
        activation_kind: Activation = "relu",
    ) -> None:
        super().__init__()
        first, *widths = _widths(image_size, base_channels)
        self.averages = image_size <= SMALL
        layers: list[nn.Module] = []
        if self.averages:
            halving: list[Resampling] = ["down"] * (len(widths) - 2)
            layers += [PreActivationBlock(image_channels, first, norm, activation_kind, "down", first=True)]
            layers += [
                PreActivationBlock(first, first, norm, activation_kind, kind) for kind in (*halving, "none", "none")
            ]
            layers += activated(activation_kind, first)
        else:
            layers += [convolution(image_channels, first, 3, he=False)]
            for inputs, width in zip([first, *widths], widths, strict=False):
                layers += [PreActivationBlock(inputs, width, norm, activation_kind, "down", bias=False)]
        self.layers = nn.Sequential(*layers)
        self.feature_dim = first if self.averages else 16 * widths[-1]

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]: means, or the 4x4 map laid out in a row."""
        maps: Tensor = self.layers(images)
        if not self.averages:
            return maps.flatten(1)
        return maps.sum(dim=(2, 3)) / maps[0, 0].numel()  # a mean's gradient would be contiguous

    def head(self, outputs: int) -> nn.Linear:
        """The outputs of these features: the score, and beside it the logits of classes, each with its own fan-out."""
        made = started(nn.Linear(self.feature_dim, outputs))
        with torch.no_grad():
            for rows in filter(len, (made.weight[:1], made.weight[1:])):
                rows.copy_(started(nn.Linear(self.feature_dim, len(rows))).weight)
        return made


def _widths(image_size: int, base_channels: int) -> list[int]:
    """Channels of the maps from the image's size down to 4x4."""
    if image_size not in (16, 32, 64, 128, 256):
        raise UserError(f"data.image_size: {image_size} is not possible here; take 16, 32, 64, 128 or 256")
    maps = image_size.bit_length() - 2
    if image_size <= SMALL:
        return [2 * base_channels] * maps
    return [base_channels * min(WIDEST, 2**level) for level in range(maps)]
