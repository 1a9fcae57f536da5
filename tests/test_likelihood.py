"""The claims of docs/theory.md on densities and on functions of noise, from small versions of its benchmarks."""

from math import log
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.special import logsumexp

from benchmarks import inverse_transform, likelihood, likelihood_plots
from gan_cli.data.points.mixtures import GRID25, RING8, Modes, mixture

DOCS = Path(likelihood.__file__).parent.parent / "docs"


def test_the_inverse_distribution_function_makes_the_data_of_uniform_noise() -> None:
    shares = inverse_transform.evenly(1000)
    places = inverse_transform.inverse_distribution_function(shares)
    assert torch.allclose(inverse_transform.DATA.cdf(places), shares, atol=1e-4)
    assert inverse_transform.wasserstein_distance(places) < 1e-4
    assert inverse_transform.wasserstein_distance(places + 0.5) == pytest.approx(0.5, abs=1e-4)


def test_a_generator_of_noise_comes_nearer_to_the_data(tmp_path: Path) -> None:
    learned = inverse_transform.train_generator(steps=100, every=100)
    assert learned.distances[-1] < learned.distances[0] - 0.3  # seeds 0 to 2: 0.8 and more
    inverse_transform.draw(learned).savefig(tmp_path / "theory_inverse_transform.png")


def test_divergences_on_the_grid_are_those_known() -> None:
    truth = RING8.deviation
    assert likelihood.divergence(RING8, lambda at: likelihood.true_log_density(RING8, at)) == pytest.approx(0, abs=1e-9)
    wide = Modes(RING8.centres, 2 * truth)
    # of two Gaussians of the plane of one centre: 2 (log 2 + 1/8 - 1/2)
    found = likelihood.divergence(RING8, lambda at: likelihood.true_log_density(wide, at))
    assert found == pytest.approx(2 * (log(2) + 1 / 8 - 1 / 2), abs=1e-4)
    half = Modes(RING8.centres[:4], truth)
    assert likelihood.divergence(half, lambda at: likelihood.true_log_density(RING8, at)) == pytest.approx(log(2))


def test_a_mixture_finds_the_modes_and_a_kernel_density_is_wider() -> None:
    train = mixture(GRID25, 1000, 0).points.double().numpy()
    learned = [likelihood.mixture(train, 25), likelihood.kernel_density(train)]
    apart = [likelihood.divergence(GRID25, each.log_density) for each in learned if each.log_density]
    assert 0 < apart[0] < apart[1] < 0.5
    assert all(each.samples(7).shape == (7, 2) for each in learned)


def test_the_kernel_density_is_the_sum_of_its_kernels_in_many_dimensions_too() -> None:
    points = np.random.default_rng(0).standard_normal((300, 64))
    learned = likelihood.kernel_density(points[:200], bandwidth=0.7)
    assert learned.log_density
    squares = ((points[200:, None] - points[None, :200]) ** 2).sum(-1)
    wanted = logsumexp(-squares / (2 * 0.49), axis=1) - log(200) - 32 * log(2 * np.pi * 0.49)
    assert learned.log_density(points[200:]) == pytest.approx(wanted, abs=1e-6)


def test_what_densities_lose_grows_with_the_dimensions() -> None:
    few, many = (likelihood.with_dimension(dimensions, count=200, held_out=200) for dimensions in (2, 16))
    assert many.kernel > 5 * few.kernel > 0
    assert many.mixture > 5 * few.mixture
    assert many.kernel > many.mixture


def test_the_plots_are_drawn_and_the_page_shows_them(tmp_path: Path) -> None:
    points = np.random.default_rng(0).standard_normal((30, 2))
    figures = {
        "theory_densities.png": likelihood_plots.draw_points({"Ring8": {"the set itself": points, "GAN": points}}),
        "theory_dimensions.png": likelihood_plots.draw_dimensions([[1, 2], [0.1, 0.2], [0.2, 0.4]]),
        "theory_digits.png": likelihood_plots.draw_digits({"GAN": np.zeros((20, 64)), "real": np.zeros((20, 64))}),
    }
    page = DOCS.joinpath("theory.md").read_text(encoding="utf-8")
    for name, figure in figures.items():
        figure.savefig(tmp_path / name)
    for name in (*figures, "theory_inverse_transform.png"):
        assert f"]({name})" in page
        assert DOCS.joinpath(name).is_file()
