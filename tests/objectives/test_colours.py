import math

import pytest
import torch

from gan_cli.objectives.colours import colour_cross_entropy, colour_difference


def test_differences_of_a_and_b_are_added_up_and_averaged_over_pixels() -> None:
    wanted = torch.zeros(2, 2, 3, 3)
    made = torch.stack([torch.full((2, 3, 3), 0.25), torch.full((2, 3, 3), -0.5)], dim=1)
    assert float(colour_difference(made, wanted)) == pytest.approx(0.75)
    assert colour_difference(made.bfloat16(), wanted).dtype == torch.float32


def test_equal_logits_cost_log_k_and_one_pixel_counts_of_each_square() -> None:
    bins = torch.full((1, 8, 8), 4)
    assert float(colour_cross_entropy(torch.zeros(1, 529, 2, 2), bins)) == pytest.approx(math.log(529), rel=1e-6)
    logits = torch.zeros(1, 9, 2, 2)
    logits[:, 4] = 50.0
    bins[:, 1:4, 1:4] = 0  # between those that count
    assert float(colour_cross_entropy(logits, bins)) == pytest.approx(0, abs=1e-6)
