"""The networks of Salimans et al. 2016, counted as their code builds them."""

from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.noise import GaussianNoise
from gan_cli.networks.sgan import SGANCNNBody, SGANCNNGenerator, SGANMLPBody, SGANMLPGenerator
from tests.networks.counting import count, layers_with_weights, widths


def learned_lengths(network: nn.Module) -> int:
    return sum(weights.numel() for name, weights in network.named_parameters() if name.endswith("length"))


def test_the_networks_for_mnist() -> None:
    generator, discriminator = SGANMLPGenerator(28, 1, 100, 500), Discriminator(SGANMLPBody(28, 1, 1000), 10)
    assert widths(discriminator) == [(1000, 784), (500, 1000), (250, 500), (250, 250), (250, 250), (10, 250)]
    noise = [module.deviation for module in discriminator.modules() if isinstance(module, GaussianNoise)]
    assert noise == [0.3, 0.5, 0.5, 0.5, 0.5, 0.5]
    assert count(discriminator) == 1_538_760 + learned_lengths(discriminator) == 1_538_760 + 10
    assert widths(generator) == [(500, 100), (500, 500), (784, 500)]
    assert count(generator) == 693_784 + learned_lengths(generator) == 693_784 + 784


@pytest.mark.parametrize(("channels", "parameters"), [(64, 626_570), (96, 1_406_794)])
def test_the_networks_for_svhn_and_cifar10(channels: int, parameters: int) -> None:
    generator, discriminator = SGANCNNGenerator(32, 3, 100, 128), Discriminator(SGANCNNBody(32, 3, channels), 10)
    wide = 2 * channels
    outward = [channels] * 3 + [wide] * 6
    assert widths(discriminator) == [*zip(outward, [3, *outward[:-1]], strict=True), (10, wide)]
    convolutions: list[Any] = [layer for layer in discriminator.modules() if isinstance(layer, nn.Conv2d)]
    assert [layer.kernel_size[0] for layer in convolutions] == [3] * 7 + [1] * 2
    assert [layer.stride[0] for layer in convolutions] == [1, 1, 2, 1, 1, 2, 1, 1, 1]
    assert [layer.padding[0] for layer in convolutions] == [1] * 6 + [0] * 3
    assert [module.p for module in discriminator.modules() if isinstance(module, nn.Dropout)] == [0.2, 0.5, 0.5]
    assert count(discriminator) == parameters + learned_lengths(discriminator) == parameters + 10
    assert widths(generator) == [(8192, 100), (512, 256), (256, 128), (128, 3)]
    assert {layer.kernel_size for layer in layers_with_weights(generator)[1:]} == {(5, 5)}
    assert count(generator) == 4_933_379 + learned_lengths(generator) == 4_933_379 + 3


def test_grey_levels_go_through_a_sigmoid_and_the_discriminator_sees_them_from_0_to_1() -> None:
    torch.manual_seed(0)
    generator, body = SGANMLPGenerator(4, 1, 3, 5).eval(), SGANMLPBody(4, 1, 8).eval()
    latents, images = torch.randn(2, 3), torch.rand(2, 1, 4, 4)
    assert torch.allclose(generator(latents).flatten(1), 2 * generator.layers(latents).sigmoid() - 1, atol=1e-6)
    assert torch.allclose(body(2 * images - 1), body.layers(images.flatten(1)), atol=1e-6)


def test_the_features_are_what_the_last_noise_comes_to() -> None:
    torch.manual_seed(0)
    discriminator: Any = Discriminator(SGANMLPBody(4, 1, 8), 3)
    discriminator.body.eval()
    images = torch.randn(6, 1, 4, 4)
    assert torch.equal(discriminator.features(images), discriminator.features(images))
    assert not torch.equal(discriminator(images), discriminator(images))
    discriminator.eval()
    assert torch.equal(discriminator(images), discriminator(images))


def test_other_sizes_are_refused() -> None:
    with pytest.raises(UserError, match="image_size: 28 is not possible here; take 16, 32, 64"):
        SGANCNNGenerator(28, 3, 100, 8)
