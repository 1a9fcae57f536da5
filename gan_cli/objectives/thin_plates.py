"""Random smooth transforms of the plane, and how points that are found in images should follow them.

Siarohin et al. 2019, "First Order Motion Model for Image Animation", arXiv:2003.00196, section 3.1 and appendix; the
transforms of Jakab et al. 2018, arXiv:1806.07823. Places are x and y in [-1, 1].
"""

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import affine_grid, grid_sample

EPSILON = 1e-6


class ThinPlates(NamedTuple):
    """Affine maps with thin plate splines, one for each of N images.

    Attributes:
        affine: Matrix and shift, [N, 2, 3].
        weights: Of the splines' control points, which lie on a square grid, [N, P].
    """

    affine: Tensor
    weights: Tensor


def thin_plates(noise: Tensor, affine_deviation: float, spline_deviation: float) -> ThinPlates:
    """Random transforms near the identity.

    Args:
        noise: From N(0, 1), [N, 6 + P]; P is a square number.
        affine_deviation: Of the numbers of matrix and shift from the identity's; 0.05 in the paper.
        spline_deviation: Of the splines' weights; 0.005 in the paper.
    """
    identity = torch.eye(2, 3, dtype=noise.dtype, device=noise.device)
    affine = identity + affine_deviation * noise[:, :6].unflatten(1, (2, 3))
    return ThinPlates(affine, spline_deviation * noise[:, 6:])


def transformed(plates: ThinPlates, places: Tensor) -> Tensor:
    """Places [N, M, 2] after the transforms."""
    matrix, shift = plates.affine[:, :, :2], plates.affine[:, :, 2]
    radius = _away(plates, places).abs().sum(-1)  # the sum of both distances, as in the authors' code
    bent = (radius.square() * (radius + EPSILON).log() * plates.weights[:, None]).sum(2, keepdim=True)
    return (matrix[:, None] * places[:, :, None]).sum(-1) + shift[:, None] + bent


def jacobians(plates: ThinPlates, places: Tensor) -> Tensor:
    """The Jacobians of the transforms at places [N, M, 2], [N, M, 2, 2]."""
    away = _away(plates, places)
    radius = away.abs().sum(-1)
    slope = 2 * radius * (radius + EPSILON).log() + radius.square() / (radius + EPSILON)
    bent = ((slope * plates.weights[:, None])[..., None] * away.sign()).sum(2)
    return plates.affine[:, None, :, :2] + bent[:, :, None]  # both coordinates are bent alike


def warped(plates: ThinPlates, images: Tensor) -> Tensor:
    """Images [N, C, H, W] whose pixel at z shows what was at T(z); mirrored at the borders."""
    height, width = images.shape[2:]
    places = _grid(height, width, plates.affine).flatten(0, 1).expand(len(images), -1, -1)
    taken = transformed(plates, places).unflatten(1, (height, width)).to(images.dtype)
    return grid_sample(images, taken, padding_mode="reflection", align_corners=True)


def point_equivariance(plates: ThinPlates, points: Tensor, of_warped: Tensor) -> Tensor:
    """How far points lie from where those of the warped images say they are: |p - T(p')|.

    Siarohin et al. 2019, arXiv:2003.00196, equation 9.

    Args:
        plates: The transforms.
        points: Places that were found in images, [N, K, 2].
        of_warped: Those that were found in the warped images.

    Returns:
        Scalar >= 0, averaged over images, points and coordinates.
    """
    return (points - transformed(plates, of_warped)).abs().mean()


def jacobian_equivariance(plates: ThinPlates, inverses: Tensor, places: Tensor, of_warped: Tensor) -> Tensor:
    """How far Jacobians at points are from following the transform: |1 - J^-1 T'(p') J'|.

    Siarohin et al. 2019, arXiv:2003.00196, equation 11.

    Args:
        plates: The transforms.
        inverses: Of the Jacobians that were found at points of images, [N, K, 2, 2].
        places: The same points as they were found in the warped images, [N, K, 2].
        of_warped: The Jacobians that were found there, [N, K, 2, 2].

    Returns:
        Scalar >= 0, averaged over images, points and the four numbers.
    """
    follows = _product(_product(inverses, jacobians(plates, places)), of_warped)
    return (torch.eye(2, dtype=follows.dtype, device=follows.device) - follows).abs().mean()


def _product(matrices: Tensor, others: Tensor) -> Tensor:
    """The products of matrices [..., 2, 2], which autocast leaves as long as they are."""
    return (matrices[..., None] * others[..., None, :, :]).sum(-2)


def _grid(height: int, width: int, like: Tensor) -> Tensor:
    """The place of each pixel, [H, W, 2]."""
    identity = torch.eye(2, 3, dtype=like.dtype, device=like.device)
    return affine_grid(identity[None], [1, 1, height, width], align_corners=True)[0]


def _away(plates: ThinPlates, places: Tensor) -> Tensor:
    """From each control point to each place, [N, M, P, 2]."""
    side = round(plates.weights.shape[1] ** 0.5)
    return places[:, :, None] - _grid(side, side, places).flatten(0, 1)
