"""The residual players of Gulrajani et al. 2017, against what their gan_cifar_resnet.py and gan_64x64.py compute."""

from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, group_norm, interpolate, relu

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, ClassBatchNorm, Norm
from gan_cli.networks.wgan_gp_resnet import PreActivationBlock, Resampling, WGANGPResNetBody, WGANGPResNetGenerator
from tests.networks.counting import count, widths


def test_parameter_counts_are_those_of_the_authors_code() -> None:
    """Added up by hand from the shapes in both scripts; 10 classes are the supervised row of table 3."""
    with torch.device("meta"):
        assert count(WGANGPResNetGenerator(32, 3, 128, 64)) == 1_204_483
        assert count(WGANGPResNetGenerator(32, 3, 128, 64, num_classes=10)) == 1_218_307
        assert count(Discriminator(WGANGPResNetBody(32, 3, 64))) == 1_053_825
        assert count(Discriminator(WGANGPResNetBody(32, 3, 64), 1 + 10)) == 1_055_115
        assert count(WGANGPResNetGenerator(64, 3, 128, 64)) == 8_540_483
        assert count(Discriminator(WGANGPResNetBody(64, 3, 64, norm="layer"))) == 7_491_841


def test_widths_are_the_authors() -> None:
    with torch.device("meta"):
        small = [WGANGPResNetGenerator(32, 3, 128, 64), WGANGPResNetBody(32, 3, 64)]
        large = [WGANGPResNetGenerator(64, 3, 128, 64), WGANGPResNetBody(64, 3, 64)]
        larger = WGANGPResNetGenerator(128, 3, 128, 64)
    assert [widths(network) for network in small] == [
        [(2048, 128), *[(128, 128)] * 6, (3, 128)],
        [(128, 3), *[(128, 128)] * 7],
    ]
    assert [out for out, _ in widths(large[0])] == [16 * 512, 512, 512, 256, 256, 128, 128, 64, 64, 3]
    assert widths(large[1])[:5] == [(64, 3), (64, 64), (128, 64), (128, 128), (256, 128)]
    assert [out for out, _ in widths(larger)[1:-1:2]] == [512, 512, 256, 128, 64]


@pytest.mark.parametrize("resampling", ["up", "down", "none"])
def test_a_block_computes_what_the_authors_write(resampling: Resampling) -> None:
    torch.manual_seed(0)
    block: Any = PreActivationBlock(4, 6, "layer", "relu", resampling)
    for parameter in block.parameters():
        nn.init.normal_(parameter)
    first, second = (layer for layer in block.path if isinstance(layer, nn.GroupNorm))
    one, other = (layer for layer in block.path if isinstance(layer, nn.Conv2d))
    (side,) = (layer for layer in block.shortcut if isinstance(layer, nn.Conv2d))
    assert one.out_channels == (4 if resampling == "down" else 6)

    def up(maps: Tensor) -> Tensor:
        return interpolate(maps, scale_factor=2) if resampling == "up" else maps

    def down(maps: Tensor) -> Tensor:
        return avg_pool2d(maps, 2) if resampling == "down" else maps

    maps = torch.randn(2, 4, 8, 8)
    path = conv2d(up(relu(group_norm(maps, 1, first.weight, first.bias))), one.weight, one.bias, padding=1)
    path = down(conv2d(relu(group_norm(path, 1, second.weight, second.bias)), other.weight, other.bias, padding=1))
    shortcut = down(conv2d(up(maps), side.weight, side.bias))
    assert torch.allclose(block(maps), shortcut + path, atol=1e-4)


def test_a_critics_score_by_hand() -> None:
    """On 16x16 there is one block that halves and two that keep. Every image is 1, every kernel its middle tap alone.

    The first block doubles each channel's 1 on its path (2 channels in, each of weight 1/2, then twice 1) and adds the
    shortcut's 1: 3. The others double what they get and add it: 9, then 27. The score is 27 (1/2 + 1/4) + 1/8.
    """
    critic: Any = Discriminator(WGANGPResNetBody(16, 2, 1))
    with torch.no_grad():
        for layer in critic.modules():
            if isinstance(layer, nn.Conv2d):
                middle = layer.kernel_size[0] // 2
                layer.weight.zero_()
                layer.weight[:, :, middle, middle] = 1 / 2
        for block in critic.body.layers[:3]:
            block.path[-1 if isinstance(block.path[-1], nn.Conv2d) else -2].weight.mul_(2)
        critic.head.weight.copy_(torch.tensor([[1 / 2, 1 / 4]]))
        critic.head.bias.fill_(1 / 8)
    assert critic(torch.ones(1, 2, 16, 16)).item() == pytest.approx(27 * 3 / 4 + 1 / 8)


def test_first_weights_are_uniform_by_glorot_and_he() -> None:
    torch.manual_seed(0)
    generator: Any = WGANGPResNetGenerator(32, 3, 128, 64)
    critic: Any = Discriminator(WGANGPResNetBody(32, 3, 64), 1 + 10)
    block = generator.layers[2]
    deviations = [
        (generator.layers[0].weight, sqrt(2 / (128 + 2048))),
        (block.path[3].weight, sqrt(4 / (2 * 128 * 9))),
        (block.shortcut[1].weight, sqrt(2 / (2 * 128))),
        (generator.layers[-2].weight, sqrt(2 / ((128 + 3) * 9))),
        (critic.head.weight[:1], sqrt(2 / (128 + 1))),
        (critic.head.weight[1:], sqrt(2 / (128 + 10))),
    ]
    for weight, deviation in deviations:
        assert weight.std().item() == pytest.approx(deviation, rel=0.1)
        assert weight.abs().max().item() <= sqrt(3) * deviation
    assert not any(parameter.any() for name, parameter in critic.named_parameters() if name.endswith("bias"))


def test_a_class_goes_into_every_norm_but_the_last() -> None:
    generator: Any = WGANGPResNetGenerator(32, 3, 8, 2, num_classes=5)
    norms = [type(layer) for layer in generator.modules() if isinstance(layer, ClassBatchNorm | nn.BatchNorm2d)]
    assert norms.count(ClassBatchNorm) == 6
    assert isinstance(generator.layers[-4], nn.BatchNorm2d)


@pytest.mark.parametrize("image_size", [16, 32, 64, 128, 256])
def test_every_size_gives_images_in_range_and_one_score_each(image_size: int) -> None:
    images = WGANGPResNetGenerator(image_size, 3, 8, 2)(torch.randn(2, 8) * 100)
    assert images.shape == (2, 3, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    body = WGANGPResNetBody(image_size, 3, 2)
    assert Discriminator(body)(images).shape == (2,)
    maps = body.layers(images)
    assert maps.shape[-1] == (8 if image_size <= 32 else 4)
    assert torch.equal(body(images), maps.mean(dim=(2, 3)) if image_size <= 32 else maps.flatten(1))


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_image(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    for size in (16, 64):
        generator = WGANGPResNetGenerator(size, 1, 8, 2, norm, kind)
        body = WGANGPResNetBody(size, 1, 2, norm, kind)
        body(generator(torch.randn(4, 8))).square().sum().backward()
        for network in (generator, body):
            assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_other_sizes_are_refused() -> None:
    for network in (lambda: WGANGPResNetGenerator(48, 1, 8, 2), lambda: WGANGPResNetBody(48, 1, 2)):
        with pytest.raises(UserError, match="image_size: 48 is not possible"):
            network()
