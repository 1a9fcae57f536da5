import pytest
import torch

from gan_cli.objectives.layers import matched_layers, weighted_layers
from gan_cli.objectives.variational import divergence_from_normal


def test_layers_are_summed_and_discriminators_averaged() -> None:
    real = [[torch.zeros(2, 3), torch.zeros(2, 5)], [torch.zeros(2, 1), torch.zeros(2, 2)]]
    fake = [[torch.ones(2, 3), torch.full((2, 5), -2.0)], [torch.full((2, 1), 4.0), torch.zeros(2, 2)]]
    assert matched_layers(fake, real).item() == pytest.approx(((1 + 2) + (4 + 0)) / 2)


def test_a_layer_counts_by_its_weight_whatever_its_scale() -> None:
    wanted = torch.rand(2, 3, 4, 4) + 0.5
    made = wanted + torch.tensor([[1.0], [-1.0]]).view(2, 1, 1, 1) * wanted.mean((1, 2, 3), keepdim=True)
    found = weighted_layers([made, 100 * made], [wanted, 100 * wanted], (1.0, 0.25))
    assert found.item() == pytest.approx(1.25, rel=1e-5)


def test_only_what_is_made_gets_a_gradient() -> None:
    made, wanted = torch.rand(2, 3, requires_grad=True), torch.rand(2, 3, requires_grad=True)
    (matched_layers([[made]], [[wanted]]) + weighted_layers([made], [wanted], (1.0,))).backward()
    assert made.grad is not None
    assert wanted.grad is None


def test_the_divergence_is_that_of_torch() -> None:
    mean, log_variance = torch.randn(4, 3), torch.randn(4, 3)
    normal = torch.distributions.Normal(mean, (log_variance / 2).exp())
    wanted = torch.distributions.kl_divergence(normal, torch.distributions.Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(divergence_from_normal(mean, log_variance), wanted)
    assert divergence_from_normal(torch.zeros(1, 3), torch.zeros(1, 3)).item() == 0
