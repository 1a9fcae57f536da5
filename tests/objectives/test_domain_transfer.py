"""DTN's objectives held against closed forms."""

from math import log

import pytest
import torch

from gan_cli.objectives.domain_transfer import (
    Distance,
    constancy,
    isotropic_variation,
    real_logits_of_three,
    taken_for_real,
    told_apart_in_three,
)


def test_who_cannot_tell_three_kinds_apart_pays_log_three_for_each() -> None:
    equal = torch.zeros(5, 3)
    assert told_apart_in_three(equal, equal, equal).item() == pytest.approx(3 * log(3))
    assert taken_for_real(equal, equal).item() == pytest.approx(2 * log(3))


def test_each_kind_has_a_class_of_its_own_and_the_generator_wants_the_third() -> None:
    source, target, real = (20 * torch.eye(3)[number].repeat(4, 1) for number in range(3))
    assert told_apart_in_three(source, target, real).item() == pytest.approx(0, abs=1e-6)
    assert told_apart_in_three(target, source, real).item() == pytest.approx(40, rel=1e-6)
    assert taken_for_real(real, real).item() == pytest.approx(0, abs=1e-6)
    assert taken_for_real(source, target).item() == pytest.approx(40, rel=1e-6)


def test_the_logit_of_real_is_against_both_others_together() -> None:
    logits = torch.randn(7, 3)
    assert torch.allclose(real_logits_of_three(logits).sigmoid(), logits.softmax(1)[:, 2])


@pytest.mark.parametrize(("distance", "apart"), [("mse", 4.5), ("cosine", 1.0)])
def test_codes_are_as_far_apart_as_the_distance_says(distance: Distance, apart: float) -> None:
    codes, wanted = torch.tensor([[3.0, 0.0]]), torch.tensor([[0.0, 0.0]])
    if distance == "cosine":
        wanted = torch.tensor([[0.0, 5.0]])
    assert constancy(codes, wanted, distance).item() == pytest.approx(apart)
    assert constancy(codes, codes, distance).item() == pytest.approx(0)


def test_variation_is_the_length_of_both_differences() -> None:
    images = torch.tensor([[[[0.0, 3.0], [4.0, 0.0]]]])
    # 5 at the first pixel, then 3 down, then 4 to the right, and nothing beyond the last
    assert isotropic_variation(images).item() == pytest.approx((5 + 3 + 4) / 4, abs=1e-4)


def test_a_plain_image_has_a_slope_that_is_a_number() -> None:
    plain = torch.zeros(1, 1, 4, 4, requires_grad=True)
    isotropic_variation(plain).backward()
    assert plain.grad is not None
    assert plain.grad.isfinite().all()
