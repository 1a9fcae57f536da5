"""The probability of augmentation, and the statistic that it follows, against values worked out by hand."""

import pytest
import torch

from gan_cli.variants.ada import AdaptiveAugmentation


def logits(right: int, wrong: int) -> torch.Tensor:
    return torch.tensor([0.1] * right + [-9.0] * wrong)


def test_the_probability_goes_up_and_down_by_the_images_counted() -> None:
    ada = AdaptiveAugmentation(0.6, "bgc", 500)
    for right in (64, 60, 50, 40):  # mean sign (214 - 42) / 256 = 0.67
        ada.count(logits(right, 64 - right))
    ada.adjust()
    assert ada.probability.item() == pytest.approx(256 / 500_000)
    for right in (51, 51, 51, 51):  # (204 - 52) / 256 = 0.59
        ada.count(logits(right, 64 - right))
    ada.adjust()
    assert ada.probability.item() == 0
    for _ in range(4):
        ada.count(logits(0, 64))
    ada.adjust()
    assert ada.probability.item() == 0  # and no lower


def test_at_the_target_or_before_anything_was_counted_it_stays() -> None:
    ada = AdaptiveAugmentation(0.5, "bgc", 1)
    ada.probability.fill_(0.3)
    ada.adjust()
    ada.count(logits(12, 4))
    ada.adjust()
    assert ada.probability.item() == pytest.approx(0.3)


def test_it_has_no_ceiling_and_is_kept() -> None:
    ada = AdaptiveAugmentation(0.6, "bg", 0.01)
    for _ in range(2):
        ada.count(logits(16, 0))
        ada.adjust()
    assert ada.probability.item() == pytest.approx(3.2)
    ada.count(logits(3, 1))
    again = AdaptiveAugmentation(0.6, "bg", 0.01)
    again.load_state_dict(ada.state_dict())
    again.adjust()
    assert again.probability.item() == pytest.approx(2.8)
