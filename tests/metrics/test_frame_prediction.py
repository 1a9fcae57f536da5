import math

import pytest
import torch
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from gan_cli.metrics.frame_prediction import (
    ENERGY,
    MOVING,
    between_table,
    blurred,
    future_table,
    linear,
    measured,
    moving,
    similarity,
    summary,
)


def square_at(*places: int, side: int = 32) -> Tensor:
    """A white square that is at each place once, uint8 [1, 1, T, S, S]."""
    video = torch.zeros(1, 1, len(places), side, side, dtype=torch.uint8)
    for number, place in enumerate(places):
        video[..., number, 12:20, place : place + 8] = 255
    return video


def test_moving_pixels_are_those_that_changed_and_two_around_them() -> None:
    before, truth = (square_at(place)[:, :, 0].double() / 255 for place in (4, 5))
    mask = moving(truth, before)
    columns = mask.amax((0, 1, 2)).nonzero()[:, 0].tolist()
    assert columns == [*range(2, 7), *range(10, 15)]
    assert mask.amax((0, 1, 3)).nonzero()[:, 0].tolist() == [*range(10, 22)]


def test_errors_where_nothing_moves_do_not_count_among_moving_pixels() -> None:
    """The mean is of moving pixels alone: blackening the others and dividing by all would add decibels."""
    before, truth = (square_at(place)[:, :, 0] for place in (4, 6))
    made = truth.clone()
    made[..., :4, :] = 100
    found = measured(made, truth, before)
    assert found.moving_psnr.item() == 100
    assert found.psnr.item() < 20
    grey = truth.clone()
    grey[moving(truth.double() / 255, before.double() / 255) > 0] = 128
    assert measured(grey, truth, before).moving_psnr.item() == pytest.approx(-20 * math.log10(127.5 / 255), abs=0.1)


def test_nothing_is_said_of_moving_pixels_where_nothing_moves() -> None:
    still = square_at(4)[:, :, 0]
    row = summary(still, still, still)
    assert row[0] == 100
    assert row[MOVING] is None
    assert row[ENERGY] is None


def test_similarity_is_torchmetrics() -> None:
    made, truth = torch.rand(2, 2, 3, 24, 20, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    _, expected = structural_similarity_index_measure(made, truth, data_range=1.0, return_full_image=True)
    assert torch.allclose(similarity(made, truth)[..., 5:-5, 5:-5], expected[..., 5:-5, 5:-5], atol=1e-8)


def test_blur_raises_psnr_and_lowers_the_energy() -> None:
    noise = torch.randint(0, 256, (4, 1, 32, 32), generator=torch.Generator().manual_seed(0)).to(torch.uint8)
    truth = torch.randint(0, 256, (4, 1, 32, 32), generator=torch.Generator().manual_seed(1)).to(torch.uint8)
    sharp, soft = summary(noise, truth, noise), summary(blurred(noise), truth, noise)
    assert soft[MOVING] > sharp[MOVING] + 1  # type: ignore[operator]
    assert soft[ENERGY] < 0.5 < 0.9 < sharp[ENERGY]  # type: ignore[operator]


def test_a_line_goes_on_as_it_was() -> None:
    before, last = (torch.full((1, 1, 2, 2), value, dtype=torch.uint8) for value in (100, 120))
    assert linear(before, last, 9)[0, 0, :, 0, 0].tolist() == [140, 160, 180, 200, 220, 240, 255, 255, 255]


def test_frames_are_measured_by_how_far_ahead_they_are() -> None:
    real = square_at(*range(2, 20, 2))
    made = real.clone()
    made[:, :, 7:] = 0
    table = future_table(made, real, 4, "squares")
    assert [*table.rows][::4] == ["1 ahead, predicted", "2 ahead, predicted", "4 ahead, predicted"]
    assert table.rows["2 ahead, predicted"][MOVING] == 100
    assert table.rows["4 ahead, predicted"][MOVING] < 12  # type: ignore[operator]
    assert table.rows["1 ahead, last frame"][ENERGY] == pytest.approx(1)


def test_frames_between_others_are_measured_beside_the_mean_of_both() -> None:
    real = square_at(2, 4, 6, 8, 10)
    made = real.clone()
    made[:, :, 3] = made[:, :, 2]
    rows = between_table(made, real, [0, 2, 4], "squares").rows
    assert rows["the frame before"][MOVING] < rows["made"][MOVING] < 100  # type: ignore[operator]
    assert rows["the mean of both"][MOVING] == pytest.approx(rows["the frame before"][MOVING], abs=6)
