import math

import pytest
import torch

from gan_cli.objectives.adaptation import falling_rate, reversed_gradient, rising_weight


def test_the_reversed_gradient_is_the_gradient_times_minus_the_weight() -> None:
    values = torch.randn(5, 3, requires_grad=True)
    turned = reversed_gradient(values, 0.25)
    assert torch.equal(turned, values)
    (turned**2).sum().backward()
    assert values.grad is not None
    assert torch.allclose(values.grad, -0.25 * 2 * values.detach())


@pytest.mark.parametrize(("progress", "halves"), [(0.0, 0.0), (0.1, 0.5), (1.0, 5.0), (7.0, 5.0)])
def test_the_domains_come_to_count(progress: float, halves: float) -> None:
    """2 / (1 + exp(-10 p)) - 1 is tanh(5 p)."""
    assert rising_weight(progress) == pytest.approx(math.tanh(halves))


def test_rates_fall_to_a_sixth() -> None:
    assert falling_rate(0) == 1
    assert falling_rate(1) == falling_rate(2) == pytest.approx(11**-0.75)
