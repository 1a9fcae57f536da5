"""The growing networks: sizes as published, and what a fade gives, worked out in another way."""

from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate, leaky_relu

from gan_cli.networks.progressive_gan import (
    DoublingConv2d,
    HalvingConv2d,
    ProgressiveDiscriminator,
    ProgressiveGenerator,
    ToColours,
)
from gan_cli.networks.stages import Stage, as_shown


def count(network: nn.Module) -> int:
    return sum(weight.numel() for weight in network.parameters())


@pytest.mark.parametrize(
    ("size", "generator", "discriminator"),
    [(32, 20_719_628, 20_726_785), (64, 22_490_383, 22_498_049), (1024, 23_079_115, 23_087_249)],
)
def test_the_players_are_as_large_as_the_authors(size: int, generator: int, discriminator: int) -> None:
    with torch.device("meta"):
        assert count(ProgressiveGenerator(size, 3, 512, 16_384, 512)) == generator
        assert count(ProgressiveDiscriminator(size, 3, 16_384, 512)) == discriminator


def players() -> tuple[ProgressiveGenerator, ProgressiveDiscriminator]:
    torch.manual_seed(0)
    made = ProgressiveGenerator(16, 3, 8, 64, 8, num_classes=2), ProgressiveDiscriminator(16, 3, 64, 8, outputs=3)
    for network in made:
        for name, weights in network.named_parameters():
            if name.endswith("bias"):
                nn.init.normal_(weights)
    return made


def told(count: int = 4) -> tuple[Tensor, Tensor]:
    return torch.randn(count, 8), torch.arange(count) % 2


def test_a_convolution_with_a_change_of_size_is_the_two_after_each_other() -> None:
    maps = torch.randn(2, 3, 6, 6)
    doubling, halving = DoublingConv2d(3, 5, 3), HalvingConv2d(3, 5, 3)
    kernel = doubling.weight.flip(2, 3) / sqrt(27)
    assert torch.allclose(doubling(maps), conv2d(interpolate(maps, scale_factor=2), kernel, padding=1), atol=1e-5)
    assert torch.allclose(halving(maps), avg_pool2d(conv2d(maps, halving.weight / sqrt(27), padding=1), 2), atol=1e-5)


def test_the_first_block_is_what_the_paper_says() -> None:
    generator, _ = players()
    latents, labels = told()
    rows = torch.cat([latents, nn.functional.one_hot(labels, 2)], dim=1)
    rows = rows / (rows.square().mean(1, keepdim=True) + 1e-8).sqrt()
    first = generator.first
    maps = (rows @ first.linear.weight.T * sqrt(2) / 4 / sqrt(10)).reshape(4, 8, 4, 4) + first.bias[:, None, None]
    for convolution in (None, first.convolution):
        if convolution is not None:
            maps = conv2d(maps, convolution.weight * sqrt(2 / 72), convolution.bias, padding=1)
        maps = leaky_relu(maps, 0.2)
        maps = maps / (maps.square().mean(1, keepdim=True) + 1e-8).sqrt()
    colours = generator.to_colours[0]
    assert isinstance(colours, ToColours)
    images = conv2d(maps, colours.weight / sqrt(8), colours.bias)
    assert torch.allclose(generator(latents, labels, Stage(4)), images, atol=1e-5)


@pytest.mark.parametrize("share", [0.25, 1.0])
def test_a_generator_fades_from_the_images_that_it_made(share: float) -> None:
    generator, _ = players()
    latents, labels = told()
    older = interpolate(generator(latents, labels, Stage(4)), scale_factor=2)
    newer = generator(latents, labels, Stage(8))
    faded = generator(latents, labels, Stage(8, share))
    assert torch.allclose(faded, (1 - share) * older + share * newer, atol=1e-6)
    assert generator(latents, labels).shape == (4, 3, 16, 16)


def test_a_discriminator_fades_from_what_it_made_of_smaller_images() -> None:
    _, discriminator = players()
    images = torch.randn(4, 3, 8, 8)

    newer = discriminator.blocks[0](discriminator.from_colours[1](images))
    older = discriminator.from_colours[0](avg_pool2d(images, 2))
    maps = discriminator.deviation(0.25 * newer + 0.75 * older)
    features = leaky_relu(discriminator.hidden(leaky_relu(discriminator.convolution(maps), 0.2).flatten(1)), 0.2)
    assert torch.allclose(discriminator(images, Stage(8, 0.25)), discriminator.head(features), atol=1e-5)
    assert discriminator(torch.randn(4, 3, 16, 16)).shape == (4, 3)


def test_real_images_have_as_much_detail_as_made_ones() -> None:
    images = torch.randn(2, 3, 16, 16)
    small = avg_pool2d(images, 2)
    assert torch.allclose(as_shown(images, Stage(8)), small)
    blurred = interpolate(avg_pool2d(images, 4), scale_factor=2)
    assert torch.allclose(as_shown(images, Stage(8, 0.25)), 0.25 * small + 0.75 * blurred, atol=1e-6)
    assert as_shown(images, Stage(16)) is images
