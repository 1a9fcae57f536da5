"""LeCam's term where the moving averages are known."""

import pytest
import torch

from gan_cli.objectives.lecam import lecam_divergence


def test_only_outputs_on_the_right_side_of_the_others_mean_cost_something() -> None:
    real, fake = torch.tensor([3.0, 0.5]), torch.tensor([-2.0, 5.0])
    value = lecam_divergence(real, fake, torch.tensor(2.0), torch.tensor(1.0))
    assert value.item() == (2**2 + 0) / 2 + (4**2 + 0) / 2


def test_the_averages_have_no_gradient() -> None:
    real, fake, mean = torch.ones(2, requires_grad=True), torch.zeros(2), torch.zeros(2, requires_grad=True)
    lecam_divergence(real, fake, mean[0], mean[1]).backward()
    assert real.grad is not None
    assert real.grad.tolist() == [1, 1]
    assert mean.grad is None


def test_short_outputs_are_averaged_in_float32() -> None:
    real = torch.full((1000,), 1.0, dtype=torch.bfloat16)
    value = lecam_divergence(real, -real, torch.tensor(0.0), torch.tensor(0.01))
    assert value.dtype == torch.float32
    assert value.item() == pytest.approx(0.99**2 + 1.0)
