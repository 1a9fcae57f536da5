"""The networks of 3D-GAN: Wu et al. 2016, arXiv:1610.07584, section 3.1 and its supplementary material."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import class_shares, initialise
from gan_cli.networks.layouts import laid_out

FIRST = 4
"""Voxels along each side of the first map of a generator, and of the last of a discriminator."""


PROBED = 3
"""The outputs of so many of the discriminator's last layers are features that tell classes."""


def widths_of(volume_size: int, base_channels: int) -> list[int]:
    """Channels of the maps from the smallest to the largest: halved whenever the sides are doubled."""
    doublings = (volume_size // FIRST).bit_length() - 1
    return [base_channels << level for level in reversed(range(doublings))]


class VoxelGenerator(nn.Module):
    """Solids from noise by transposed convolutions of 4x4x4, the first of which is a product of matrices.

    Args:
        volume_size: S, a power of two from 8.
        latent_dim: Z.
        base_channels: Channels of the last map before the solid.
        num_classes: K; above 0 the class is told as numbers beside the latent.
        centred: Whether latents are taken as they are; otherwise what is in [-1, 1] is moved to [0, 1] first.
    """

    def __init__(
        self, volume_size: int, latent_dim: int, base_channels: int, num_classes: int = 0, centred: bool = True
    ) -> None:
        super().__init__()
        widths = widths_of(volume_size, base_channels)
        self.num_classes, self.centred = num_classes, centred
        self.memory_format = torch.contiguous_format
        self.begin = nn.Linear(latent_dim + num_classes, widths[0] * FIRST**3, bias=False)
        self.first_map = nn.Unflatten(1, (widths[0], FIRST, FIRST, FIRST))
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([*widths, 1]):
            layers += [nn.BatchNorm3d(inputs), nn.ReLU(), nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False)]
        self.layers = nn.Sequential(*layers)
        self.apply(initialise)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Probabilities of voxels, [N, 1, S, S, S], from latents [N, Z] and, by class, labels [N] or shares [N, K]."""
        rows = latents if self.centred else (latents + 1) / 2
        if labels is not None:
            rows = torch.cat([rows, class_shares(labels, self.num_classes).to(rows.dtype)], dim=1)
        maps = laid_out(self.first_map(self.begin(rows)), self.memory_format)
        return torch.sigmoid(self.layers(maps))


class VoxelBody(nn.Module):
    """The discriminator up to its last layer: convolutions of 4x4x4, which mirror the generator's.

    Args:
        volume_size: S, a power of two from 8.
        base_channels: Channels of the first map.
    """

    probed_side = 2
    """Features are max-pooled to so many voxels a side: the paper's windows of 8, 4 and 2 do so at 64 voxels."""

    def __init__(self, volume_size: int, base_channels: int) -> None:
        super().__init__()
        widths = widths_of(volume_size, base_channels)[::-1]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise([1, *widths]):
            layers += [
                nn.Conv3d(inputs, outputs, 4, 2, 1, bias=False),
                nn.BatchNorm3d(outputs),
                nn.LeakyReLU(0.2),
            ]
        self.layers = nn.Sequential(*layers)
        self.feature_dim = widths[-1] * FIRST**3
        self.apply(initialise)

    def probed_layers(self) -> list[nn.Module]:
        """Those whose outputs tell classes: the second, third and fourth of the paper's four (section 4.2)."""
        layers: list[nn.Module] = [layer for layer in self.layers if isinstance(layer, nn.LeakyReLU)]
        return layers[-PROBED:]

    def forward(self, solids: Tensor) -> Tensor:
        """Features [N, F] of solids [N, 1, S, S, S]."""
        return cast(Tensor, self.layers(solids)).flatten(1)
