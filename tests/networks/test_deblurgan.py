from itertools import pairwise

import pytest
import torch
import torchvision
from torch import nn

from gan_cli.networks.deblurgan import PyramidDeblurrer, ResidualDeblurrer
from gan_cli.networks.layers import ImageNorm
from gan_cli.networks.patchgan import PatchGAN, PatchSize
from tests.networks.counting import count


def removed_biases(network: nn.Module) -> int:
    """How many biases the authors have before normalisations without a shift, which remove them again."""
    return sum(
        first.out_channels
        for layers in network.modules()
        if isinstance(layers, nn.Sequential)
        for first, norm in pairwise([*layers])
        if isinstance(norm, ImageNorm) and norm.weight is None and isinstance(first, nn.Conv2d | nn.ConvTranspose2d)
    )


def test_the_generator_has_the_size_of_the_released_one() -> None:
    with torch.device("meta"):
        network = ResidualDeblurrer()
    assert count(network) + removed_biases(network) == 6_067_459


@pytest.mark.parametrize(("patch_size", "published"), [(70, 2_764_737), (286, 11_154_369)])
def test_the_critics_have_the_size_of_the_released_ones(patch_size: PatchSize, published: int) -> None:
    with torch.device("meta"):
        network = PatchGAN(3, 64, patch_size, norm="instance", padding=2)
    assert count(network) + removed_biases(network) == published


def test_the_critic_of_the_whole_image_has_a_map_of_11_outputs() -> None:
    """As in the authors' code: it is no single score."""
    assert PatchGAN(3, 1, 286, norm="instance", padding=2)(torch.rand(1, 3, 256, 256)).shape == (1, 1, 11, 11)


def test_the_pyramid_stands_on_mobilenets_layers_and_has_the_published_size() -> None:
    with torch.device("meta"):
        network = PyramidDeblurrer()
        published = torchvision.models.mobilenet_v2().features
    trunk = count(network.encoder)
    assert trunk == count(published[:16])
    # The published network's size, without MobileNetV2, of which it holds all layers and uses these.
    assert count(network) - trunk + removed_biases(network) == 3_312_707 - 2_223_872 == 1_088_835
    assert count(published) == 2_223_872


@pytest.mark.parametrize("kind", [ResidualDeblurrer, PyramidDeblurrer])
def test_a_network_adds_to_the_image(kind: type[nn.Module]) -> None:
    """What it adds may lead out of the range, where it still has a gradient."""
    torch.manual_seed(0)
    network = kind(base_channels=4)
    images = torch.rand(2, 3, 64, 96) * 2 - 1
    made = network(images)
    assert made.shape == images.shape
    for weights in (last := [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)][-1]).parameters():
        weights.data.zero_()
    assert torch.equal(network(images), images)
    last.bias.data.fill_(1.0)  # type: ignore[union-attr]
    beyond = network(images)
    assert beyond.max() > 1.7
    beyond.sum().backward()
    assert last.bias.grad is not None  # type: ignore[union-attr]
    assert (last.bias.grad > 0).all()  # type: ignore[union-attr]


def test_dropout_is_there_in_training_alone() -> None:
    torch.manual_seed(0)
    network, images = ResidualDeblurrer(base_channels=2, num_blocks=1), torch.rand(1, 3, 16, 16)
    assert not torch.equal(network(images), network(images))
    network.eval()
    assert torch.equal(network(images), network(images))
