"""The networks of Mao et al. 2017 for LSUN, against their vgg.py."""

from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import ClassBatchNorm, Norm
from gan_cli.networks.lsgan import LSGANBody, LSGANGenerator
from tests.networks.counting import count


def test_parameter_counts_are_those_of_the_authors_code() -> None:
    """Added up by hand from its shapes, biases in front of normalisation included."""
    with torch.device("meta"):
        generator, discriminator = LSGANGenerator(112, 3, 1024, 64), Discriminator(LSGANBody(112, 3, 64))
    assert count(generator) == 15_591_427
    assert count(discriminator) == 4_333_441


def test_layers_are_figure_2s() -> None:
    with torch.device("meta"):
        generator, body = LSGANGenerator(112, 3, 1024, 64), LSGANBody(112, 3, 64)
    deconvolutions: list[Any] = [layer for layer in generator.modules() if isinstance(layer, nn.ConvTranspose2d)]
    assert [layer.out_channels for layer in deconvolutions] == [256, 256, 256, 256, 128, 64, 3]
    assert [layer.stride[0] for layer in deconvolutions] == [2, 1, 2, 1, 2, 2, 1]
    assert {layer.kernel_size for layer in deconvolutions} == {(3, 3)}
    convolutions: list[Any] = [layer for layer in body.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.out_channels for layer in convolutions] == [64, 128, 256, 512]
    assert {layer.kernel_size for layer in convolutions} == {(5, 5)}
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in body.modules()) == 3


@pytest.mark.parametrize("image_size", [16, 48, 64, 112, 256])
def test_a_multiple_of_16_is_doubled_four_times(image_size: int) -> None:
    images = LSGANGenerator(image_size, 3, 8, 1)(torch.randn(2, 8))
    assert images.shape == (2, 3, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    body = LSGANBody(image_size, 3, 1)
    assert body.layers(images).shape[-1] == image_size // 16
    assert Discriminator(body)(images).shape == (2,)


@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_norm_reaches_the_image(norm: Norm) -> None:
    torch.manual_seed(0)
    generator, body = LSGANGenerator(32, 1, 8, 2, norm), LSGANBody(32, 1, 2, norm)
    body(generator(torch.randn(4, 8))).square().sum().backward()
    for network in (generator, body):
        assert all(parameter.grad is not None for parameter in network.parameters())
        assert all(weight.grad.any() for weight in network.parameters() if weight.ndim > 1 and weight.grad is not None)


def test_batch_norm_by_class_is_in_every_layer() -> None:
    generator = LSGANGenerator(32, 1, 8, 2, num_classes=5)
    assert sum(isinstance(layer, ClassBatchNorm) for layer in generator.modules()) == 7


@pytest.mark.parametrize("image_size", [8, 28, 272])
def test_other_sizes_are_refused(image_size: int) -> None:
    for network in (lambda: LSGANGenerator(image_size, 1, 8, 2), lambda: LSGANBody(image_size, 1, 2)):
        with pytest.raises(UserError, match=f"image_size: {image_size} is not possible here; take a multiple of 16"):
            network()
