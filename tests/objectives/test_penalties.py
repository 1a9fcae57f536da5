from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from gan_cli.objectives.penalties import (
    Critic,
    gradient_penalty,
    lipschitz_penalty,
    mix,
    slopes,
    zero_centred_penalty,
)

BETWEEN = [gradient_penalty, lipschitz_penalty]

Penalty = Callable[[Critic, Tensor, Tensor, Tensor], Tensor]


class Plane(nn.Module):
    """A critic of the same slope everywhere: the length of its weight."""

    def __init__(self, *weight: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(weight))

    def forward(self, inputs: Tensor) -> Tensor:
        return nn.functional.linear(inputs.flatten(1), self.weight.unsqueeze(0)).squeeze(1)  # what autocast shortens


def bowl(inputs: Tensor) -> Tensor:
    """A critic whose slope at a point is the point's distance from 0."""
    return inputs.flatten(1).square().sum(1) / 2


def pairs(count: int = 6) -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(0)
    return torch.randn(count, 2), torch.randn(count, 2), torch.rand(count)


def test_a_planes_slope_is_the_length_of_its_weight() -> None:
    images = torch.rand(5, 1, 1, 2)
    scores, lengths = slopes(Plane(3.0, 4.0), images)
    assert torch.allclose(scores, images.flatten(1) @ torch.tensor([3.0, 4.0]))
    assert torch.allclose(lengths, torch.full((5,), 5.0))


def test_slopes_are_each_inputs_own() -> None:
    points = torch.tensor([[3.0, 4.0], [0.0, 0.5], [0.0, 0.0]])
    scores, lengths = slopes(bowl, points)
    assert scores.tolist() == [12.5, 0.125, 0.0]
    assert lengths.tolist() == [5.0, 0.5, 0.0]


def test_mix_lies_between_each_pair() -> None:
    real, fake = torch.ones(3, 1, 2, 2), torch.full((3, 1, 2, 2), 5.0)
    mixed = mix(real, fake, torch.tensor([1.0, 0.0, 0.25]))
    assert mixed.shape == real.shape
    assert [set(each.flatten().tolist()) for each in mixed] == [{1.0}, {5.0}, {4.0}]


def test_penalties_of_a_steep_plane() -> None:
    plane = Plane(3.0, 4.0)
    assert gradient_penalty(plane, *pairs()).item() == pytest.approx((5 - 1) ** 2)
    assert lipschitz_penalty(plane, *pairs()).item() == pytest.approx((5 - 1) ** 2)
    assert zero_centred_penalty(slopes(plane, pairs()[0])[1]).item() == pytest.approx(5**2)


def test_penalties_of_a_gentle_plane() -> None:
    plane = Plane(0.3, 0.4)
    assert gradient_penalty(plane, *pairs()).item() == pytest.approx((0.5 - 1) ** 2)
    assert lipschitz_penalty(plane, *pairs()).item() == 0
    assert zero_centred_penalty(slopes(plane, pairs()[0])[1]).item() == pytest.approx(0.5**2)


@pytest.mark.parametrize("penalty", BETWEEN)
def test_slopes_are_taken_between_the_pairs_and_averaged_after_squaring(penalty: Penalty) -> None:
    real, fake = torch.tensor([[0.0, 8.0], [3.0, 0.0]]), torch.tensor([[0.0, 4.0], [0.0, 0.0]])
    shares = torch.tensor([0.5, 2 / 3])  # slopes 6 and 2
    assert penalty(bowl, real, fake, shares).item() == pytest.approx(((6 - 1) ** 2 + (2 - 1) ** 2) / 2)


@pytest.mark.parametrize("penalty", BETWEEN)
def test_the_weights_get_the_gradient_of_the_closed_form(penalty: Penalty) -> None:
    plane = Plane(3.0, 4.0)
    penalty(plane, *pairs()).backward()
    # d (|w| - 1)^2 / dw = 2 (|w| - 1) w / |w|
    assert plane.weight.grad is not None
    assert plane.weight.grad.tolist() == pytest.approx([8 * 3 / 5, 8 * 4 / 5])


def test_the_zero_centred_penalty_reaches_the_weights() -> None:
    plane = Plane(3.0, 4.0)
    zero_centred_penalty(slopes(plane, pairs()[0])[1]).backward()
    assert plane.weight.grad is not None
    assert plane.weight.grad.tolist() == pytest.approx([6.0, 8.0])


def test_scores_of_slopes_reach_the_weights_too() -> None:
    plane, points = Plane(3.0, 4.0), pairs()[0]
    slopes(plane, points)[0].sum().backward()
    assert plane.weight.grad is not None
    assert torch.allclose(plane.weight.grad, points.sum(0))


@pytest.mark.parametrize("penalty", BETWEEN)
def test_every_layer_of_a_network_gets_a_gradient(penalty: Penalty) -> None:
    torch.manual_seed(0)
    critic = nn.Sequential(nn.Linear(2, 8), nn.Softplus(), nn.Linear(8, 1), nn.Flatten(0))
    with torch.no_grad():
        for weight in critic.parameters():
            weight.mul_(5)  # steeper than 1, where both penalties pull
    penalty(critic, *pairs()).backward()
    moved = {name for name, weight in critic.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert moved == {"0.weight", "0.bias", "2.weight"}  # the last bias changes no slope


@pytest.mark.parametrize("penalty", BETWEEN)
def test_nothing_flows_back_into_the_images(penalty: Penalty) -> None:
    real, fake, shares = pairs()
    real.requires_grad_()
    fake.requires_grad_()
    penalty(bowl, real, fake, shares).backward()  # a bowl's slope depends on the place
    assert real.grad is None
    assert fake.grad is None


@pytest.mark.parametrize("penalty", BETWEEN)
def test_a_flat_critic_has_finite_gradients(penalty: Penalty) -> None:
    plane = Plane(0.0, 0.0)
    loss = penalty(plane, *pairs()) + zero_centred_penalty(slopes(plane, pairs()[0])[1])
    loss.backward()
    assert plane.weight.grad is not None
    assert plane.weight.grad.isfinite().all()


@pytest.mark.parametrize("penalty", BETWEEN)
def test_a_batch_of_another_shape_is_refused(penalty: Penalty) -> None:
    real, _, shares = pairs(6)
    with pytest.raises(ValueError, match=r"real \(6, 2\) and fake \(5, 2\)"):
        penalty(bowl, real, torch.randn(5, 2), shares)
    with pytest.raises(ValueError, match="no lines between"):
        mix(real, torch.randn(1, 2), shares)  # would broadcast


@pytest.mark.parametrize("penalty", BETWEEN)
def test_autocast_changes_nothing(penalty: Penalty) -> None:
    plane, (real, fake, shares) = Plane(1 / 3, 4 / 3), pairs()
    wanted = penalty(plane, real, fake, shares), *slopes(plane, real)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert plane(real).dtype == torch.bfloat16  # or this test would show nothing
        found = penalty(plane, real, fake, shares), *slopes(plane, real)
    assert all(each.dtype == torch.float32 for each in found)
    assert all(torch.equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_short_inputs_are_lengthened() -> None:
    real, fake, shares = pairs()
    assert mix(real.bfloat16(), fake.bfloat16(), shares.bfloat16()).dtype == torch.float32
    scores, lengths = slopes(Plane(1.0, 1.0), real.bfloat16())
    assert (scores.dtype, lengths.dtype) == (torch.float32, torch.float32)
