from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, ClassBatchNorm, Norm
from gan_cli.networks.mlp import MLPBody, MLPGenerator
from tests.networks.counting import layers_with_weights, widths


@pytest.mark.parametrize("shape", [(2,), (1, 16, 16), (3, 32, 32)])
def test_points_or_images_come_in_their_shape(shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    made = MLPGenerator(shape, 8, 16, 4, "none", "relu")(torch.randn(64, 8) * 100).detach()
    assert made.shape == (64, *shape)
    assert (float(made.abs().max()) <= 1) == (len(shape) == 3)  # points are anywhere, images end in tanh
    numbers = made[0].numel()
    assert Discriminator(MLPBody(numbers, 16, 4, "none", "relu"))(made).shape == (64,)


@pytest.mark.parametrize("depth", [2, 3, 4, 12])
def test_depth_counts_layers_with_weights(depth: int) -> None:
    generator = MLPGenerator((2,), 8, 16, depth, "none", "relu")
    discriminator = Discriminator(MLPBody(2, 16, depth, "none", "relu"))
    hidden = [(16, 16)] * (depth - 2)
    assert widths(generator) == [(16, 8), *hidden, (2, 16)]
    assert widths(discriminator) == [(16, 2), *hidden, (1, 16)]


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_points(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    generator = MLPGenerator((2,), 8, 16, 4, norm, kind)
    judge = Discriminator(MLPBody(2, 16, 4, norm, kind))
    judge(generator(torch.randn(8, 8))).square().sum().backward()
    for network in (generator, judge):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_the_first_layer_of_the_discriminator_is_not_normalised() -> None:
    kinds = [type(layer).__name__ for layer in MLPBody(2, 16, 4, "layer", "relu").layers]
    assert kinds == ["Linear", "ReLU", *["Linear", "LayerNorm", "ReLU"] * 2]


def test_signals_keep_their_size_through_many_layers() -> None:
    torch.manual_seed(0)
    features = MLPBody(64, 256, 12, "none", "relu")(torch.randn(100, 64)).detach()
    assert 0.3 < float(features.square().mean().sqrt()) < 3


def test_batch_norm_by_class_is_in_every_hidden_layer() -> None:
    generator: Any = MLPGenerator((2,), 8, 16, 4, "batch", "relu", num_classes=5)
    assert sum(isinstance(layer, ClassBatchNorm) for layer in generator.layers) == 3
    assert not any(isinstance(layer, nn.BatchNorm1d) for layer in generator.layers)
    assert len(layers_with_weights(generator)) == 4
    assert generator(torch.randn(6, 8), torch.rand(6, 5)).shape == (6, 2)
