"""Directions at right angles to each other, the most important first."""

from typing import NamedTuple

import torch
from torch import Tensor


class Axes(NamedTuple):
    """The axes of a symmetric matrix.

    Attributes:
        vectors: Unit vectors, float64 [D, D], one a row.
        values: How important each is, >= 0 and descending, [D].
    """

    vectors: Tensor
    values: Tensor


def axes_of(matrix: Tensor) -> Axes:
    """The eigenvectors of a symmetric matrix [D, D] without negative eigenvalues.

    A solver leaves the sign of each open: here the largest of its numbers is positive, on every machine.
    """
    values, columns = torch.linalg.eigh(matrix.double().cpu())
    vectors = columns.flip(1).T
    largest = vectors.gather(1, vectors.abs().argmax(1, keepdim=True))
    return Axes(vectors * torch.where(largest < 0, -1.0, 1.0), values.flip(0).clamp_min(0))
