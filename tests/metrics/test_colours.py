import pytest
import torch

from gan_cli.metrics.colours import ab_error, chroma_ratio

RED, GREY, WHITE = (torch.tensor(levels, dtype=torch.uint8).reshape(1, 3, 1, 1).expand(1, 3, 4, 4) for levels in (
    (255, 0, 0), (99, 99, 99), (255, 255, 255)
))  # fmt: skip


def test_the_error_is_that_of_a_and_b_and_lightness_does_not_count() -> None:
    """Red is a = 80.1, b = 67.2 in Lindbloom's tables for D65."""
    assert float(ab_error(GREY, RED)) == pytest.approx((80.1 + 67.2) / 2, abs=0.05)
    assert float(ab_error(GREY, WHITE)) == pytest.approx(0, abs=0.01)


def test_the_ratio_tells_grey_from_colours_and_means_something_beside_grey_too() -> None:
    both = torch.cat([GREY, RED])
    assert chroma_ratio(both, torch.cat([RED, RED])).tolist() == pytest.approx([0, 1], abs=1e-3)
    assert float(chroma_ratio(GREY, WHITE)) < 0.1
