"""Distances of style against sums that were worked out."""

import pytest
import torch

from gan_cli.objectives.style import gram, gram_distance, relative_distance, total_variation


def test_a_gram_matrix_is_the_mean_product_of_channels() -> None:
    maps = torch.tensor([[[[1.0, 2.0]], [[0.0, 4.0]]]])  # two channels, two places
    assert gram(maps).tolist() == [[[2.5, 4.0], [4.0, 8.0]]]


def test_distances_are_over_the_size_of_what_is_wanted() -> None:
    wanted = torch.tensor([[3.0, 4.0], [0.0, 2.0]])
    assert relative_distance(wanted, wanted) == 0
    assert relative_distance(torch.zeros(2, 2), wanted) == 1
    assert (
        relative_distance(torch.tensor([[3.0, 4.0], [2.0, 2.0]]), wanted) == 0.5
    )  # the second is as far as it is long
    assert relative_distance(torch.zeros(1, 2), torch.zeros(1, 2)) == 0


def test_styles_are_compared_layer_by_layer_wherever_things_are() -> None:
    maps = [torch.rand(2, 3, 4, 4), torch.rand(2, 5, 2, 2)]
    moved = [one.flip(3) for one in maps]
    assert gram_distance(maps, moved).item() == pytest.approx(0, abs=1e-6)
    doubled = [2 * maps[0], maps[1]]
    assert gram_distance(doubled, maps).item() == pytest.approx(9 / 2)  # (4 - 1)^2 of one layer, 0 of the other
    assert gram_distance([one.bfloat16() for one in maps], maps).dtype == torch.float32


def test_variation_is_the_mean_step_to_the_next_pixel() -> None:
    image = torch.tensor([[[[0.0, 1.0], [2.0, 5.0]]]])
    assert total_variation(image).item() == (2 + 4) / 2 + (1 + 3) / 2
