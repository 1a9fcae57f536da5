"""The measures of translated photographs, held against known values."""

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from benchmarks.photo_measures import (
    chroma_error,
    gradient_distance,
    gradients,
    mean_absolute_error,
    structural_similarity,
)
from gan_cli.metrics.colours import ab_of


def photographs(count: int = 2, side: int = 32) -> Tensor:
    """Rough colours, uint8 [N, 3, H, W]."""
    return torch.randint(256, (count, 3, side, side), dtype=torch.uint8, generator=torch.Generator().manual_seed(0))


def blurred(images: Tensor) -> Tensor:
    return avg_pool2d(images.float(), 5, 1, 2, count_include_pad=False).round().to(torch.uint8)


def test_a_grey_copy_has_the_chroma_of_its_original_as_error() -> None:
    images = photographs()
    grey = images.float().mean(1, keepdim=True).to(torch.uint8).expand(-1, 3, -1, -1)
    assert chroma_error(images, images) == 0
    assert chroma_error(grey, images) == pytest.approx(float(ab_of(images).abs().mean()), abs=0.01)


def test_errors_and_similarity_of_a_picture_with_itself_and_with_another() -> None:
    images = photographs()
    assert mean_absolute_error(images, images) == 0
    assert structural_similarity(images, images) == pytest.approx(1)
    assert mean_absolute_error(torch.zeros_like(images), images) == pytest.approx(float(images.float().mean()))
    assert structural_similarity(blurred(images), images) < 0.9


def test_gradients_are_those_of_a_ramp() -> None:
    line = torch.arange(32, dtype=torch.uint8)
    ramp = (line + line[:, None]).expand(1, 3, 32, 32)
    assert gradients(ramp).tolist() == pytest.approx([2**0.5] * 3 * 31**2, rel=1e-4)


def test_what_is_blurred_has_other_gradients_and_what_is_moved_has_the_same() -> None:
    images = photographs()
    assert gradient_distance(images, images) == 0
    assert gradient_distance(images.flip(3), images) < 3 < 30 < gradient_distance(blurred(images), images)
