"""A plane between two kinds: its normal, and how far it is to be trusted."""

import pytest
import torch

from gan_cli.metrics.separating_plane import separating_plane
from gan_cli.metrics.undefined import Undefined


def test_the_normal_points_to_the_positive_side_wherever_the_plane_lies() -> None:
    features = torch.randn(400, 12) + 50
    planted = torch.zeros(12)
    planted[3], planted[7] = 0.6, -0.8
    plane = separating_plane(features, features @ planted > 50 * float(planted.sum()) + 1)  # one in six
    assert float(plane.normal @ planted) > 0.95
    assert float(plane.normal.norm()) == pytest.approx(1, abs=1e-5)
    assert plane.accuracy > 0.85
    assert plane.tells


def test_chance_is_seen_as_chance_also_with_few_of_one_kind() -> None:
    told = [separating_plane(torch.randn(60, 30), torch.arange(60) < few, seed) for seed in range(5) for few in (6, 30)]
    assert sum(plane.tells for plane in told) <= 2
    assert sum(plane.accuracy for plane in told) / 10 == pytest.approx(0.5, abs=0.1)


@pytest.mark.parametrize("positive", [0, 1, 4, 5])
def test_two_of_each_kind_are_needed(positive: int) -> None:
    with pytest.raises(Undefined, match="two samples of each kind"):
        separating_plane(torch.randn(5, 3), torch.arange(5) < positive)
