"""Two-sample tests: their statistics by other ways, how often they are wrong, and what they see."""

from collections.abc import Callable
from math import sqrt

import pytest
import torch
from sklearn.metrics.pairwise import rbf_kernel
from torch import Tensor

from gan_cli.data.points.mixtures import GRID25, mixture
from gan_cli.metrics import two_samples
from gan_cli.metrics.two_samples import Significance, classifier_test, kernel_test, mean_difference, variance_difference


def gaussian(count: int, features: int, seed: int) -> Tensor:
    return torch.randn(count, features, generator=torch.Generator().manual_seed(seed))


def test_means_and_variances_are_compared_in_units_of_the_real_ones() -> None:
    real = torch.tensor([[0.0, 0.0], [2.0, 0.0], [0.0, 4.0], [2.0, 4.0]])  # variances 4/3 and 16/3
    moved = real + torch.tensor([3.0, 4.0])
    assert mean_difference(moved, real) == pytest.approx(5 / sqrt(20 / 3))
    assert variance_difference(moved, real) == pytest.approx(0)
    assert mean_difference(real, real) == 0
    twice_as_wide = 2 * (real - real.mean(0)) + real.mean(0)
    assert mean_difference(twice_as_wide, real) == pytest.approx(0)
    assert variance_difference(twice_as_wide, real) == pytest.approx(3)
    assert variance_difference(real[:1].repeat(5, 1), real) == 1


def test_the_discrepancy_is_that_of_another_kernel_and_plain_sums() -> None:
    first, second = gaussian(30, 3, 0), gaussian(21, 3, 1) + 0.5
    both = torch.cat([first, second])
    bandwidth = torch.pdist(both).double().sort().values
    bandwidth = bandwidth[(len(bandwidth) - 1) // 2]
    kernel = torch.from_numpy(rbf_kernel(both.double().numpy(), gamma=1 / (2 * float(bandwidth) ** 2)))
    within = [part.sum() - part.trace() for part in (kernel[:30, :30], kernel[30:, 30:])]
    wanted = within[0] / (30 * 29) + within[1] / (21 * 20) - 2 * kernel[:30, 30:].mean()
    assert kernel_test(first, second).value == pytest.approx(float(wanted), rel=1e-6)


@pytest.mark.parametrize("test", [kernel_test, classifier_test])
def test_sets_of_one_distribution_are_refused_as_often_as_the_p_value_says(
    test: Callable[[Tensor, Tensor], Significance], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(two_samples, "PERMUTATIONS", 99)
    p_values = [test(gaussian(40, 2, 2 * k), gaussian(50, 2, 2 * k + 1)).p_value for k in range(60)]
    # of 60, within three standard deviations of 6 and of 30; the classifier's test is discrete, so a little careful
    assert sum(p <= 0.1 for p in p_values) <= 13
    assert 15 <= sum(p <= 0.5 for p in p_values) <= 42


def test_different_sets_are_told_and_the_same_numbers_come_again() -> None:
    first, second = gaussian(200, 20, 2), gaussian(300, 20, 3)
    for test in (kernel_test, classifier_test):
        alike, apart = test(first, second), test(first + 0.5, second)
        assert alike.p_value > 0.05
        assert apart.p_value < 0.01
        assert apart.value > alike.value
        assert test(first + 0.5, second) == apart
    assert kernel_test(first + 0.5, second).p_value == 1 / (two_samples.PERMUTATIONS + 1)
    assert classifier_test(first + 9, second).value == 1


def test_a_kernel_as_wide_as_the_grid_does_not_see_small_modes_move_and_neighbours_do() -> None:
    real, made = (mixture(GRID25, 1000, seed).points for seed in (0, 1))
    assert kernel_test(1.03 * made, real).p_value > 0.05
    assert classifier_test(1.03 * made, real).p_value < 1e-6
    assert classifier_test(made, real).p_value > 0.05
