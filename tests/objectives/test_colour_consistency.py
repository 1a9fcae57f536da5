import pytest
import torch
from torch.nn.functional import interpolate

from gan_cli.objectives.colour_consistency import colour_consistency


def test_an_image_agrees_with_itself_at_another_size_and_with_its_pixels_elsewhere() -> None:
    small = torch.rand(2, 3, 4, 4) * 2 - 1
    assert colour_consistency(interpolate(small, 8), small).item() == pytest.approx(0, abs=1e-9)
    assert colour_consistency(small.flatten(2).flip(2).unflatten(2, (4, 4)), small).item() == pytest.approx(0, abs=1e-9)


def test_means_count_once_and_covariances_five_times() -> None:
    grey = torch.zeros(1, 3, 2, 2)
    assert colour_consistency(grey + 0.5, grey).item() == pytest.approx(0.25)
    red = torch.tensor([-1.0, 1.0]).repeat(2).reshape(1, 1, 2, 2)
    image = torch.cat([red, torch.zeros(1, 2, 2, 2)], dim=1)  # of variance 1, in one of nine covariances
    assert colour_consistency(image, grey).item() == pytest.approx(5 / 9)
    assert colour_consistency(image.bfloat16(), grey.bfloat16()).dtype == torch.float32
