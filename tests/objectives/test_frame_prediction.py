import pytest
import torch
from torch.nn.functional import avg_pool2d

from gan_cli.objectives.frame_prediction import gradient_difference, power_error


def test_errors_are_means_of_powers() -> None:
    made, wanted = torch.tensor([[0.0, 1.0]]), torch.tensor([[0.5, -1.0]])
    assert power_error(made, wanted, 1).item() == pytest.approx(1.25)
    assert power_error(made, wanted, 2).item() == pytest.approx((0.25 + 4) / 2)


def test_slopes_count_by_their_size_alone() -> None:
    """Equation 6 on a ramp: the same ramp falling costs nothing, a flat picture the slope itself."""
    ramp = torch.arange(4.0).expand(1, 1, 5, 4)
    assert gradient_difference(ramp.flip(3), ramp).item() == 0
    assert gradient_difference(torch.zeros_like(ramp), ramp).item() == pytest.approx(1)
    assert gradient_difference(torch.zeros_like(ramp), 3 * ramp, 2).item() == pytest.approx(9)
    assert gradient_difference(torch.zeros(1, 1, 4, 5), ramp.transpose(2, 3)).item() == pytest.approx(1)


def test_blur_costs() -> None:
    sharp = (torch.rand(2, 3, 16, 16, generator=torch.Generator().manual_seed(0)) > 0.5).float()
    blurred = avg_pool2d(sharp, 3, 1, 1)
    assert gradient_difference(blurred, sharp) > gradient_difference(sharp, sharp) == 0
