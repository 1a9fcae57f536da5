import torch

from gan_cli.objectives.inpainting import (
    absolute_error_in_holes,
    composite,
    hole_weights,
    weighted_squared_error,
)


def mask() -> torch.Tensor:
    masks = torch.zeros(1, 1, 8, 8)
    masks[..., 3:5, 3:5] = 1
    return masks


def test_what_is_known_stays_bit_for_bit() -> None:
    images = torch.randn(1, 3, 8, 8) * 1e-3
    made = torch.full((1, 3, 8, 8), 5.0, dtype=torch.bfloat16)
    found = composite(images, made, mask())
    assert found.dtype == images.dtype
    assert torch.equal(found[..., :3, :], images[..., :3, :])
    assert int((found == 5).sum()) == 3 * 4
    assert torch.equal(found != images, (mask() > 0).expand_as(images))


def test_a_border_around_a_hole_counts_ten_times() -> None:
    weights = hole_weights(mask(), overlap=1, weight=10)
    assert weights[0, 0, 2:6, 2:6].tolist() == [[10, 10, 10, 10], [10, 1, 1, 10], [10, 1, 1, 10], [10, 10, 10, 10]]
    assert int((weights == 10).sum()) == 12
    assert int((weights == 1).sum()) == 64 - 12
    assert torch.equal(hole_weights(mask(), 0, 10), torch.ones(1, 1, 8, 8))


def test_the_squared_error_is_divided_by_the_number_of_values() -> None:
    weights = hole_weights(mask(), 1, 10)
    made, wanted = torch.zeros(1, 3, 8, 8), torch.full((1, 3, 8, 8), 0.5)
    assert float(weighted_squared_error(made, wanted, weights)) == 0.25 * (52 + 120) / 64


def test_the_error_in_holes_does_not_see_the_rest() -> None:
    wanted = torch.zeros(1, 3, 8, 8)
    made = torch.where(mask() > 0, 0.25, 99.0).expand(1, 3, 8, 8)
    assert float(absolute_error_in_holes(made, wanted, mask())) == 0.25
    assert float(absolute_error_in_holes(made, wanted, torch.zeros(1, 1, 8, 8))) == 0
