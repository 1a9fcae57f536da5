"""The players of BigGAN-deep: Brock et al. 2019, arXiv:1809.11096, appendix B, figure 16 and tables 7 to 9, as in the
first author's PyTorch code (https://github.com/ajbrock/BigGAN-PyTorch)."""

from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.biggan import ConditionedBatchNorm, SharedEmbedding
from gan_cli.networks.layers import ClassSequential
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.sagan import (
    DISCRIMINATOR,
    FIRST,
    GENERATOR,
    SMALL,
    attending,
    last_layers,
    widths_of,
)

NARROWER = 4
"""Channels of a block's inner convolutions are so many times fewer than its own."""


class NarrowingBlock(nn.Module):
    """Four convolutions of few channels, behind normalisation and activation, beside the map itself.

    The shortcut has no weights: it drops the channels that are too many.

    Args:
        inputs: Channels in.
        outputs: Channels out, not more.
        told: Numbers in what the normalisations are told.
        doubles: Whether the map is doubled (nearest neighbour), in front of the 3x3 convolutions.
    """

    takes_classes = True

    def __init__(self, inputs: int, outputs: int, told: int, doubles: bool) -> None:
        super().__init__()
        inner = max(1, inputs // NARROWER)
        doubling = [nn.Upsample(scale_factor=2)] if doubles else []
        self.path = ClassSequential(
            *(ConditionedBatchNorm(inputs, told), nn.ReLU(), nn.Conv2d(inputs, inner, 1)),
            *(ConditionedBatchNorm(inner, told), nn.ReLU(), *doubling, nn.Conv2d(inner, inner, 3, padding=1)),
            *(ConditionedBatchNorm(inner, told), nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1)),
            *(ConditionedBatchNorm(inner, told), nn.ReLU(), nn.Conv2d(inner, outputs, 1)),
        )
        self.shortcut = nn.Sequential(*doubling)
        self.outputs = outputs

    def forward(self, inputs: Tensor, told: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W'], from what it is told, [N, E]."""
        return cast(Tensor, self.path(inputs, told) + self.shortcut(inputs[:, : self.outputs]))


class WideningBlock(nn.Module):
    """Four convolutions of few channels, behind an activation each, beside the map itself.

    The shortcut keeps the map's channels, and a 1x1 convolution makes those that are missing.

    Args:
        inputs: Channels in.
        outputs: Channels out, not fewer.
        halves: Whether the map is halved (mean), in front of the last convolution.
    """

    def __init__(self, inputs: int, outputs: int, halves: bool) -> None:
        super().__init__()
        inner = max(1, outputs // NARROWER)
        halving = [nn.AvgPool2d(2)] if halves else []
        self.path = nn.Sequential(
            *(nn.ReLU(), nn.Conv2d(inputs, inner, 1)),
            *(nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1)),
            *(nn.ReLU(), nn.Conv2d(inner, inner, 3, padding=1)),
            *(nn.ReLU(), *halving, nn.Conv2d(inner, outputs, 1)),
        )
        self.shortcut = nn.Sequential(*halving)
        self.missing = nn.Conv2d(inputs, outputs - inputs, 1) if outputs > inputs else None

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W']."""
        shortcut: Tensor = self.shortcut(inputs)
        if self.missing is not None:
            shortcut = torch.cat([shortcut, self.missing(shortcut)], dim=1)
        return cast(Tensor, self.path(inputs)) + shortcut


class BigGANDeepGenerator(nn.Module):
    """Two blocks at each map, the second of which doubles it; all are told the class and the whole latents.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 512.
        image_channels: C.
        latent_dim: Z, 128 in the paper.
        base_channels: 128 in the paper.
        attention: Side of the maps with self-attention; 0 has none.
        num_classes: K; 0 for a generator without classes.
        embedding_dim: Numbers in the embedding of the class, 128 in the paper.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        attention: int,
        num_classes: int,
        embedding_dim: int,
    ) -> None:
        super().__init__()
        self.embedding = SharedEmbedding(num_classes, embedding_dim)
        told = self.embedding.width + latent_dim
        first, *widths = (base_channels * width for width in widths_of(GENERATOR, image_size))
        self.first = nn.Sequential(nn.Linear(told, FIRST**2 * first), FirstMap(first, FIRST))
        blocks: list[nn.Module] = []
        inputs, size = first, FIRST
        for width in widths:
            size *= 2
            blocks += [NarrowingBlock(inputs, inputs, told, False), NarrowingBlock(inputs, width, told, True)]
            blocks += attending(width, size, attention)
            inputs = width
        self.blocks = ClassSequential(*blocks)
        self.last = last_layers(inputs, image_channels)

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and labels, int64 [N] or shares [N, K]."""
        told = self.embedding(latents, labels)
        return cast(Tensor, self.last(self.blocks(self.first(told), told)))


class BigGANDeepBody(nn.Module):
    """A convolution, two blocks at each map, the first of which halves it, activation, and the sum over all places.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 512.
        image_channels: C.
        base_channels: 128 in the paper.
        attention: Side of the maps with self-attention; 0 has none.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, attention: int) -> None:
        super().__init__()
        first, *widths = (base_channels * width for width in widths_of(DISCRIMINATOR, image_size))
        keeping = len(widths) - 1 if image_size <= SMALL else len(widths)
        layers: list[nn.Module] = [nn.Conv2d(image_channels, first, 3, padding=1)]
        inputs, size = first, image_size
        for number, width in enumerate(widths):
            halves = number < keeping
            layers += [WideningBlock(inputs, width, halves), WideningBlock(width, width, False)]
            if halves:
                size //= 2
                layers += attending(width, size, attention)
            inputs = width
        self.layers = nn.Sequential(*layers, nn.ReLU())
        self.feature_dim = inputs

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).sum(dim=(2, 3)))
