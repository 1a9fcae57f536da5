"""Principal components of styles, against numpy."""

from pathlib import Path

import numpy as np
import pytest
import torch

from gan_cli import load
from gan_cli.errors import UserError
from gan_cli.inference.directions.found import by_variance
from gan_cli.inference.directions.places import place_in
from gan_cli.inference.directions.principal import principal_axes
from tests.tiny_styles import WIDTH


def test_components_are_those_of_a_singular_value_decomposition() -> None:
    vectors = torch.randn(500, 6) @ torch.randn(6, 6) + 1e4  # far from 0: sums of squares would lose the digits
    axes = principal_axes(vectors.split(64))
    centred = (vectors.double() - vectors.double().mean(0)).numpy()
    _, singular, right = np.linalg.svd(centred, full_matrices=False)
    np.testing.assert_allclose(axes.values, singular**2 / 499, rtol=1e-6)
    np.testing.assert_allclose(np.abs(axes.vectors.numpy() @ right.T), np.eye(6), atol=1e-5)


def test_a_step_is_a_deviation_of_styles_and_shares_sum_to_one(styles_checkpoint: Path) -> None:
    place = place_in(load(styles_checkpoint).model)
    found = by_variance(place, WIDTH, 3000, seed=1)
    styles = torch.cat(list(place.drawn(3000, seed=1)))
    assert styles.shape == (3000, WIDTH)
    torch.testing.assert_close(found.scales, (styles @ found.vectors.T).std(0), rtol=1e-4, atol=1e-6)
    assert float(found.values.sum()) == pytest.approx(1, abs=1e-5)
    assert found.vectors.equal(by_variance(place, WIDTH, 3000, seed=1).vectors)


def test_in_z_there_is_nothing_to_find(styles_checkpoint: Path) -> None:
    with pytest.raises(UserError, match="method: in z all directions vary alike"):
        by_variance(place_in(load(styles_checkpoint).model, "z"), 1, 100, 0)
