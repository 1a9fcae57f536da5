"""Key points that nobody has marked, and how an image lies around each of them.

Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196, section 3.1 and appendix A.

Places are x and y, from -1 at the middle of the first pixel to 1 at that of the last, as `grid_sample` has them with
`align_corners=True`.
"""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, interpolate

from gan_cli.networks.hourglass import Hourglass, MotionNorm

TEMPERATURE = 0.1
"""What the logits of a heat map are divided by."""
HEAD = 7
"""Side of the last convolutions' kernels."""
LEAST_DETERMINANT = 1e-4
"""Matrices are inverted as if their determinant were no nearer to 0."""


class KeyPoints(NamedTuple):
    """The key points of images.

    Attributes:
        places: Where they are, [N, K, 2], x and y in [-1, 1].
        jacobians: How the image lies around each, as a map from a reference that nobody sees, [N, K, 2, 2].
    """

    places: Tensor
    jacobians: Tensor

    def at(self, rows: slice) -> "KeyPoints":
        """Those of some of the images."""
        return KeyPoints(self.places[rows], self.jacobians[rows])


def grid(height: int, width: int, like: Tensor) -> Tensor:
    """The place of each pixel, [H, W, 2], of the type and on the device of another tensor."""
    identity = torch.eye(2, 3, dtype=like.dtype, device=like.device)
    return affine_grid(identity[None], [1, 1, height, width], align_corners=True)[0]


def precise(values: Tensor) -> Tensor:
    """The same in float32 at least."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def inverse(matrices: Tensor) -> Tensor:
    """The inverses of matrices [..., 2, 2]."""
    (a, b), (c, d) = (row.unbind(-1) for row in matrices.unbind(-2))
    determinant = a * d - b * c
    sign = torch.where(determinant < 0, -1.0, 1.0).to(determinant.dtype)
    adjugate = torch.stack([torch.stack([d, -b], dim=-1), torch.stack([-c, a], dim=-1)], dim=-2)
    return adjugate / (sign * determinant.abs().clamp(min=LEAST_DETERMINANT))[..., None, None]


def product(matrices: Tensor, others: Tensor) -> Tensor:
    """The products of matrices [..., I, J] with others [..., J, K], which autocast leaves as long as they are."""
    return (matrices[..., None] * others[..., None, :, :]).sum(-2)


def reduced(images: Tensor, times: int) -> Tensor:
    """Images [N, C, H, W] so many times smaller, without aliasing."""
    if times == 1:
        return images
    size = [length // times for length in images.shape[2:]]
    return interpolate(images, size, mode="bilinear", antialias=True)


class KeyPointDetector(nn.Module):
    """Finds key points: the mean place of each heat map, and the mean of a matrix by the same weights.

    Args:
        image_channels: C.
        num_points: K.
        base_channels: Of the hourglass.
        blocks: How often the hourglass halves its maps.
        reduction: Points are looked for in images so many times smaller.
        jacobians: Whether the images' lie is found too; it is the identity if not.
        norm: What maps are normalised by.
    """

    def __init__(
        self,
        image_channels: int,
        num_points: int,
        base_channels: int,
        blocks: int,
        reduction: int,
        jacobians: bool,
        norm: MotionNorm,
    ) -> None:
        super().__init__()
        self.reduction = reduction
        self.hourglass = Hourglass(image_channels, base_channels, blocks, norm)
        self.heat = nn.Conv2d(self.hourglass.outputs, num_points, HEAD)  # without padding, as in the authors' code
        self.lie = nn.Conv2d(self.hourglass.outputs, 4 * num_points, HEAD) if jacobians else None
        if self.lie is not None:
            nn.init.zeros_(self.lie.weight)
            cast(Tensor, self.lie.bias).data.copy_(torch.eye(2).flatten().repeat(num_points))

    def forward(self, images: Tensor) -> KeyPoints:
        """The key points of images [N, C, H, W] in [0, 1], in float32 at least."""
        maps = self.hourglass(reduced(images, self.reduction))
        heat = precise(self.heat(maps))
        weights = (heat.flatten(2) / TEMPERATURE).softmax(2)
        places = (weights[..., None] * grid(heat.shape[2], heat.shape[3], heat).flatten(0, 1)).sum(2)
        if self.lie is None:
            identity = torch.eye(2, dtype=heat.dtype, device=heat.device)
            return KeyPoints(places, identity.expand(*places.shape[:2], 2, 2))
        lies = precise(self.lie(maps)).unflatten(1, (-1, 4)).flatten(3)
        return KeyPoints(places, (lies * weights[:, :, None]).sum(3).unflatten(2, (2, 2)))
