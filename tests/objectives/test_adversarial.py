import math

import torch
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss


def test_zero_logits_give_the_closed_form() -> None:
    zeros = torch.zeros(5)
    assert math.isclose(float(discriminator_cross_entropy(zeros, zeros)), 2 * math.log(2), rel_tol=1e-6)
    assert math.isclose(float(non_saturating_generator_loss(zeros)), math.log(2), rel_tol=1e-6)


def test_both_equal_torchs_cross_entropy() -> None:
    real, fake = torch.randn(7), torch.randn(7)
    wanted = cross_entropy(real, torch.ones(7)) + cross_entropy(fake, torch.zeros(7))
    assert torch.allclose(discriminator_cross_entropy(real, fake), wanted)
    assert torch.allclose(non_saturating_generator_loss(fake), cross_entropy(fake, torch.ones(7)))


def test_large_logits_stay_finite_with_a_gradient() -> None:
    logits = torch.tensor([-1e4, 1e4], requires_grad=True)
    (non_saturating_generator_loss(logits) + discriminator_cross_entropy(logits, logits)).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()
