"""Where each pixel of a driving image comes from in a source image, from the key points of both.

Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196, sections 3.2 and 3.3.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import grid_sample, interpolate, pad

from gan_cli.networks.hourglass import Hourglass, MotionNorm
from gan_cli.networks.key_points import HEAD, KeyPoints, grid, inverse, precise, product, reduced

VARIANCE = 0.01
"""Of the Gaussian bumps that show the network where points are, in squared units of places."""


class Motion(NamedTuple):
    """How an image is to be moved.

    Attributes:
        places: Where each pixel comes from, [N, H, W, 2], as `grid_sample` takes it with `align_corners=True`.
        visible: How much of it is there to be taken, [N, 1, H, W] in [0, 1]; the rest has to be painted. None where
            everything is said to be there.
        shares: The share of each part's motion at each pixel, [N, H, W, K + 1]; the background's is the first.
    """

    places: Tensor
    visible: Tensor | None
    shares: Tensor


def bumps(points: Tensor, places: Tensor) -> Tensor:
    """Gaussian bumps of height 1 around points, [N, K, H, W].

    Args:
        points: [N, K, 2].
        places: That of each pixel, [H, W, 2].
    """
    squared = (places - points[:, :, None, None]).square().sum(-1)
    return (-squared / (2 * VARIANCE)).exp()


def sparse_motions(source: KeyPoints, driving: KeyPoints, places: Tensor) -> Tensor:
    """Where pixels come from by each key point alone, [N, K + 1, H, W, 2]; the background's, the first, stay.

    Equation 4: T(z) = p_source + J_source J_driving^-1 (z - p_driving).

    Args:
        source: The key points of the source images.
        driving: Those of the driving images.
        places: That of each pixel, [H, W, 2].
    """
    matrices = product(source.jacobians, inverse(driving.jacobians))
    away = places - driving.places[:, :, None, None]
    moved = product(matrices[:, :, None, None], away[..., None])[..., 0] + source.places[:, :, None, None]
    return torch.cat([places.expand(len(moved), 1, -1, -1, -1), moved], dim=1)


class DenseMotion(nn.Module):
    """Puts the motions of the points together: which of them each pixel follows, and what cannot be seen in the source.

    Args:
        image_channels: C.
        num_points: K.
        base_channels: Of the hourglass.
        blocks: How often the hourglass halves its maps.
        reduction: Motion is found in images so many times smaller.
        occlusion: Whether it says what is hidden.
        norm: What maps are normalised by.
    """

    def __init__(
        self,
        image_channels: int,
        num_points: int,
        base_channels: int,
        blocks: int,
        reduction: int,
        occlusion: bool,
        norm: MotionNorm,
    ) -> None:
        super().__init__()
        self.reduction = reduction
        self.hourglass = Hourglass((num_points + 1) * (image_channels + 1), base_channels, blocks, norm)
        inputs = self.hourglass.outputs
        self.shares = nn.Conv2d(inputs, num_points + 1, HEAD, padding=HEAD // 2)
        self.visible = nn.Conv2d(inputs, 1, HEAD, padding=HEAD // 2) if occlusion else None

    def forward(self, images: Tensor, source: KeyPoints, driving: KeyPoints) -> Motion:
        """The motion from source images [N, C, H, W] in [0, 1] with these key points to others."""
        small = precise(reduced(images, self.reduction))
        places = grid(small.shape[2], small.shape[3], small)
        heat = pad(bumps(driving.places, places) - bumps(source.places, places), (0, 0, 0, 0, 1, 0))
        motions = sparse_motions(source, driving, places)
        count = motions.shape[1]
        copies = small.repeat_interleave(count, dim=0)
        moved = grid_sample(copies, motions.flatten(0, 1), align_corners=True).unflatten(0, (-1, count))
        seen = torch.cat([heat[:, :, None], moved], dim=2).flatten(1, 2)
        maps = self.hourglass(seen)
        shares = precise(self.shares(maps)).permute(0, 2, 3, 1).softmax(-1)  # of each pixel's row of channels
        visible = None if self.visible is None else precise(self.visible(maps)).sigmoid()
        return Motion((motions.permute(0, 2, 3, 1, 4) * shares[..., None]).sum(3), visible, shares)


def taken(maps: Tensor, motion: Motion) -> Tensor:
    """Maps [N, C, H, W] moved, of which hidden places are dark.

    The grid is brought to the maps' size with its corners on theirs, so that what does not move stays to the bit; the
    authors' code, from before `grid_sample` had a choice, leaves them apart by a fraction of a pixel.
    """
    moved = moved_whole(maps, motion)
    return moved if motion.visible is None else moved * visible_at(motion.visible, maps)


def moved_whole(maps: Tensor, motion: Motion) -> Tensor:
    """Maps [N, C, H, W] moved, whatever is hidden."""
    places = interpolate(motion.places.permute(0, 3, 1, 2), maps.shape[2:], mode="bilinear", align_corners=True)
    return grid_sample(precise(maps), places.permute(0, 2, 3, 1), align_corners=True)


def visible_at(visible: Tensor, maps: Tensor) -> Tensor:
    """How much of each pixel of maps is there to be taken, [N, 1, H, W]."""
    return interpolate(visible, maps.shape[2:], mode="bilinear")
