from copy import deepcopy
from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.networks.sgan import SGANCNNBody, SGANCNNGenerator, SGANMLPBody
from gan_cli.networks.weight_norm import normalised, start_from_data, starts_from_data

LAYERS = [nn.Linear(3, 5), nn.Conv2d(3, 5, 3), nn.ConvTranspose2d(3, 5, 3, 2)]


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_each_outputs_weights_have_the_length(layer: Any) -> None:
    layer = normalised(deepcopy(layer))
    weights = layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
    assert torch.allclose(weights.flatten(1).norm(dim=1), torch.ones(5), atol=1e-4)
    direction = layer.parametrizations.weight.original
    torch.manual_seed(0)
    layer(torch.randn(2, 3, *[4] * (layer.weight.ndim - 2))).square().sum().backward()
    along = (direction.grad * direction).transpose(0, int(isinstance(layer, nn.ConvTranspose2d))).flatten(1).sum(1)
    assert along.abs().max() < 1e-4 * direction.grad.norm()  # a step leaves the length alone


@pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: type(layer).__name__)
def test_outputs_have_no_mean_and_the_spread_after_the_first_pass(layer: Any) -> None:
    torch.manual_seed(0)
    inputs = 3 + 2 * torch.randn(50, 3, *[4] * (layer.weight.ndim - 2))
    network = nn.Sequential(normalised(deepcopy(layer), spread=0.1))
    assert starts_from_data(network)
    start_from_data(network, inputs)
    outputs = network(inputs).transpose(0, 1).flatten(1)
    assert torch.allclose(outputs.mean(1), torch.zeros(5), atol=1e-5)
    assert torch.allclose(outputs.std(1, correction=0), torch.full((5,), 0.1), atol=1e-5)
    assert not any(module._forward_hooks for module in network.modules())


def test_a_first_pass_sets_each_layer_by_what_the_ones_before_give_from_then_on() -> None:
    """Without noise, the second pass gives what the first one gave."""
    torch.manual_seed(0)
    body = SGANCNNBody(16, 3, 8).eval()
    images = torch.randn(20, 3, 16, 16)
    start_from_data(body, images)
    outputs = images
    for layer in body.layers:
        outputs = layer(outputs)
        if isinstance(layer, nn.Conv2d):
            assert torch.allclose(outputs.mean((0, 2, 3)), torch.zeros(outputs.shape[1]), atol=1e-4)
            assert torch.allclose(outputs.std((0, 2, 3), correction=0), torch.ones(outputs.shape[1]), atol=1e-3)


def test_what_learns_its_lengths_is_the_last_layer() -> None:
    body = SGANMLPBody(28, 1, 1000)
    learned = [name for name, _ in nn.ModuleDict({"body": body, "head": body.head(10)}).named_parameters()]
    assert [name for name in learned if name.endswith("length")] == ["head.1.parametrizations.weight.0.length"]
    generator = SGANCNNGenerator(32, 3, 100, 8)
    assert sum("length" in name for name, _ in generator.named_parameters()) == 1


def test_a_unit_that_sees_nothing_stays_finite() -> None:
    network = nn.Sequential(normalised(nn.Linear(3, 2)))
    start_from_data(network, torch.zeros(4, 3))
    assert all(value.isfinite().all() for value in network.state_dict().values())
