"""The players of Zhang et al. 2019, "Self-Attention Generative Adversarial Networks", arXiv:1805.08318, as in the
authors' code: SNGAN's at 128 pixels with self-attention at one of the maps, and a discriminator whose blocks widen the
map at once. Their sizes at other resolutions are BigGAN's (Brock et al. 2019, arXiv:1809.11096, appendix B)."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.attention import SelfAttention
from gan_cli.networks.heads import LabelledGenerator
from gan_cli.networks.layers import ClassSequential, norm_2d
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.resnet import NormOf, Resampling, ResidualBlock

FIRST = 4
"""Side of the generator's first map."""
SMALL = 32
"""Images up to this size are made of maps of one width."""
GENERATOR: Mapping[int, tuple[int, ...]] = {
    16: (4, 4, 4),
    32: (4, 4, 4, 4),
    64: (16, 16, 8, 4, 2),
    128: (16, 16, 8, 4, 2, 1),
    256: (16, 16, 8, 8, 4, 2, 1),
    512: (16, 16, 8, 8, 4, 2, 1, 1),
}
"""Channels of the generator's maps in base channels, from the first up to the image's size, by that size."""
DISCRIMINATOR: Mapping[int, tuple[int, ...]] = {
    **{size: widths[::-1] for size, widths in GENERATOR.items()},
    64: (1, 2, 4, 8, 16),
}
"""Channels after each of the discriminator's blocks."""
KEEPING = 2
"""So many last blocks of a small image's discriminator keep the map's size; of a larger one's the last alone."""


class SAGANGenerator(nn.Module):
    """A linear layer to a small map, residual blocks that double it, then normalisation, a convolution and tanh.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 512.
        image_channels: C.
        latent_dim: Numbers that the linear layer takes.
        base_channels: 64 in the paper, the last map's width at 128 pixels.
        attention: Side of the maps with self-attention; 0 has none.
        norm: The normalisation in the blocks; the last is plain batch normalisation.
    """

    takes_classes = True

    def __init__(
        self, image_size: int, image_channels: int, latent_dim: int, base_channels: int, attention: int, norm: NormOf
    ) -> None:
        super().__init__()
        first, *widths = (base_channels * width for width in widths_of(GENERATOR, image_size))
        self.first = nn.Sequential(nn.Linear(latent_dim, FIRST**2 * first), FirstMap(first, FIRST))
        stages: list[ClassSequential] = []
        inputs, size = first, FIRST
        for width in widths:
            size *= 2
            block = ResidualBlock(inputs, width, norm, "relu", "up")
            stages.append(ClassSequential(block, *attending(width, size, attention)))
            inputs = width
        self.stages = nn.ModuleList(stages)
        self.last = last_layers(inputs, image_channels)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and what every stage is told, such as shares [N, K]."""
        return self.staged(latents, [classes] * len(self.stages))

    def staged(self, latents: Tensor, told: Sequence[Tensor | None]) -> Tensor:
        """The same, where each stage is told something of its own."""
        maps = self.first(latents)
        for stage, condition in zip(self.stages, told, strict=True):
            maps = stage(maps, condition)
        return cast(Tensor, self.last(maps))


def told_by_tables(
    image_size: int, image_channels: int, latent_dim: int, base_channels: int, attention: int, num_classes: int
) -> nn.Module:
    """SAGAN's generator as the paper has it, whose normalisations have a scale and a shift for each class.

    It takes latents [N, Z] and labels, int64 [N] or shares [N, K]; without classes, `num_classes` 0, latents alone.
    """
    norm = partial(norm_2d, "batch", num_classes=num_classes)
    network = SAGANGenerator(image_size, image_channels, latent_dim, base_channels, attention, norm)
    return LabelledGenerator(network, num_classes, concatenated=False) if num_classes else network


class SAGANBody(nn.Module):
    """Residual blocks that halve the map, one or two that keep it, activation, and the sum over all places.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 512.
        image_channels: C.
        base_channels: 64 in the paper, the first block's width at 128 pixels.
        attention: Side of the maps with self-attention; 0 has none.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, attention: int) -> None:
        super().__init__()
        widths = [base_channels * width for width in widths_of(DISCRIMINATOR, image_size)]
        halving = len(widths) - (KEEPING if image_size <= SMALL else 1)
        layers: list[nn.Module] = []
        inputs, size = image_channels, image_size
        for number, width in enumerate(widths):
            resampling: Resampling = "down" if number < halving else "none"
            layers += [ResidualBlock(inputs, width, "none", "relu", resampling, first=number == 0)]
            if resampling == "down":
                size //= 2
                layers += attending(width, size, attention)
            inputs = width
        self.layers = nn.Sequential(*layers, nn.ReLU())
        self.feature_dim = inputs

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).sum(dim=(2, 3)))


def widths_of(table: Mapping[int, tuple[int, ...]], image_size: int) -> tuple[int, ...]:
    """A table's row for an image's size.

    Raises:
        UserError: If there is none.
    """
    if image_size not in table:
        *sizes, largest = sorted(table)
        raise UserError(
            f"data.image_size: {image_size} is not possible here; take {', '.join(map(str, sizes))} or {largest}"
        )
    return table[image_size]


def attending(channels: int, size: int, attention: int) -> list[nn.Module]:
    """Self-attention behind a map of a size, if it is the size at which there is some."""
    return [SelfAttention(channels)] if size == attention else []


def last_layers(channels: int, image_channels: int) -> nn.Sequential:
    """Batch normalisation, activation, a 3x3 convolution and tanh."""
    return nn.Sequential(
        nn.BatchNorm2d(channels), nn.ReLU(), nn.Conv2d(channels, image_channels, 3, padding=1), nn.Tanh()
    )
