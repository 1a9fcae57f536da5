"""StyleGAN2's players: sizes as published, and values worked out in another way."""

from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, pad

from gan_cli.errors import UserError
from gan_cli.networks.equalised import EqualisedLinear, scaled_leaky_relu
from gan_cli.networks.mapping import Mapping
from gan_cli.networks.minibatch_deviation import MinibatchDeviation
from gan_cli.networks.resampling import Binomial
from gan_cli.networks.stylegan2 import (
    StyledConvolution,
    StyleGAN2Discriminator,
    StyleGAN2Generator,
    Trunk,
)


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("size", "base", "depth", "trunk", "classes", "generator", "discriminator"),
    [
        (32, 16_384, 2, "orig", 0, 19_947_539, 20_720_641),
        (32, 16_384, 2, "orig", 10, 20_215_315, 23_089_664),
        (64, 16_384, 2, "resnet", 0, 22_243_608, 23_407_361),
        (256, 16_384, 2, "resnet", 0, 23_191_522, 24_001_089),
        (1024, 32_768, 8, "resnet", 0, 30_370_060, 29_012_513),
    ],
    ids=["cifar", "cifar by class", "auto 64", "auto 256", "1024"],
)
def test_the_players_are_as_large_as_the_authors(
    size: int, base: int, depth: int, trunk: Trunk, classes: int, generator: int, discriminator: int
) -> None:
    with torch.device("meta"):
        assert count(StyleGAN2Generator(size, 3, 512, 512, depth, base, 512, classes)) == generator
        assert count(StyleGAN2Discriminator(size, 3, base, 512, trunk, 4, classes)) == discriminator


@pytest.mark.parametrize("doubles", [False, True])
def test_a_styled_convolution_is_a_convolution_with_weights_of_each_image(doubles: bool) -> None:
    torch.manual_seed(0)
    layer = StyledConvolution(3, 5, 4, 12 if doubles else 6, doubles).double()
    assert layer.strength is not None
    nn.init.normal_(layer.strength)
    nn.init.normal_(layer.bias)
    maps, styles = torch.randn(2, 3, 6, 6).double(), torch.randn(2, 4).double()
    made = layer(maps, styles, "const")
    for image, style, one in zip(maps, styles, made, strict=True):
        scales = layer.style.weight @ style / sqrt(4) + layer.style.bias
        weights = layer.weight * scales[:, None, None]
        weights = weights / (weights.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        expected = stuffed_and_blurred(image, weights) if doubles else conv2d(image, weights, padding=1)
        expected = expected + layer.constant * layer.strength + layer.bias[:, None, None]
        assert torch.allclose(one, leaky_relu(expected, 0.2) * sqrt(2), atol=1e-10)


def stuffed_and_blurred(image: Tensor, weights: Tensor) -> Tensor:
    """Zeros between the pixels, the convolution, and the kernel [1, 3, 3, 1] with gain 4."""
    stuffed = image.new_zeros(image.shape[0], 11, 11)
    stuffed[:, ::2, ::2] = image
    made = conv2d(pad(stuffed, [2] * 4), weights.flip(2, 3))
    taps = image.new_tensor([1, 3, 3, 1]) / 8
    kernel = 4 * torch.outer(taps, taps).expand(len(made), 1, 4, 4)
    return conv2d(pad(made, [1] * 4), kernel, groups=len(made))


def test_resampling_keeps_what_is_flat() -> None:
    maps = torch.ones(1, 2, 8, 8)
    binomial = Binomial()
    assert torch.allclose(binomial.doubled(maps)[..., 1:-1, 1:-1], torch.ones(14, 14))
    assert torch.allclose(binomial.halved(maps)[..., 1:-1, 1:-1], torch.ones(2, 2))


def test_styles_do_not_depend_on_the_length_of_latents() -> None:
    mapping = Mapping(6, 4, 2)
    latents = torch.randn(3, 6)
    assert torch.allclose(mapping(latents), mapping(latents * 10), atol=1e-6)
    assert not torch.allclose(mapping(latents), mapping(-latents), atol=1e-3)


def test_equalised_layers_begin_as_usual_ones_whatever_their_rate() -> None:
    torch.manual_seed(0)
    for rate in (1.0, 0.01):
        outputs = EqualisedLinear(256, 512, rate=rate, start=1.0)(torch.randn(64, 256)).detach()
        assert float(outputs.mean()) == pytest.approx(1.0, abs=0.05)
        assert float(outputs.std()) == pytest.approx(1.0, abs=0.05)


def test_activations_stay_in_the_range_of_float16() -> None:
    for kind, largest in ((torch.float16, 256), (torch.bfloat16, 30_000), (torch.float32, 30_000)):
        made = scaled_leaky_relu(torch.tensor([30_000.0, -30_000.0, 1.0], dtype=kind)).float()
        assert made[0] >= largest
        assert made[2] == pytest.approx(sqrt(2), rel=0.01)
        assert (float(made[0]) == -float(made[1]) == 256) == (kind == torch.float16)


def test_the_deviation_is_that_of_neighbours() -> None:
    maps = torch.tensor([1.0, 3.0, 10.0, 10.0]).view(4, 1, 1, 1).expand(4, 2, 3, 3)
    added = MinibatchDeviation(2)(maps)[:, 2]
    expected = torch.tensor([1.0, 1.0, 1e-4, 1e-4]).view(4, 1, 1).expand(4, 3, 3)
    assert torch.allclose(added, expected, rtol=1e-5)
    with pytest.raises(UserError, match=r"data\.batch_size: 4 things at a time cannot be compared in groups of 3"):
        MinibatchDeviation(3)(maps)


def test_a_class_picks_the_logit() -> None:
    torch.manual_seed(0)
    network = StyleGAN2Discriminator(8, 1, 32, 4, num_classes=3, deviation_group=2)
    images = torch.randn(4, 1, 8, 8)
    logits = torch.stack([network(images, torch.full((4,), label)) for label in range(3)])
    assert logits.shape == (3, 4)
    assert not torch.allclose(logits[0], logits[1])
    shares = torch.eye(3)[torch.tensor([0, 1, 2, 0])]
    assert torch.allclose(network(images, shares), network(images, torch.tensor([0, 1, 2, 0])))


@pytest.mark.parametrize("size", [4, 48, 2048])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(UserError, match=f"image_size: {size} is not possible here"):
        StyleGAN2Generator(size, 3, 4, 4, 1, 32, 4)
