import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.dcgan import DCGANDiscriminator, DCGANGenerator


def count(network: nn.Module) -> int:
    return sum(parameter.numel() for parameter in network.parameters())


def test_parameter_counts_are_the_papers() -> None:
    assert count(DCGANGenerator(64, 3, 100, 64)) == 3_576_704
    assert count(DCGANDiscriminator(64, 3, 64)) == 2_765_568


@pytest.mark.parametrize("image_size", [16, 32, 64, 128, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_every_size_gives_images_in_range_and_one_logit_each(image_size: int, channels: int) -> None:
    images = DCGANGenerator(image_size, channels, 8, 2)(torch.randn(2, 8))
    assert images.shape == (2, channels, image_size, image_size)
    assert float(images.detach().abs().max()) <= 1
    assert DCGANDiscriminator(image_size, channels, 2)(images).shape == (2,)


@pytest.mark.parametrize("image_size", [8, 48, 512, 0, -32])
def test_other_sizes_are_refused(image_size: int) -> None:
    with pytest.raises(UserError, match=f"image_size: {image_size} is not possible"):
        DCGANGenerator(image_size, 1, 8, 2)


def test_layers_are_the_papers() -> None:
    generator, discriminator = DCGANGenerator(64, 3, 100, 64), DCGANDiscriminator(64, 3, 64)
    generator_kinds = [type(layer).__name__ for layer in generator.layers]
    discriminator_kinds = [type(layer).__name__ for layer in discriminator.layers]
    assert generator_kinds == ["ConvTranspose2d", "BatchNorm2d", "ReLU"] * 4 + ["ConvTranspose2d", "Tanh"]
    inner = ["Conv2d", "BatchNorm2d", "LeakyReLU"] * 3
    assert discriminator_kinds == ["Conv2d", "LeakyReLU", *inner, "Conv2d"]
    assert {m.negative_slope for m in discriminator.modules() if isinstance(m, nn.LeakyReLU)} == {0.2}


def test_initialisation_is_the_papers() -> None:
    torch.manual_seed(0)
    for network in (DCGANGenerator(64, 3, 100, 64), DCGANDiscriminator(64, 3, 64)):
        for layer in network.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
                assert layer.weight.mean().item() == pytest.approx(0, abs=2e-3)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.1)
            if isinstance(layer, nn.BatchNorm2d):
                assert layer.weight.mean().item() == pytest.approx(1, abs=0.02)
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.5)
                assert not layer.bias.any()
