"""Which layers' outputs are features of an image, and their shapes."""

import pytest
import torch
from torch import nn

from gan_cli.networks.architectures import Architecture, Design
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layer_outputs import feature_layers, layer_outputs, pooled_row


@pytest.mark.parametrize(
    ("architecture", "channels"),
    [
        ("dcgan", [4, 8, 16]),
        ("cnn", [4, 4, 8, 8, 16, 16, 32]),
        ("resnet", [8, 8, 8, 8, 8]),
        ("sngan_resnet", [8, 8, 8, 8, 8]),
        ("r3gan", [32] * 8),
    ],
)
def test_every_layer_gives_a_four_by_four_map_of_each_channel(architecture: Architecture, channels: list[int]) -> None:
    network = Discriminator(
        Design(architecture, 4, norm=None).with_norm("discriminator", ("batch", "none")).body((1, 32, 32))
    ).eval()
    with layer_outputs(network) as outputs:
        network(torch.randn(3, 1, 32, 32))
    assert [output.shape[1] for output in outputs] == channels
    assert pooled_row(outputs).shape == (3, 16 * sum(channels))


def test_an_mlp_gives_its_hidden_units() -> None:
    network = Discriminator(Design("mlp", 12).with_norm("discriminator", ("none",)).body((1, 8, 8)))
    with layer_outputs(network) as outputs:
        network(torch.randn(3, 1, 8, 8))
    assert pooled_row(outputs).shape == (3, 12 * len(feature_layers(network)))


def test_pooling_takes_the_largest_and_leaves_small_maps_alone() -> None:
    large = torch.arange(64.0).reshape(1, 1, 8, 8)
    small = torch.ones(1, 2, 2, 2)
    row = pooled_row([large, small])
    assert row.shape == (1, 16 + 8)
    assert row[0, :4].tolist() == [9, 11, 13, 15]


def test_maps_of_volumes_are_pooled_alike() -> None:
    large = torch.arange(8.0**3).reshape(1, 1, 8, 8, 8)
    flat = torch.ones(1, 2, 2, 8, 8)
    row = pooled_row([large, flat])
    assert row.shape == (1, 4**3 + 2 * 2 * 4 * 4)
    assert row[0, :4].tolist() == [73, 75, 77, 79]


def test_the_hooks_are_gone_afterwards() -> None:
    network = nn.Sequential(nn.Linear(2, 2), nn.ReLU())
    with layer_outputs(network) as outputs:
        network(torch.zeros(1, 2))
    network(torch.zeros(1, 2))
    assert len(outputs) == 1
