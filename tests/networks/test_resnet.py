from typing import Any

import pytest
import torch
from torch import nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, relu

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, ClassBatchNorm, Norm
from gan_cli.networks.resnet import Resampling, ResidualBlock, ResNetBody, ResNetGenerator
from tests.networks.counting import count, widths


def blocks_of(network: Any) -> list[ResidualBlock]:
    return [layer for layer in network.layers if isinstance(layer, ResidualBlock)]


def test_widths_at_32_are_table_4s() -> None:
    with torch.device("meta"):
        generator, discriminator = ResNetGenerator(32, 3, 128, 64), Discriminator(ResNetBody(32, 3, 64))
    assert widths(generator) == [(4 * 4 * 256, 128), *[(256, 256)] * 6, (3, 256)]
    assert widths(discriminator) == [(128, 3), *[(128, 128)] * 7, (1, 128)]
    assert [block.path[-1].__class__.__name__ for block in blocks_of(discriminator.body)] == [
        *["AvgPool2d"] * 2,
        *["Conv2d"] * 2,
    ]


def test_widths_at_128_are_table_6s() -> None:
    with torch.device("meta"):
        generator, body = ResNetGenerator(128, 3, 128, 64), ResNetBody(128, 3, 64)
    assert widths(generator)[0] == (4 * 4 * 1024, 128)
    assert [out for out, _ in widths(generator)[1:-1:2]] == [1024, 512, 256, 128, 64]
    assert [out for out, _ in widths(body)[1::2]] == [64, 128, 256, 512, 1024, 1024]
    assert [out for out, _ in widths(body)[::2]] == [64, 64, 128, 256, 512, 1024]  # as wide as what comes in


@pytest.mark.parametrize(
    ("image_size", "generator_weights", "discriminator_weights"),
    [
        (32, 4_276_739, 1_053_824),  # table 4, in the authors' code without the head's bias
        (48, 4_878_083, 10_141_441),  # table 5
        (64, 12_220_675, 10_141_441),  # resnet_64.py, snresnet_64.py
        (128, 32_150_787, 29_017_857),  # table 6
        (256, 37_135_107, 34_000_129),  # resnet_dog_and_cat_256.py, snresnet_256.py
    ],
)
def test_parameter_counts_are_the_authors(image_size: int, generator_weights: int, discriminator_weights: int) -> None:
    """Counted by hand from https://github.com/pfnet-research/sngan_projection, where that has the size."""
    with torch.device("meta"):
        generator = ResNetGenerator(image_size, 3, 128, 64)
        discriminator = Discriminator(ResNetBody(image_size, 3, 64), bias=image_size > 32)
    assert (count(generator), count(discriminator)) == (generator_weights, discriminator_weights)


def test_a_generator_by_class_has_a_scale_and_a_shift_for_each_but_the_last() -> None:
    with torch.device("meta"):
        by_class, alike = ResNetGenerator(32, 3, 128, 64, num_classes=10), ResNetGenerator(32, 3, 128, 64)
    assert count(by_class) - count(alike) == 9 * 2 * 6 * 256


@pytest.mark.parametrize(("image_size", "map_size"), [(16, 8), (24, 12), (32, 8), (48, 3), (64, 2), (96, 3), (128, 4)])
def test_every_size_gives_images_in_range_and_one_logit_each(image_size: int, map_size: int) -> None:
    images = ResNetGenerator(image_size, 3, 8, 2)(torch.randn(2, 8) * 100)
    assert images.shape == (2, 3, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    body = ResNetBody(image_size, 3, 2)
    assert Discriminator(body)(images).shape == (2,)
    maps = body.layers(images)
    assert maps.shape[-1] == map_size
    assert torch.allclose(body(images), maps.sum(dim=(2, 3)), rtol=1e-4)


def test_depth_counts_blocks_and_no_size_has_too_few() -> None:
    assert [len(blocks_of(ResNetGenerator(32, 1, 8, 2, depth=depth))) for depth in (0, 3, 8)] == [3, 3, 8]
    assert [len(blocks_of(ResNetBody(32, 1, 2, depth=depth))) for depth in (0, 4, 9)] == [4, 4, 9]
    with pytest.raises(UserError, match=r"model.depth: 3 residual blocks are too few at this image size; take 4"):
        ResNetBody(32, 1, 2, depth=3)


def test_other_sizes_are_refused() -> None:
    with pytest.raises(UserError, match=r"image_size: 112 is not possible here; take 16, 24, .* 192 or 256$"):
        ResNetGenerator(112, 1, 8, 2)


@pytest.mark.parametrize("resampling", ["up", "down", "none"])
def test_a_block_is_its_paths_sum(resampling: Resampling) -> None:
    """Miyato et al. 2018, figure 8: activation before each convolution, resampling on both paths."""
    torch.manual_seed(0)
    block: Any = ResidualBlock(3, 5, "none", "relu", resampling)
    maps = torch.randn(2, 3, 8, 8)
    one, other = (layer for layer in block.path if isinstance(layer, nn.Conv2d))
    (side,) = (layer for layer in block.shortcut if isinstance(layer, nn.Conv2d))

    def up(maps: torch.Tensor) -> torch.Tensor:
        return interpolate(maps, scale_factor=2) if resampling == "up" else maps

    hidden = conv2d(up(relu(maps)), one.weight, padding=1)
    expected = conv2d(relu(hidden), other.weight, padding=1) + conv2d(up(maps), side.weight)
    expected = avg_pool2d(expected, 2) if resampling == "down" else expected
    assert torch.allclose(block(maps), expected, atol=1e-5)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_image(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    generator = ResNetGenerator(16, 1, 8, 2, norm=norm, activation_kind=kind)
    body = ResNetBody(16, 1, 2, norm=norm, activation_kind=kind)
    body(generator(torch.randn(4, 8))).square().sum().backward()
    for network in (generator, body):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_batch_norm_by_class_is_in_every_block() -> None:
    generator: Any = ResNetGenerator(16, 1, 8, 2, num_classes=5)
    assert sum(isinstance(module, ClassBatchNorm) for module in generator.modules()) == 4
    images = generator.eval()(torch.randn(1, 8).repeat(5, 1), torch.rand(5, 5))
    assert images.shape == (5, 1, 16, 16)
