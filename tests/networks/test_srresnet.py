"""SRGAN's generators: sizes as published, and values worked out in another way."""

import pytest
import torch
from torch import nn
from torch.nn.functional import interpolate

from gan_cli.networks.srresnet import Doubling, MSRResNet, Scale, SRResNet
from tests.networks.counting import count


def biases_before_norms(network: nn.Module) -> int:
    """The biases that the paper's network has, and that batch normalisation takes away again."""
    return sum(norm.num_features for norm in network.modules() if isinstance(norm, nn.BatchNorm2d))


@pytest.mark.parametrize(("scale", "parameters"), [(4, 1_549_462), (2, 1_401_749)])
def test_srresnet_is_as_large_as_the_papers(scale: Scale, parameters: int) -> None:
    with torch.device("meta"):
        network = SRResNet(scale)
    assert count(network) + biases_before_norms(network) == parameters


@pytest.mark.parametrize(("scale", "parameters"), [(4, 1_517_571), (2, 1_369_859)])
def test_msrresnet_is_as_large_as_the_authors(scale: Scale, parameters: int) -> None:
    with torch.device("meta"):
        assert count(MSRResNet(scale)) == parameters


@pytest.mark.parametrize("kind", [SRResNet, MSRResNet])
@pytest.mark.parametrize("scale", [2, 4, 8])
def test_images_of_any_size_are_enlarged(kind: type[nn.Module], scale: int) -> None:
    network = kind(scale, 1, 4, 1)
    assert network(torch.rand(2, 1, 5, 7)).shape == (2, 1, 5 * scale, 7 * scale)


def test_the_channels_of_a_doubling_become_the_pixels_of_a_square() -> None:
    doubling = Doubling(1, nn.Identity())
    first = doubling[0]
    assert isinstance(first, nn.Conv2d)
    assert first.bias is not None
    nn.init.zeros_(first.weight)
    first.bias.data = torch.arange(4.0)
    assert doubling(torch.zeros(1, 1, 1, 1))[0, 0].tolist() == [[0, 1], [2, 3]]


def test_msrresnet_adds_to_the_image_enlarged_bilinearly() -> None:
    network, images = MSRResNet(4, 3, 4, 1), torch.rand(1, 3, 6, 6)
    last = network.last[-1]
    assert isinstance(last, nn.Conv2d)
    assert last.bias is not None
    nn.init.zeros_(last.weight)
    nn.init.zeros_(last.bias)
    assert torch.equal(network(images), interpolate(images, scale_factor=4, mode="bilinear"))


def test_msrresnet_begins_with_a_tenth_of_he_s_weights() -> None:
    weights = [
        layer.weight.detach() for layer in MSRResNet(4, 3, 64, 2).trunk.modules() if isinstance(layer, nn.Conv2d)
    ]
    assert all(abs(float(weight.std()) / (0.1 * (2 / (9 * 64)) ** 0.5) - 1) < 0.03 for weight in weights)
