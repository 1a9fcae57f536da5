from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.dcgan import FIRSTS, DCGANBody, DCGANGenerator
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, ClassBatchNorm, Norm
from gan_cli.networks.sizes import maps_of
from tests.networks.counting import count, layers_with_weights


def discriminator(*arguments: Any, **options: Any) -> Discriminator:
    return Discriminator(DCGANBody(*arguments, **options), bias=False)


def test_parameter_counts_are_the_papers() -> None:
    with torch.device("meta"):
        generator, judge = DCGANGenerator(64, 3, 100, 64), discriminator(64, 3, 64)
    assert count(generator) == 3_576_704
    assert count(judge) == 2_765_568


@pytest.mark.parametrize("image_size", [16, 20, 28, 32, 48, 64, 112, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_gives_images_in_range_and_one_logit_each(image_size: int, channels: int) -> None:
    images = DCGANGenerator(image_size, channels, 8, 2)(torch.randn(2, 8))
    assert images.shape == (2, channels, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    assert discriminator(image_size, channels, 2)(images).shape == (2,)


@pytest.mark.parametrize("image_size", [8, 36, 512, 0, -32])
def test_other_sizes_are_refused(image_size: int) -> None:
    for network in (lambda: DCGANGenerator(image_size, 1, 8, 2), lambda: DCGANBody(image_size, 1, 2)):
        with pytest.raises(UserError, match=f"image_size: {image_size} is not possible"):
            network()


def test_layers_are_the_papers() -> None:
    generator, body = DCGANGenerator(64, 3, 100, 64), DCGANBody(64, 3, 64)
    generator_kinds = [type(layer).__name__ for layer in generator.layers]
    between = ["BatchNorm2d", "ReLU", "ConvTranspose2d"] * 4
    assert generator_kinds == ["FirstDeconvolution", *between, "Tanh"]
    inner = ["Conv2d", "BatchNorm2d", "LeakyReLU"] * 3
    assert [type(layer).__name__ for layer in body.layers] == ["Conv2d", "LeakyReLU", *inner]
    assert {m.negative_slope for m in body.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}


def test_initialisation_is_the_papers() -> None:
    torch.manual_seed(0)
    for network in (DCGANGenerator(64, 3, 100, 64), discriminator(64, 3, 64)):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                assert layer.weight.mean().item() == pytest.approx(0, abs=2e-3)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.5)
                assert not layer.bias.any()


def test_without_normalisation_signals_keep_their_size() -> None:
    """He's initialisation: 0.02 would shrink them to a thousandth, and the slopes that penalties need."""
    torch.manual_seed(0)
    body, generator = DCGANBody(32, 1, 32, norm="none"), DCGANGenerator(32, 1, 64, 32, norm="none")
    features = body(torch.randn(8, 1, 32, 32)).detach()
    assert 0.3 < float(features.square().mean().sqrt()) < 3
    before_tanh = generator.layers[:-1](torch.randn(8, 64, 1, 1)).detach()
    assert 0.3 < float(before_tanh.std()) < 3


@pytest.mark.parametrize("image_size", [16, 28, 48, 64])
@pytest.mark.parametrize("depth", [0, 8, 13])
def test_depth_counts_layers_with_weights(image_size: int, depth: int) -> None:
    generator = DCGANGenerator(image_size, 1, 8, 2, depth=depth)
    judge = discriminator(image_size, 1, 2, depth=depth)
    papers = maps_of(image_size, FIRSTS).doublings + 1
    assert len(layers_with_weights(generator)) == len(layers_with_weights(judge)) == (depth or papers)
    assert judge(generator(torch.randn(2, 8))).shape == (2,)


def test_a_depth_below_one_layer_a_map_is_refused() -> None:
    with pytest.raises(UserError, match=r"model.depth: 3 is not possible at this image size; take 4 or more, or 0"):
        DCGANGenerator(32, 1, 8, 2, depth=3)


def test_constant_width_is_one_width_in_all_layers() -> None:
    constant: Any = [*layers_with_weights(DCGANGenerator(64, 1, 8, 6, constant_width=True))]
    doubled: Any = [*layers_with_weights(DCGANGenerator(64, 1, 8, 6))]
    assert [layer.out_channels for layer in constant] == [6, 6, 6, 6, 1]
    assert [layer.out_channels for layer in doubled] == [48, 24, 12, 6, 1]


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_image(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    generator = DCGANGenerator(16, 1, 8, 4, depth=4, norm=norm, activation_kind=kind)
    judge = discriminator(16, 1, 4, depth=4, norm=norm, activation_kind=kind)
    logits = judge(generator(torch.randn(4, 8)))
    logits.square().sum().backward()
    for network in (generator, judge):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_batch_norm_by_class_has_a_scale_for_each_class() -> None:
    generator: Any = DCGANGenerator(16, 1, 8, 4, num_classes=5)
    norms = [layer for layer in generator.layers if isinstance(layer, ClassBatchNorm)]
    assert [tuple(norm.scale.shape) for norm in norms] == [(5, 8), (5, 4)]
    assert all(norm.scale.std() > 0 for norm in norms)  # N(1, 0.02), as without classes
    latents = torch.randn(1, 8).repeat(5, 1)
    images = generator.eval()(latents, torch.eye(5))
    assert len({tuple(image.flatten().tolist()) for image in images.detach()}) == 5
