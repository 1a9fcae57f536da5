"""Measures of solids, bool [N, D, H, W]: how they overlap, how far their surfaces are apart, into how many parts they
fall."""

from typing import NamedTuple

import torch
from scipy import ndimage
from torch import Tensor
from torch.nn.functional import max_pool3d, pad


def overlaps(one: Tensor, other: Tensor) -> Tensor:
    """The intersection over union of each with each of the others, float32 [N, M]; two empty solids have 1."""
    a, b = (solids.flatten(1).float() for solids in (one, other))
    common = a @ b.T
    union = a.sum(1)[:, None] + b.sum(1) - common
    return torch.where(union > 0, common / union.clamp_min(1), torch.ones_like(common))


def nearest_overlap(one: Tensor, other: Tensor, itself: bool = False) -> Tensor:
    """The largest overlap of each with any of the others, [N]; `itself` leaves out the one of the same place."""
    found = overlaps(one, other)
    if itself:
        found.fill_diagonal_(-1)
    return found.amax(1)


def surfaces(solids: Tensor) -> Tensor:
    """The full voxels that have an empty neighbour, across a face, an edge or a corner; bool [N, D, H, W]."""
    empty = pad(~solids, (1,) * 6, value=True).float()[:, None]
    return (max_pool3d(empty, 3, 1)[:, 0] > 0) & solids


def chamfer_distances(one: Tensor, other: Tensor) -> Tensor:
    """How far surfaces are apart, each from each, float32 [N, M]; infinite where one of the two is empty.

    The mean squared distance from each point of a surface to the nearest of the other, both ways added (Fan et al.
    2017, "A Point Set Generation Network for 3D Object Reconstruction from a Single Image", arXiv:1612.00603, equation
    1, with means for sums as is usual now), in squares of the grid's side. The points are the middles of all voxels of
    the surface, so the nearest is looked up in a map of distances and nothing depends on chance.

    Args:
        one: bool [N, D, H, W].
        other: bool [M, D, H, W].
    """
    here, there = surfaces(one), surfaces(other)
    return _means_over(here, there) + _means_over(there, here).T


def _means_over(points: Tensor, surface: Tensor) -> Tensor:
    """The mean squared distance of each one's points to each surface, [N, M]."""
    side = max(points.shape[1:])
    maps = [torch.from_numpy(ndimage.distance_transform_edt(~each.numpy())).float() / side for each in surface]
    squares = torch.stack(maps).square().flatten(1)
    rows = points.flatten(1).float()
    found = rows @ squares.T / rows.sum(1, keepdim=True).clamp_min(1)
    found[~points.flatten(1).any(1)] = torch.inf
    found[:, ~surface.flatten(1).any(1)] = torch.inf
    return found


def coverage(distances: Tensor) -> float:
    """The share of the others that are the nearest of one at least; of distances [N, M] from each made to each other.

    Achlioptas et al. 2018, "Learning Representations and Generative Models for 3D Point Clouds", arXiv:1707.02392,
    section 2. It is at most N / M.
    """
    there = distances[distances.isfinite().any(1)]
    return len(there.argmin(1).unique()) / distances.shape[1]


def minimum_matching_distance(distances: Tensor) -> float:
    """The mean over the others of the distance of the nearest made one (the same source); of distances [N, M]."""
    nearest = distances.amin(0)
    return float(nearest[nearest.isfinite()].mean()) if nearest.isfinite().any() else float("nan")


class Parts(NamedTuple):
    """Into what solids fall.

    Attributes:
        number: How many parts each has, int64 [N]; voxels hang together where they share a face, an edge or a corner.
        floating: The share of each one's full voxels that are outside its largest part, float [N]; 0 if it is empty.
    """

    number: Tensor
    floating: Tensor


def parts(solids: Tensor) -> Parts:
    """The connected parts of each."""
    number, floating = [], []
    for solid in solids.numpy():
        labels, count = ndimage.label(solid, ndimage.generate_binary_structure(3, 3))
        sizes = torch.from_numpy(labels.reshape(-1)).long().bincount(minlength=2)[1:]
        number.append(count)
        floating.append(1 - float(sizes.max()) / max(1, int(sizes.sum())) if count else 0.0)
    return Parts(torch.tensor(number), torch.tensor(floating))


def occupancy(solids: Tensor) -> Tensor:
    """The share of voxels that are full, float [N]."""
    return solids.flatten(1).float().mean(1)
