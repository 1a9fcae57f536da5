from math import log

import pytest
import torch

from gan_cli.objectives.matching import structured_joint_embedding, symmetric_info_nce


def test_what_is_alike_in_all_pairs_is_chosen_by_chance() -> None:
    assert symmetric_info_nce(torch.zeros(8, 8)).item() == pytest.approx(log(8))
    assert structured_joint_embedding(torch.zeros(8, 8)).item() == pytest.approx(1)


def test_what_belongs_together_and_is_nearest_costs_nothing() -> None:
    assert symmetric_info_nce(50 * torch.eye(4)).item() == pytest.approx(0, abs=1e-6)
    assert structured_joint_embedding(torch.eye(4)).item() == 0
    assert structured_joint_embedding(torch.zeros(1, 1)).item() == 0


def test_the_margin_counts_each_wrong_pair_from_both_sides() -> None:
    similarities = torch.tensor([[2.0, 1.5], [0.0, 1.0]])
    # things: 1 + 1.5 - 2, 1 + 0 - 1; descriptions: 1 + 1.5 - 1, 1 + 0 - 2
    assert structured_joint_embedding(similarities).item() == pytest.approx((0.5 + 0 + 1.5 + 0) / 4)
