"""The 101 layers of Gulrajani et al. 2017, against what their gan_64x64.py computes."""

from math import sqrt
from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import Activation, Norm
from gan_cli.networks.resnet101 import BottleneckBlock, ResNet101Body, ResNet101Generator
from tests.networks.counting import count, layers_with_weights


def block_parameters(inputs: int, outputs: int, shortcut: int = 0) -> int:
    """1x1, 3x3 and 1x1 convolutions, the last without bias, a scale and a shift; and the shortcut's channels."""
    before, after = inputs // 2, outputs // 2
    path = (inputs + 1) * before + (9 * before + 1) * after + after * outputs
    return path + 2 * outputs + (inputs + 1) * shortcut


def test_parameter_counts_are_those_of_the_authors_code() -> None:
    kept = sum(6 * block_parameters(width, width) for width in (512, 256, 128, 64)) + 5 * block_parameters(32, 32)
    changes = [(512, 256), (256, 128), (128, 64), (64, 32)]
    ups = sum(block_parameters(wide, narrow, 4 * narrow) for wide, narrow in changes)
    downs = sum(block_parameters(narrow, wide, wide) for wide, narrow in changes)
    with torch.device("meta"):
        generator, critic = ResNet101Generator(64, 3, 128, 64), Discriminator(ResNet101Body(64, 3, 64, norm="layer"))
    assert count(generator) == (128 + 1) * 8192 + kept + ups + (32 + 1) * 3 == 9_189_587
    assert count(critic) == (3 + 1) * 32 + kept + downs + 8192 + 1 == 7_618_801


@pytest.mark.parametrize("image_size", [16, 32, 64])
def test_there_are_101_layers(image_size: int) -> None:
    generator, critic = ResNet101Generator(image_size, 1, 8, 2), Discriminator(ResNet101Body(image_size, 1, 2))
    assert len(layers_with_weights(generator)) == len(layers_with_weights(critic)) == 101
    assert critic(generator(torch.randn(2, 8))).shape == (2,)


def test_a_block_by_hand() -> None:
    """Two channels of one pixel, 1 and 3, and one inner channel: 1/2 + 3/2 = 2, times 2 is 4, times 1 and 3: 4 and 12.

    Layer normalisation makes -1 and 1 of them, which count 0.3 beside the shortcut; without it they are taken as is.
    """
    inputs = torch.tensor([1.0, 3.0])[None, :, None, None]
    for norm, path in (("layer", [-1.0, 1.0]), ("none", [4.0, 12.0])):
        block: Any = BottleneckBlock(2, 2, norm, "relu")  # type: ignore[arg-type]
        first, middle, last = (layer for layer in block.path if isinstance(layer, nn.Conv2d))
        with torch.no_grad():
            first.weight.fill_(0.5)
            middle.weight.fill_(2.0)
            last.weight.copy_(torch.tensor([1.0, 3.0])[:, None, None, None])
        assert block(inputs).flatten().tolist() == pytest.approx([1 + 0.3 * path[0], 3 + 0.3 * path[1]], abs=1e-5)


def test_outputs_are_divided_by_five() -> None:
    generator: Any = ResNet101Generator(16, 1, 8, 2)
    critic: Any = Discriminator(ResNet101Body(16, 1, 2))
    latents = torch.randn(2, 8)
    images = generator(latents)
    before = generator.eval().layers[:-2](latents)
    assert torch.allclose(generator(latents), torch.tanh(before / 5))
    features = critic.features(images)
    assert torch.allclose(critic(images), (features @ critic.head.weight[0] + critic.head.bias) / 5)


@pytest.mark.parametrize(("resampling", "pixels"), [("up", 8), ("none", 4), ("down", 2)])
def test_the_map_changes_in_the_middle_of_the_path_and_on_the_shortcut(resampling: Any, pixels: int) -> None:
    torch.manual_seed(0)
    block: Any = BottleneckBlock(64, 32, "none", "relu", resampling)
    assert block(torch.randn(2, 64, 4, 4)).shape == (2, 32, pixels, pixels)
    middle = [layer for layer in block.path if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d)][1]
    connections = {"up": 32 / 4 + 16, "none": 32 + 16, "down": 32 + 16 / 4}[
        resampling
    ]  # an end of stride 2 has a fourth
    assert middle.weight.std().item() == pytest.approx(sqrt(4 / (9 * connections)), rel=0.1)


@pytest.mark.parametrize("kind", ["relu", "leaky_relu", "softplus", "tanh", "gated"])
@pytest.mark.parametrize("norm", ["batch", "layer", "none"])
def test_every_activation_and_norm_reaches_the_image(kind: Activation, norm: Norm) -> None:
    torch.manual_seed(0)
    generator, body = ResNet101Generator(16, 1, 8, 8, norm, kind), ResNet101Body(16, 1, 8, norm, kind)
    body(generator(torch.randn(4, 8))).square().sum().backward()
    for network in (generator, body):
        assert all(parameter.grad is not None and parameter.grad.any() for parameter in network.parameters())


def test_other_sizes_are_refused() -> None:
    for network in (lambda: ResNet101Generator(48, 1, 8, 2), lambda: ResNet101Body(48, 1, 2)):
        with pytest.raises(UserError, match="image_size: 48 is not possible"):
            network()
