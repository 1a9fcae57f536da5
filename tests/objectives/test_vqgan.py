"""VQGAN's adaptive weight, by hand."""

import pytest
import torch

from gan_cli.objectives.vqgan import adaptive_weight, perceptual_error


def test_the_weight_makes_both_gradients_as_long() -> None:
    last = torch.tensor([3.0, 4.0], requires_grad=True)
    reconstruction, adversarial = (last * torch.tensor([6.0, 8.0])).sum(), (last * torch.tensor([0.0, 2.0])).sum()
    weight = adaptive_weight(reconstruction, adversarial, last)
    assert float(weight) == pytest.approx(10 / (2 + 1e-4))
    assert not weight.requires_grad
    (reconstruction + weight * adversarial).backward()  # both graphs are still there
    assert last.grad is not None
    assert last.grad.tolist() == pytest.approx([6, 8 + 10], abs=1e-3)


def test_the_weight_is_bounded() -> None:
    last = torch.ones(1, requires_grad=True)
    assert float(adaptive_weight(last.sum() * 100, last.sum() * 0, last)) == 1e4


def test_maps_count_alike_whatever_their_size() -> None:
    made, wanted = [torch.zeros(1, 2, 4, 4), torch.zeros(1, 8, 1, 1)], [torch.ones(1, 2, 4, 4), torch.zeros(1, 8, 1, 1)]
    assert float(perceptual_error(made, wanted)) == 0.5
