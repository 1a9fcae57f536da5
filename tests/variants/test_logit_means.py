"""The moving means of a discriminator's outputs."""

import pytest
import torch
from torch import Tensor

from gan_cli.variants.logit_means import LogitMeans


def full(value: float) -> Tensor:
    return torch.tensor([value - 1, value + 1], dtype=torch.bfloat16)


def test_the_means_do_not_lean_to_where_they_started_from() -> None:
    means = LogitMeans()
    means.follow(full(4.0), full(-2.0), 0.9)
    assert (means.real.item(), means.fake.item()) == pytest.approx((4, -2))
    means.follow(full(8.0), full(-2.0), 0.9)
    assert means.real.item() == pytest.approx((0.9 * 4 + 8) / 1.9)  # the weights of two steps
    assert means.fake.item() == pytest.approx(-2)


def test_a_decay_of_0_takes_the_latest_and_goes_on_from_there() -> None:
    means = LogitMeans()
    for value in (100.0, 4.0):
        means.follow(full(value), full(-value), 0.0)
    assert (means.real.item(), means.fake.item()) == (4, -4)
    means.follow(full(8.0), full(0.0), 0.75)
    assert (means.real.item(), means.fake.item()) == pytest.approx((5, -3))
