import torch
from torch import Tensor

from gan_cli.objectives.thin_plates import (
    ThinPlates,
    jacobian_equivariance,
    jacobians,
    point_equivariance,
    thin_plates,
    transformed,
    warped,
)


def some(count: int = 2, spline: float = 0.05) -> ThinPlates:
    noise = torch.randn(count, 6 + 25, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    return thin_plates(noise, 0.05, spline)


def places(count: int = 2) -> Tensor:
    return torch.rand(count, 7, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1)) * 1.6 - 0.8


def test_without_deviations_nothing_moves() -> None:
    plates = thin_plates(torch.randn(2, 15), 0.0, 0.0)
    images = torch.rand(2, 1, 6, 6)
    torch.testing.assert_close(warped(plates, images), images)
    torch.testing.assert_close(transformed(plates, places().float()), places().float())


def test_jacobians_are_the_derivatives() -> None:
    plates, here = some(), places()
    found = torch.autograd.functional.jacobian(lambda at: transformed(plates, at), here)
    assert isinstance(found, Tensor)
    by_hand = torch.stack([torch.stack([found[n, k, :, n, k] for k in range(7)]) for n in range(2)])
    torch.testing.assert_close(jacobians(plates, here), by_hand)


def test_a_pixel_shows_what_was_where_the_transform_leads() -> None:
    shift = torch.tensor([[[1.0, 0.0, 0.5], [0.0, 1.0, 0.0]]])
    images = torch.arange(5.0).expand(1, 1, 5, 5)  # a step of a pixel is half a side of five
    torch.testing.assert_close(warped(ThinPlates(shift, torch.zeros(1, 4)), images)[0, 0, 0, :4], torch.arange(1.0, 5))


def test_points_and_matrices_that_follow_cost_nothing() -> None:
    plates, of_warped = some(), places()
    turned = torch.randn(2, 7, 2, 2, dtype=torch.float64)
    followed = jacobians(plates, of_warped) @ turned
    zero = torch.zeros((), dtype=torch.float64)
    torch.testing.assert_close(point_equivariance(plates, transformed(plates, of_warped), of_warped), zero)
    torch.testing.assert_close(jacobian_equivariance(plates, followed.inverse(), of_warped, turned), zero)
    assert point_equivariance(plates, of_warped, of_warped) > 0.01
    assert jacobian_equivariance(plates, turned.inverse(), of_warped, turned) > 0.01
