import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from gan_cli.objectives.adversarial import (
    auxiliary_classification,
    critic_generator_loss,
    critic_loss,
    discriminator_cross_entropy,
    discriminator_hinge,
    feature_matching,
    least_squares,
    minimax_generator_loss,
    non_saturating_generator_loss,
    real_logits_of_classes,
    relativistic,
    relativistic_average,
)


def least_squares_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    return least_squares(real, 1) + least_squares(fake, 0)


def least_squares_generator(fake: Tensor) -> Tensor:
    return least_squares(fake, 1)


DISCRIMINATOR_LOSSES = [
    discriminator_cross_entropy,
    discriminator_hinge,
    critic_loss,
    relativistic,
    relativistic_average,
    least_squares_discriminator,
]
GENERATOR_LOSSES = [
    non_saturating_generator_loss,
    minimax_generator_loss,
    critic_generator_loss,
    least_squares_generator,
]


def leaf(*values: float) -> Tensor:
    return torch.tensor(values, requires_grad=True)


def gradient(loss: Tensor, of: Tensor) -> list[float]:
    (found,) = torch.autograd.grad(loss, of)
    values: list[float] = found.tolist()
    return values


@pytest.mark.parametrize(
    ("loss", "at_zero"),
    [
        (discriminator_cross_entropy, 2 * math.log(2)),
        (discriminator_hinge, 2.0),
        (critic_loss, 0.0),
        (relativistic, math.log(2)),
        (relativistic_average, math.log(2)),
        (least_squares_discriminator, 0.5),
    ],
)
def test_zero_outputs_give_the_discriminators_closed_form(
    loss: Callable[[Tensor, Tensor], Tensor], at_zero: float
) -> None:
    zeros = torch.zeros(5)
    assert loss(zeros, zeros).shape == ()
    assert float(loss(zeros, zeros)) == pytest.approx(at_zero)


@pytest.mark.parametrize(
    ("loss", "at_zero"),
    [
        (non_saturating_generator_loss, math.log(2)),
        (minimax_generator_loss, -math.log(2)),
        (critic_generator_loss, 0.0),
        (least_squares_generator, 0.5),
    ],
)
def test_zero_outputs_give_the_generators_closed_form(loss: Callable[[Tensor], Tensor], at_zero: float) -> None:
    assert loss(torch.zeros(5)).shape == ()
    assert float(loss(torch.zeros(5))) == pytest.approx(at_zero)


@pytest.mark.parametrize("loss", DISCRIMINATOR_LOSSES)
def test_a_discriminator_wants_real_up_and_generated_down(loss: Callable[[Tensor, Tensor], Tensor]) -> None:
    real, fake = leaf(0.3, -0.4), leaf(0.2, 0.5)
    assert max(gradient(loss(real, fake), real)) < 0
    assert min(gradient(loss(real, fake), fake)) > 0


@pytest.mark.parametrize("loss", GENERATOR_LOSSES)
def test_a_generator_wants_its_outputs_up(loss: Callable[[Tensor], Tensor]) -> None:
    fake = leaf(0.3, -0.4)
    assert max(gradient(loss(fake), fake)) < 0


def test_three_equal_torchs_cross_entropy() -> None:
    torch.manual_seed(0)
    real, fake = torch.randn(7), torch.randn(4)  # unlike in number: each term has its own mean
    wanted = cross_entropy(real, torch.ones(7)) + cross_entropy(fake, torch.zeros(4))
    assert torch.allclose(discriminator_cross_entropy(real, fake), wanted)
    assert torch.allclose(non_saturating_generator_loss(fake), cross_entropy(fake, torch.ones(4)))
    assert torch.allclose(minimax_generator_loss(fake), -cross_entropy(fake, torch.zeros(4)))


@pytest.mark.parametrize("target", [0.0, 0.7, 0.9, 1.0])
def test_label_smoothing_is_one_sided_and_equals_torchs_soft_target(target: float) -> None:
    torch.manual_seed(0)
    real, fake = torch.randn(7), torch.randn(7)
    wanted = cross_entropy(real, torch.full((7,), target)) + cross_entropy(fake, torch.zeros(7))
    assert torch.allclose(discriminator_cross_entropy(real, fake, real_target=target), wanted)


def test_a_smoothed_target_is_where_the_real_term_stops_pulling() -> None:
    real = leaf(math.log(0.9 / 0.1))
    pull = gradient(discriminator_cross_entropy(real, torch.zeros(1), real_target=0.9), real)
    assert pull == pytest.approx([0.0], abs=1e-6)


def test_large_logits_stay_finite_with_a_gradient() -> None:
    logits = leaf(-1e4, 1e4)
    losses = discriminator_cross_entropy(logits, logits, real_target=0.9) + relativistic(logits, -logits)
    (losses + non_saturating_generator_loss(logits) + minimax_generator_loss(logits)).backward()
    assert losses.isfinite()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


def test_where_the_discriminator_wins_only_the_non_saturating_loss_pulls() -> None:
    fake = leaf(-20.0)
    assert gradient(non_saturating_generator_loss(fake), fake) == pytest.approx([-1.0])
    assert abs(gradient(minimax_generator_loss(fake), fake)[0]) < 1e-8


def test_least_squares_by_hand() -> None:
    assert float(least_squares(torch.tensor([1.0, 3.0]), target=-1)) == (4 + 16) / 2 / 2
    assert float(least_squares(torch.full((3, 1), 0.9), target=0.9)) == 0


def test_critic_losses_are_differences_of_means() -> None:
    real, fake = torch.tensor([1.0, 2.0, 6.0]), torch.tensor([0.5, 1.5])
    assert float(critic_loss(real, fake)) == 1 - 3
    assert float(critic_loss(real + 7, fake + 7)) == 1 - 3
    assert float(critic_generator_loss(fake)) == -1


def test_hinge_by_hand_and_flat_outside_the_margin() -> None:
    real, fake = leaf(2.0, 0.5, -1.0), leaf(-3.0, 0.5)
    assert discriminator_hinge(real, fake).item() == pytest.approx((0 + 0.5 + 2) / 3 + (0 + 1.5) / 2)
    assert gradient(discriminator_hinge(real, fake), real) == pytest.approx([0, -1 / 3, -1 / 3])
    assert gradient(discriminator_hinge(real, fake), fake) == pytest.approx([0, 1 / 2])


def test_relativistic_sees_only_the_difference_of_each_pair() -> None:
    torch.manual_seed(0)
    winning, losing = torch.randn(6), torch.randn(6)
    loss = relativistic(winning, losing)
    assert torch.allclose(loss, cross_entropy(winning - losing, torch.ones(6)))
    common = torch.randn(6) * 10
    assert torch.allclose(loss, relativistic(winning + common, losing + common), atol=1e-5)
    assert not torch.allclose(loss, relativistic(winning, losing.flip(0)))


def test_auxiliary_classification_by_hand() -> None:
    labels = torch.tensor([1, 0])
    assert float(auxiliary_classification(torch.zeros(2, 10), labels)) == pytest.approx(math.log(10))
    odds = torch.tensor([[1.0, 3.0], [1.0, 4.0]]).log()  # the right classes have 3/4 and 1/5
    assert float(auxiliary_classification(odds, labels)) == pytest.approx(-(math.log(3 / 4) + math.log(1 / 5)) / 2)


def test_real_logits_of_classes_are_a_softmax_with_a_fake_class_of_logit_0() -> None:
    torch.manual_seed(0)
    class_logits = torch.randn(4, 10)
    with_fake = torch.cat([class_logits, torch.zeros(4, 1)], dim=1).softmax(dim=1)
    found = real_logits_of_classes(class_logits)
    assert found.shape == (4,)
    assert torch.allclose(found.sigmoid(), 1 - with_fake[:, -1])
    assert torch.allclose(real_logits_of_classes(torch.zeros(2, 10)), torch.full((2,), math.log(10)))
    assert real_logits_of_classes(torch.full((1, 2), 1000.0)).isfinite()


def test_feature_matching_compares_means() -> None:
    real = torch.tensor([[0.0, 1.0], [2.0, 3.0]])
    fake = torch.tensor([[4.0, 2.0]])  # another number of images
    assert float(feature_matching(real, fake)) == (3**2 + 0**2) / 2
    assert float(feature_matching(real, real.mean(0, keepdim=True))) == 0
    assert torch.allclose(feature_matching(real.repeat(1, 5), fake.repeat(1, 5)), feature_matching(real, fake))


def test_short_outputs_lose_nothing_more() -> None:
    """The mean of 64 scores near 100 is not one of the halves that bfloat16 has there."""
    torch.manual_seed(0)
    real, fake = (100 + torch.rand(2, 64)).bfloat16()
    assert torch.equal(critic_loss(real, fake), critic_loss(real.float(), fake.float()))
    for objective in (critic_generator_loss, non_saturating_generator_loss, least_squares_generator):
        assert objective(real).dtype == torch.float32


def test_the_hinge_takes_a_margin_for_each_output() -> None:
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-0.5, -2.0])
    loss = discriminator_hinge(real, fake, torch.tensor([0.8, 1.0]), torch.tensor([1.0, 2.5]))
    assert loss.item() == pytest.approx((0.3 + 0) / 2 + (0.5 + 0.5) / 2)


def test_relativistic_average_compares_each_with_the_mean_of_the_others() -> None:
    winning, losing = torch.tensor([1.0, 3.0]), torch.tensor([[-2.0], [4.0], [1.0]])
    right = cross_entropy(winning - 1, torch.ones(2)) + cross_entropy(losing - 2, torch.zeros(3, 1))
    assert torch.allclose(relativistic_average(winning, losing), right / 2)
