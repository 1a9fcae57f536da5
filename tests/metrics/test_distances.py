import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm
from sklearn.neighbors import NearestNeighbors

from gan_cli.metrics.distances import coverage, frechet_distance, nearest_distance, within_class_spread


def test_frechet_distance_of_gaussians_has_its_closed_form() -> None:
    torch.manual_seed(0)
    first = torch.randn(200_000, 2, dtype=torch.float64)
    second = torch.randn(200_000, 2, dtype=torch.float64) * 2 + torch.tensor([3.0, 0.0])
    assert frechet_distance(first, second) == pytest.approx(9 + 2 * (2 - 1) ** 2, rel=0.02)
    assert frechet_distance(first, first) == pytest.approx(0, abs=1e-6)


def test_frechet_distance_equals_the_general_square_root() -> None:
    torch.manual_seed(0)
    a, b = torch.randn(50, 5).double(), (torch.randn(60, 5) @ torch.randn(5, 5)).double()
    first, second = np.cov(a.numpy(), rowvar=False), np.cov(b.numpy(), rowvar=False)
    wanted = float((a.mean(0) - b.mean(0)).square().sum()) + np.trace(first + second - 2 * sqrtm(first @ second).real)
    assert frechet_distance(a, b) == pytest.approx(wanted, rel=1e-6)


def test_coverage_equals_a_search_by_another_library() -> None:
    torch.manual_seed(0)
    real, fake = torch.randn(80, 3), torch.randn(40, 3) * 0.5
    radius = NearestNeighbors(n_neighbors=6).fit(real.numpy()).kneighbors(real.numpy())[0][:, 5]
    nearest = NearestNeighbors(n_neighbors=1).fit(fake.numpy()).kneighbors(real.numpy())[0][:, 0]
    assert coverage(real, fake) == pytest.approx(float((nearest < radius).mean()))


def test_coverage_sees_collapse() -> None:
    real = torch.randn(100, 3)
    assert coverage(real, real) == 1
    assert coverage(real, real[:1].expand(100, -1)) < 0.2


def test_spread_and_nearest_distance_see_copies() -> None:
    features, labels = torch.randn(100, 4), torch.arange(100) % 2
    assert within_class_spread(features * 2, labels, 2) == pytest.approx(2 * within_class_spread(features, labels, 2))
    assert within_class_spread(features[labels], labels, 2) == pytest.approx(0, abs=1e-6)
    assert nearest_distance(features[:10], features) == pytest.approx(0, abs=1e-2)
