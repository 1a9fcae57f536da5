"""The networks of the first order motion model: what moves an image as another one does, and what judges the result.

Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196, appendix A; sizes by the
authors' configuration for VoxCeleb at 256 pixels.
"""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, leaky_relu

from gan_cli.networks.dense_motion import DenseMotion, moved_whole, taken, visible_at
from gan_cli.networks.hourglass import MotionNorm, convolved, doubling, halving, normalised
from gan_cli.networks.key_points import HEAD, KeyPointDetector, KeyPoints
from gan_cli.networks.layers import ImageNorm, in_float32
from gan_cli.networks.layouts import laid_out
from gan_cli.networks.spectral_norm import normalise_spectrally

WIDEST = 512
"""No map of the painter or of the discriminator has more channels."""


class Residual(nn.Module):
    """Two convolutions, each behind its normalisation and a rectifier, beside what went in."""

    def __init__(self, channels: int, norm: MotionNorm) -> None:
        super().__init__()
        layers = [
            [normalised(norm, channels), nn.ReLU(), nn.Conv2d(channels, channels, 3, padding=1)] for _ in range(2)
        ]
        self.layers = nn.Sequential(*(layer for each in layers for layer in each))

    def forward(self, maps: Tensor) -> Tensor:
        """Maps of the same shape."""
        return cast(Tensor, maps + self.layers(maps))


class Painter(nn.Module):
    """Takes an image apart into maps, moves these, paints what is hidden and puts them together again.

    Args:
        image_channels: C.
        base_channels: Channels at the images' size.
        halvings: How often maps are halved before they are moved.
        residual_blocks: How many blocks work on them after that.
        norm: What maps are normalised by.
    """

    def __init__(
        self, image_channels: int, base_channels: int, halvings: int, residual_blocks: int, norm: MotionNorm
    ) -> None:
        super().__init__()
        most = max(WIDEST, base_channels)
        widths = [min(most, base_channels * 2**level) for level in range(halvings + 1)]
        self.enter = nn.Sequential(
            *convolved(image_channels, base_channels, norm, HEAD), *(halving(*pair, norm) for pair in pairwise(widths))
        )
        self.leave = nn.Sequential(
            *(Residual(widths[-1], norm) for _ in range(residual_blocks)),
            *(doubling(wide, narrow, norm) for narrow, wide in reversed([*pairwise(widths)])),
        )
        self.last = nn.Conv2d(base_channels, image_channels, HEAD, padding=HEAD // 2)


class PortraitGenerator(nn.Module):
    """Moves source images as driving images do; it sees nothing of these but their key points.

    Args:
        image_channels: C.
        num_points: K, of key points.
        point_channels: Base channels of the detector of points.
        motion_channels: Base channels of the network of motion.
        base_channels: Of the painter, at the images' size.
        blocks: How often both hourglasses halve their maps.
        reduction: Points and motion are found in images so many times smaller.
        halvings: How often the painter halves its maps.
        residual_blocks: Of the painter.
        jacobians: Whether points have Jacobians; without them it is the zeroth order.
        occlusion: Whether what is hidden in the source is painted, or all is taken from it.
        blends: Whether what can be seen is the source's own pixels, moved, and only the rest is painted.
        norm: What maps are normalised by.
    """

    def __init__(
        self,
        image_channels: int,
        num_points: int,
        point_channels: int,
        motion_channels: int,
        base_channels: int,
        blocks: int,
        reduction: int,
        halvings: int,
        residual_blocks: int,
        jacobians: bool,
        occlusion: bool,
        blends: bool,
        norm: MotionNorm,
    ) -> None:
        super().__init__()
        self.blends = blends
        self.memory_format = torch.contiguous_format
        common = (blocks, reduction)
        self.detector = KeyPointDetector(image_channels, num_points, point_channels, *common, jacobians, norm)
        self.motion = DenseMotion(image_channels, num_points, motion_channels, *common, occlusion, norm)
        self.painter = Painter(image_channels, base_channels, halvings, residual_blocks, norm)

    def points(self, images: Tensor) -> KeyPoints:
        """The key points of images [N, C, H, W] in [-1, 1]."""
        return cast(KeyPoints, self.detector((images + 1) / 2))

    def animated(self, source: Tensor, points: KeyPoints, driving: KeyPoints) -> Tensor:
        """Source images with their points moved to those of others, [N, C, H, W] in [-1, 1].

        Args:
            source: [N, C, H, W] in [-1, 1].
            points: Their own key points.
            driving: Those they are to have.
        """
        images = (source + 1) / 2  # where nothing is taken from, images are black, as in the authors' code
        motion = self.motion(images, points, driving)
        moved = laid_out(taken(self.painter.enter(images), motion), self.memory_format)
        maps = self.painter.leave(moved)
        painted = in_float32(self.painter.last, maps).sigmoid()
        if self.blends and motion.visible is not None:
            painted = torch.lerp(painted, moved_whole(images, motion), visible_at(motion.visible, images))
        return 2 * painted - 1

    def forward(self, source: Tensor, driving: Tensor) -> Tensor:
        """Source images moved to the points of driving images, all [N, C, H, W] in [-1, 1]."""
        return self.animated(source, self.points(source), self.points(driving))


class PortraitDiscriminator(nn.Module):
    """Convolutions of 4 pixels without padding, each halved but for the last, spectrally normalised.

    Args:
        image_channels: C.
        base_channels: Half the channels of the first map.
        num_layers: How many maps there are before the logits.
    """

    def __init__(self, image_channels: int, base_channels: int, num_layers: int) -> None:
        super().__init__()
        most = max(WIDEST, 2 * base_channels)
        widths = [image_channels, *(min(most, base_channels * 2**layer) for layer in range(1, num_layers + 1))]
        self.layers = nn.ModuleList(nn.Conv2d(inputs, outputs, 4) for inputs, outputs in pairwise(widths))
        self.norms = nn.ModuleList(
            ImageNorm(width, affine=True) if layer else nn.Identity() for layer, width in enumerate(widths[1:])
        )
        self.last = nn.Conv2d(widths[-1], 1, 1)
        normalise_spectrally(self)

    def forward(self, images: Tensor) -> list[Tensor]:
        """The maps of images [N, C, H, W] in [-1, 1], and the logits of patches [N, 1, H', W'], the last."""
        seen = [images]
        for number, (layer, norm) in enumerate(zip(self.layers, self.norms, strict=True)):
            made = leaky_relu(norm(layer(seen[-1])), 0.2)
            seen.append(avg_pool2d(made, 2) if number < len(self.layers) - 1 else made)
        return [*seen[1:], in_float32(self.last, seen[-1])]


def least_side(num_layers: int) -> int:
    """The least side in pixels of images that such a discriminator judges."""
    side = 2  # a normalisation by image needs more pixels than one
    for layer in range(num_layers):
        side = (side if not layer else 2 * side) + 3
    return side
