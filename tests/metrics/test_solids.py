"""Measures of solids, held against numbers worked out by hand."""

import pytest
import torch
from torch import Tensor

from gan_cli.metrics import solids as measures


def boxes(*corners: tuple[int, int]) -> Tensor:
    """Cubes from a corner on the diagonal to another, in grids of 8."""
    made = torch.zeros(len(corners), 8, 8, 8, dtype=torch.bool)
    for one, (low, high) in zip(made, corners, strict=True):
        one[low:high, low:high, low:high] = True
    return made


def test_overlaps_are_shares_of_what_either_fills() -> None:
    one = boxes((0, 2), (4, 4))
    other = boxes((0, 2), (1, 3), (0, 4), (0, 0))
    assert measures.overlaps(one, other).tolist() == [[1, pytest.approx(1 / 15), 1 / 8, 0], [0, 0, 0, 1]]
    alike = boxes((0, 2), (0, 2), (5, 7))
    assert measures.nearest_overlap(alike, alike, itself=True).tolist() == [1, 1, 0]
    assert measures.nearest_overlap(alike, alike).tolist() == [1, 1, 1]


def test_a_surface_is_what_has_an_empty_neighbour() -> None:
    assert int(measures.surfaces(boxes((1, 6))).sum()) == 5**3 - 3**3
    assert int(measures.surfaces(boxes((0, 8))).sum()) == 8**3 - 6**3  # beyond the grid all is empty


def test_chamfer_distances_are_those_of_the_points_of_surfaces() -> None:
    torch.manual_seed(0)
    one, other = torch.rand(3, 8, 8, 8) > 0.9, torch.rand(2, 8, 8, 8) > 0.8
    found = measures.chamfer_distances(one, other)
    for i in range(3):
        for j in range(2):
            here, there = (measures.surfaces(each[None])[0].nonzero() / 8 for each in (one[i], other[j]))
            apart = torch.cdist(here, there).square()
            assert found[i, j].item() == pytest.approx(float(apart.amin(1).mean() + apart.amin(0).mean()), rel=1e-4)
    assert measures.chamfer_distances(boxes((2, 3)), boxes((2, 3))).item() == 0
    assert measures.chamfer_distances(boxes((2, 3)), boxes((3, 4))).item() == pytest.approx(2 * 3 / 64)
    assert measures.chamfer_distances(boxes((2, 3), (0, 0)), boxes((2, 3), (0, 0))).tolist() == [
        [0, torch.inf],
        [torch.inf, torch.inf],
    ]


def test_coverage_counts_who_is_nearest_and_matching_who_is_near() -> None:
    distances = torch.tensor([[1.0, 2.0, 3.0], [1.0, 5.0, 4.0], [9.0, 1.0, 8.0]])
    assert measures.coverage(distances) == pytest.approx(2 / 3)
    assert measures.minimum_matching_distance(distances) == pytest.approx((1 + 1 + 3) / 3)
    nothing = torch.full((2, 3), torch.inf)
    assert measures.coverage(nothing) == 0
    assert measures.minimum_matching_distance(nothing) != measures.minimum_matching_distance(nothing)  # not a number
    assert measures.coverage(torch.cat([nothing, distances])) == pytest.approx(2 / 3)


def test_parts_are_counted_and_what_floats() -> None:
    apart = boxes((0, 2)) | boxes((5, 6))
    touching = boxes((0, 2)) | boxes((2, 3))  # by a corner
    found = measures.parts(torch.cat([apart, touching, boxes((0, 0))]))
    assert found.number.tolist() == [2, 1, 0]
    assert found.floating.tolist() == [pytest.approx(1 / 9), 0, 0]
    assert measures.occupancy(apart).tolist() == [9 / 512]
