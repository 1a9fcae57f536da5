"""StyleGAN's players: sizes as published, and values worked out in another way."""

from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu

from gan_cli.networks.equalised import EqualisedLinear
from gan_cli.networks.resampling import Blur
from gan_cli.networks.stages import Stage
from gan_cli.networks.stylegan import Epilogue, FirstMapping, StyleGANDiscriminator, StyleGANGenerator


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("size", "generator", "discriminator"), [(64, 25_137_935, 22_498_049), (1024, 26_219_627, 23_087_249)]
)
def test_the_players_are_as_large_as_the_authors(size: int, generator: int, discriminator: int) -> None:
    with torch.device("meta"):
        made = StyleGANGenerator(size, 3, 512, 512, 8, 16_384, 512)
        assert (count(made.mapping), count(made)) == (2_101_248, generator)
        assert count(StyleGANDiscriminator(size, 3, 16_384, 512)) == discriminator
    assert made.num_styles == 2 * size.bit_length() - 4


def test_a_mapping_gives_latents_and_their_class_one_length_together() -> None:
    mapping = FirstMapping(6, 5, 1, num_classes=3)
    layer = mapping.layers[0]
    assert isinstance(layer, EqualisedLinear)
    assert layer.bias is not None
    assert layer.weight.std().item() == pytest.approx(100, rel=0.3)
    nn.init.normal_(layer.bias, std=100)
    latents, labels = torch.randn(4, 6), torch.tensor([0, 2, 1, 0])
    assert mapping.embedding is not None
    rows = torch.cat([latents, mapping.embedding[labels]], dim=1)
    rows = rows / (rows.square().mean(1, keepdim=True) + 1e-8).sqrt()
    styles = leaky_relu(rows @ (0.01 * sqrt(2 / 12) * layer.weight).T + 0.01 * layer.bias, 0.2)
    assert torch.allclose(mapping(latents, labels), styles, atol=1e-4)


def test_a_style_sets_the_moments_of_each_channel() -> None:
    epilogue = Epilogue(3, 5, 8, noise=True)
    nn.init.normal_(epilogue.bias)
    assert epilogue.strengths is not None
    assert epilogue.style.bias is not None
    nn.init.normal_(epilogue.style.bias)
    nn.init.ones_(epilogue.strengths)
    maps, styles = torch.randn(2, 3, 8, 8), torch.randn(2, 5)
    finished: Tensor = epilogue(maps, styles, "const")
    scales, shifts = (styles @ epilogue.style.weight.T / sqrt(5) + epilogue.style.bias).chunk(2, dim=1)
    active = leaky_relu(maps + epilogue.constant + epilogue.bias[:, None, None], 0.2)
    variance, mean = torch.var_mean(active, dim=(2, 3), correction=0, keepdim=True)
    expected = (active - mean) / variance.sqrt() * (1 + scales[:, :, None, None]) + shifts[:, :, None, None]
    assert torch.allclose(finished, expected, atol=1e-4)
    assert not torch.equal(epilogue(maps, styles, "random"), epilogue(maps, styles, "random"))
    assert torch.allclose(
        epilogue(maps - epilogue.constant, styles, "const"), epilogue(maps, styles, "none"), atol=1e-5
    )


def test_noise_is_new_in_training_alone() -> None:
    torch.manual_seed(0)
    generator = StyleGANGenerator(8, 1, 4, 4, 1, 32, 8)
    for name, weights in generator.named_parameters():
        if name.endswith("strengths"):
            nn.init.ones_(weights)
    latents = torch.randn(2, 4)
    assert not torch.equal(generator(latents), generator(latents))
    generator.eval()
    assert torch.equal(generator(latents), generator(latents, noise="const"))
    assert not torch.equal(generator(latents), generator(latents, noise="none"))


def test_layers_that_are_not_passed_yet_have_no_say() -> None:
    generator = StyleGANGenerator(16, 1, 4, 4, 1, 32, 8).eval()
    styles = torch.randn(2, 6, 4)
    small = generator(styles, stage=Stage(8))
    assert small.shape == (2, 1, 8, 8)
    styles[:, 4:] = 0
    assert torch.equal(generator(styles, stage=Stage(8)), small)
    styles[:, 3] = 0
    assert not torch.equal(generator(styles, stage=Stage(8)), small)


def test_a_class_picks_its_logit() -> None:
    discriminator = StyleGANDiscriminator(8, 1, 32, 8, num_classes=3)
    images = torch.randn(4, 1, 8, 8)
    every = torch.stack([discriminator(images, torch.full((4,), label)) for label in range(3)], dim=1)
    labels = torch.tensor([2, 0, 1, 1])
    assert torch.equal(discriminator(images, labels), every[torch.arange(4), labels])
    shares = torch.tensor([[0.5, 0.5, 0]]).expand(4, -1)
    assert torch.allclose(discriminator(images, shares), every[:, :2].mean(dim=1), atol=1e-6)


def test_a_blur_is_a_mean_of_neighbours() -> None:
    maps = torch.randn(2, 3, 5, 5)
    kernel = torch.tensor([[1.0, 2, 1], [2, 4, 2], [1, 2, 1]]) / 16
    each = [conv2d(maps[:, [channel]], kernel[None, None], padding=1) for channel in range(3)]
    assert torch.allclose(Blur()(maps), torch.cat(each, dim=1), atol=1e-6)
