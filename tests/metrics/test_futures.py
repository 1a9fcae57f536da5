"""Errors of futures and collisions, by hand and by another's code."""

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli.metrics.futures import KINDS, collided, constant_velocity, linear_fit, measured, standing_still


def two_people(*offsets: tuple[float, float]) -> Tensor:
    """Futures of one scene, whose people are so many metres off in each, [1, K, 2, 2, 2]; they are 10 m apart."""
    made = torch.zeros(1, len(offsets), 2, 2, 2)
    made[..., 1, :, 0] = 10.0
    for number, off in enumerate(offsets):
        made[0, number, :, :, 1] += torch.tensor(off)[:, None]
    return made


def test_the_best_for_a_scene_is_one_future_and_the_best_for_a_person_is_theirs() -> None:
    made = two_people((0.0, 4.0), (3.0, 0.0))
    made[0, 1, 1, 1, 1] = 2.0  # at the last step
    sums = measured(made, two_people((0.0, 0.0))[:, 0])[0]
    means = dict(zip(KINDS, (sums[:, 0] / sums[:, 1]).tolist(), strict=True))
    assert means == pytest.approx(
        {
            "ade": 4 / 2,  # of the first future 4, of the second 3 + 1
            "fde": 4 / 2,
            "ade_by_person": (0 + 1) / 2,
            "fde_by_person": (0 + 2) / 2,
            "ade_mean": (4 + 4) / 4,
            "fde_mean": (4 + 5) / 4,
            "collisions": 0,
        }
    )


def test_scenes_with_fewer_people_count_by_their_people() -> None:
    made = torch.cat([two_people((1.0, 1.0)), two_people((4.0, torch.nan))])
    made[1, :, 1] = torch.nan
    truth = torch.cat([two_people((0.0, 0.0))[:, 0], made[1] * 0])
    sums = measured(made, truth).sum(0)
    assert float(sums[0, 0] / sums[0, 1]) == pytest.approx((1 + 1 + 4) / 3)


def test_who_is_nearer_than_ten_centimetres_collides() -> None:
    paths = torch.tensor([[[0.0, 0.0], [1.0, 0.0]], [[0.09, 0.0], [1.2, 0.0]], [[0.0, 5.0], [1.2, 0.11]]])
    paths = torch.cat([paths, torch.full((1, 2, 2), torch.nan)])
    assert collided(paths).tolist() == [[True, False], [True, False], [False, False], [False, False]]


def test_baselines_are_those_of_numpy() -> None:
    torch.manual_seed(0)
    observed = torch.randn(3, 2, 8, 2).cumsum(2)
    observed[2, 1] = torch.nan
    ahead = np.arange(8, 13)
    fitted, on, still = (baseline(observed, 5) for baseline in (linear_fit, constant_velocity, standing_still))
    for scene, person in ((0, 0), (1, 1), (2, 0)):
        path = observed[scene, person].numpy()
        line = np.stack([np.polyval(np.polyfit(np.arange(8), path[:, axis], 1), ahead) for axis in (0, 1)], axis=1)
        assert np.allclose(fitted[scene, person], line, atol=1e-4)
        assert np.allclose(on[scene, person], path[-1] + np.outer(np.arange(1, 6), path[-1] - path[-2]), atol=1e-4)
        assert np.allclose(still[scene, person], path[-1])
    assert fitted[2, 1].isnan().all()
