from math import log

import pytest
import torch
from torch import Tensor

from gan_cli.data.points.mixtures import GRID25, RING8, Modes, mixture
from gan_cli.metrics.modes import class_modes, count_modes

CENTRES = torch.tensor([[0.0, 0.0], [10.0, 0.0], [0.0, 10.0], [10.0, 10.0]])


def points_on(*counts: int) -> Tensor:
    """That many points on each of the centres."""
    return CENTRES.repeat_interleave(torch.tensor(counts), dim=0)


def test_even_points_on_all_modes_are_perfect() -> None:
    assert count_modes(points_on(30, 30, 30, 30), CENTRES, 0.1) == pytest.approx((4, 4, 1, 0), abs=1e-12)


def test_points_on_one_mode_have_the_largest_divergence() -> None:
    assert count_modes(points_on(100, 0, 0, 0), CENTRES, 0.1) == pytest.approx((1, 1, 1, log(4)))


def test_uneven_points_have_the_divergence_written_out() -> None:
    # Shares 1/2, 1/4, 1/4, 0 against 1/4: log 2 / 2 and nothing else.
    assert count_modes(points_on(50, 25, 25, 0), CENTRES, 0.1).kl == pytest.approx(log(2) / 2)


def test_a_mode_counts_from_twenty_points_on() -> None:
    points = points_on(20, 19, 1, 0)
    assert count_modes(points, CENTRES, 0.1)[:2] == (1, 3)  # PacGAN's authors count from one on
    assert count_modes(points, CENTRES, 0.1, least=1).modes == 3


def test_high_quality_ends_at_three_deviations() -> None:
    points = torch.tensor([[0.29, 0.0], [0.0, 10.31], [10.2, 10.2], [10.25, 0.25]])
    scores = count_modes(points, CENTRES, 0.1, least=1)
    assert (scores.modes, scores.high_quality) == (2, 0.5)


def test_nothing_of_high_quality_is_as_bad_as_one_mode() -> None:
    assert count_modes(torch.full((50, 2), 5.0), CENTRES, 0.1) == pytest.approx((0, 0, 0, log(4)))


@pytest.mark.parametrize("modes", [RING8, GRID25], ids=["ring", "grid"])
def test_the_set_itself_covers_its_modes(modes: Modes) -> None:
    scores = count_modes(mixture(modes, 2500, seed=0).points, modes.centres, modes.deviation)
    assert scores.modes == len(modes.centres)
    assert scores.high_quality == pytest.approx(1 - 0.0111, abs=0.008)  # 1 - exp(-9 / 2) of a round Gaussian
    assert scores.kl < 0.02


def test_uniform_noise_reaches_modes_but_covers_none() -> None:
    noise = torch.rand(2500, 2, generator=torch.Generator().manual_seed(0)) * 10 - 5
    scores = count_modes(noise, GRID25.centres, GRID25.deviation)
    assert scores.modes == 0
    assert scores.high_quality == pytest.approx(25 * torch.pi * 0.15**2 / 100, abs=0.01)
    assert count_modes(noise, GRID25.centres, GRID25.deviation, least=1).modes > 15


def test_class_modes() -> None:
    assert class_modes(torch.arange(1000).repeat(3), 1000) == pytest.approx((1000, 1000, 0), abs=1e-12)
    assert class_modes(torch.full((26_000,), 7), 1000) == pytest.approx((1, 1, log(1000)))
    assert class_modes(torch.tensor([0, 0, 1, 2]), 4) == pytest.approx((3, 3, log(2) / 2))
    assert class_modes(torch.tensor([0, 0, 1, 2]), 4, least=2)[:2] == (1, 3)
