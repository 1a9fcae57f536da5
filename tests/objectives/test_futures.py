"""Objectives of scenes, in closed forms."""

import math

import pytest
import torch

from gan_cli.objectives.futures import shared_cross_entropy, variety_loss

SHARES = torch.tensor([[0.5, 0.5], [1.0, 0.0]])


def test_zero_logits_cost_log_two_whatever_the_targets() -> None:
    loss = shared_cross_entropy(torch.zeros(2, 2), torch.tensor([0.7, 1.2]), SHARES)
    assert float(loss) == pytest.approx(math.log(2))


def test_scenes_count_alike_and_nobody_counts_for_nothing() -> None:
    logits = torch.tensor([[2.0, -1.0], [3.0, 99.0]])
    targets = torch.tensor([0.9, 0.1])
    each = torch.nn.functional.binary_cross_entropy_with_logits(logits, targets[:, None].expand(2, 2), reduction="none")
    expected = (each[0].mean() + each[1, 0]) / 2
    assert float(shared_cross_entropy(logits, targets, SHARES)) == pytest.approx(float(expected))


def test_the_best_future_of_a_scene_as_a_whole_counts() -> None:
    truth = torch.zeros(2, 2, 3, 2)
    truth[1, 1] = torch.nan
    guesses = torch.zeros(2, 2, 2, 3, 2)
    guesses[0, 0, 0, :, 0] = 2.0  # one person 2 m off, the other right
    guesses[0, 1, :, :, 1] = 1.0  # both 1 m off: worse for the one, better for the other
    guesses[1, :, 0, :, 0] = 3.0
    guesses[1, :, 1] = torch.nan
    places = variety_loss(guesses, truth, SHARES, "positions")
    assert float(places) == pytest.approx((min(4 / 2, 1) + 9) / 2)
    steps = variety_loss(guesses, truth, SHARES, "displacements")  # wrong in the first step alone
    assert float(steps) == pytest.approx((min(4 / 2, 1) + 9) / 2 / 3)


def test_nothing_flows_back_to_nobody() -> None:
    truth = torch.zeros(1, 2, 3, 2)
    truth[0, 1] = torch.nan
    people = torch.ones(1, 4, 1, 3, 2, requires_grad=True)
    guesses = torch.cat([people, torch.full_like(people, torch.nan)], dim=2)
    variety_loss(guesses, truth, torch.tensor([[1.0, 0.0]]), "positions").backward()
    assert people.grad is not None
    assert people.grad.isfinite().all()
    assert people.grad.abs().sum() > 0
