from typing import cast

import pytest
import torch
from torch import nn

from gan_cli.networks.layers import ImageNorm
from gan_cli.networks.unet import Noise, UNet
from tests.networks.counting import count


def tiny(size: int = 64, **arguments: object) -> UNet:
    torch.manual_seed(0)
    return UNet(size, base_channels=2, **{"source_channels": 1, **arguments})  # type: ignore[arg-type]


def test_the_papers_network_has_the_papers_size() -> None:
    with torch.device("meta"):
        network = UNet()
    assert count(network) == 54_413_955


@pytest.mark.parametrize("upsampling", ["deconvolution", "resize"])
@pytest.mark.parametrize("size", [64, 128, 256])
def test_one_image_alone_passes_the_one_pixel_bottleneck(size: int, upsampling: str) -> None:
    image = tiny(size, upsampling=upsampling)(torch.randn(1, 1, size, size))
    assert image.shape == (1, 3, size, size)
    assert image.abs().max() <= 1
    assert image.std() > 0


def test_noise_is_in_the_three_innermost_blocks_of_the_decoder() -> None:
    with torch.device("meta"):
        network = UNet()
    noisy = [any(isinstance(layer, Noise) for layer in block.children()) for block in network.decoder]
    assert noisy == [True, True, True, False, False, False, False]


def test_the_first_and_the_innermost_layer_of_the_encoder_are_not_normalised() -> None:
    network = tiny(256)
    normalised = [any(isinstance(layer, ImageNorm) for layer in block.children()) for block in network.encoder]
    assert normalised == [False, *[True] * 6, False]


def test_the_skips_carry_what_the_bottleneck_cannot() -> None:
    """A pixel of the source reaches the output beside it, whatever the inner layers make of it."""
    network = tiny()
    for block in network.decoder[:-1]:
        for layer in block.children():
            if isinstance(layer, ImageNorm):
                nn.init.zeros_(cast(nn.Parameter, layer.weight))
    source = torch.randn(1, 1, 64, 64)
    changed = source.clone()
    changed[..., 10, 10] += 1
    with Noise.switched(network, False):
        assert not torch.equal(network(source)[..., 8:12, 8:12], network(changed)[..., 8:12, 8:12])


def test_noise_stays_on_after_training_and_can_be_switched_off() -> None:
    network = tiny().eval()
    source = torch.randn(1, 1, 64, 64)
    assert not torch.equal(network(source), network(source))
    with Noise.switched(network, False):
        assert torch.equal(network(source), network(source))
    assert not torch.equal(network(source), network(source))


def test_without_normalisation_no_layer_takes_statistics() -> None:
    assert not any(isinstance(layer, ImageNorm) for layer in tiny(norm="none").modules())
    assert any(isinstance(layer, ImageNorm) for layer in tiny().modules())
