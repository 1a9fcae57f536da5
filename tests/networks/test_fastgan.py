"""FastGAN's players: sizes as published, and values worked out in another way."""

from math import sqrt

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, leaky_relu

from gan_cli.errors import UserError
from gan_cli.networks.fastgan import Excitation, FastGANGenerator, MapNoise, ProjectedGANGenerator
from gan_cli.networks.fastgan_discriminator import FastGANDiscriminator, Halving, cut
from tests.networks.counting import count, layers_with_weights


@pytest.mark.parametrize(("size", "parameters"), [(256, 29_127_846), (1024, 29_176_512)])
def test_the_generator_is_as_large_as_the_authors(size: int, parameters: int) -> None:
    with torch.device("meta"):
        assert count(FastGANGenerator(size, 3, 256, 64)) == parameters


@pytest.mark.parametrize(("lite", "parameters"), [(False, 105_684_175), (True, 79_354_307)])
def test_projected_gans_generator_is_as_large_as_the_authors(lite: bool, parameters: int) -> None:
    with torch.device("meta"):
        assert count(ProjectedGANGenerator(256, 3, 256, 128, lite)) == parameters


@pytest.mark.parametrize(("size", "small"), [(64, 32), (128, 64), (256, 128), (512, 128), (1024, 128)])
def test_images_of_each_size_come_with_a_small_one(size: int, small: int) -> None:
    network = FastGANGenerator(size, 3, 4, 1)
    images, small_images = network(torch.randn(2, 4))
    assert images.shape == (2, 3, size, size)
    assert small_images.shape == (2, 3, small, small)
    excited = {64: 4, 128: 8, 256: 16, 512: 32}  # from which map, as in the authors' code
    assert {int(side) for side in network.trunk.excitations} == {side for side in excited if side <= size}


def test_only_the_largest_images_end_in_tanh() -> None:
    latents = torch.randn(2, 4)
    for size, bounded in ((64, False), (1024, True)):
        network = FastGANGenerator(size, 1, 4, 1)
        for layer in (network.to_image, network.to_small):
            layer.register_forward_hook(lambda _, inputs, output: output * 1e6)
        for images in network(latents):
            assert (float(images.detach().abs().max()) <= 1) == bounded


def test_an_excitation_scales_channels_by_what_the_small_map_says() -> None:
    torch.manual_seed(0)
    layer = Excitation(3, 5).double()
    small, large = torch.randn(2, 3, 8, 8).double(), torch.randn(2, 5, 16, 16).double()
    first, second = layers_with_weights(layer)
    pooled = avg_pool2d(small, 2).flatten(1)
    hidden = pooled @ first.weight.flatten(1).T
    hidden = hidden / (1 + (-hidden).exp())
    scales = 1 / (1 + (-hidden @ second.weight.flatten(1).T).exp())
    torch.testing.assert_close(layer(small, large), torch.einsum("nc,nchw->nchw", scales, large))


def test_large_maps_are_excited_by_maps_a_sixteenth_of_their_side() -> None:
    network = FastGANGenerator(128, 1, 4, 2)
    seen: list[tuple[int, int]] = []
    for excitation in network.trunk.excitations.values():
        excitation.register_forward_hook(
            lambda _, inputs, output: seen.append((inputs[0].shape[2], inputs[1].shape[2]))
        )
    network(torch.randn(2, 4))
    assert seen == [(4, 64), (8, 128)]


def test_noise_is_new_in_training_and_always_the_same_afterwards() -> None:
    layer, maps = MapNoise(4), torch.randn(3, 2, 4, 4)
    assert torch.equal(layer(maps), maps)  # its strength starts from 0
    nn.init.constant_(layer.strength, 2.0)
    added = layer(maps) - maps
    assert not torch.allclose(added[0], added[1])
    torch.testing.assert_close(added[:, 0], added[:, 1])
    layer.eval()
    torch.testing.assert_close(layer(maps) - maps, (2 * layer.fixed).expand(3, 2, 4, 4))


def test_the_largest_singular_value_of_every_layer_is_one() -> None:
    torch.manual_seed(0)
    network = FastGANGenerator(64, 1, 4, 1)
    layers = layers_with_weights(network)
    assert len(layers) == 1 + 6 + 2 + 2  # the first map, four doublings, one excitation, two images
    for _ in range(30):  # each pass is a step of the power iteration
        network(torch.randn(2, 4))
    for layer in layers:
        weight = layer.weight.transpose(0, 1) if isinstance(layer, nn.ConvTranspose2d) else layer.weight
        assert float(torch.linalg.matrix_norm(weight.detach().flatten(1), 2)) == pytest.approx(1, abs=0.05)


def test_projected_gan_does_not_see_how_long_latents_are() -> None:
    torch.manual_seed(0)
    network = ProjectedGANGenerator(64, 1, 4, 1).eval()
    latents = torch.randn(3, 4)
    torch.testing.assert_close(network(latents), network(5 * latents), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("size", [32, 96, 2048])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(UserError, match=rf"image_size: {size} is not possible here; take 64, .* or 1024"):
        FastGANGenerator(size, 3, 4, 1)


@pytest.mark.parametrize(("size", "parameters"), [(256, 11_526_160), (1024, 11_528_192)])
def test_the_discriminator_is_as_large_as_the_authors(size: int, parameters: int) -> None:
    with torch.device("meta"):
        network = FastGANDiscriminator(size, 3, 64)
        undecoded = FastGANDiscriminator(size, 3, 64, decodes=False)
    assert count(network) == parameters
    assert count(network) - count(undecoded) == 3_139_488


@pytest.mark.parametrize(("size", "small"), [(64, 32), (256, 128), (1024, 128)])
def test_an_image_has_fifty_logits_and_three_pictures_of_the_small_size(size: int, small: int) -> None:
    network = FastGANDiscriminator(size, 3, 1)
    images = torch.rand(2, 3, size, size)
    logits, decoded = network(images, quarter=3)
    assert logits.shape == (2, 50)
    assert {made.shape for made in decoded} == {(2, 3, small, small)}
    excited = {32: 256, 16: 128, 8: 64}  # by which map, as in the authors' code
    assert {int(side) for side in network.excitations} == {side for side in excited if excited[side] <= size}


def test_a_real_image_is_reduced_by_nearest_neighbours() -> None:
    torch.manual_seed(0)
    network = FastGANDiscriminator(64, 1, 1).eval()
    images = torch.randn(2, 1, 64, 64)
    assert torch.equal(network(images), network(images, images[:, :, ::2, ::2]))
    assert not torch.equal(network(images), network(images, images[:, :, 1::2, 1::2]))


def test_quarters_are_numbered_row_by_row() -> None:
    image = torch.arange(16.0).view(1, 1, 4, 4)
    assert [cut(image, quarter)[0, 0, 0, 0].item() for quarter in range(4)] == [0, 2, 8, 10]
    assert cut(image, 1)[0, 0].tolist() == [[2, 3], [6, 7]]


def test_halving_is_the_mean_of_two_ways() -> None:
    torch.manual_seed(0)
    layer = Halving(2, 3).eval()
    maps = torch.randn(2, 2, 8, 8)
    down, second, beside = layers_with_weights(layer)
    bare = 1 / sqrt(1 + 1e-5)  # batch normalisation with the statistics that it starts from

    def activated(made: Tensor) -> Tensor:
        return leaky_relu(made * bare, 0.2)

    main = activated(conv2d(activated(conv2d(maps, down.weight, stride=2, padding=1)), second.weight, padding=1))
    shortcut = activated(conv2d(avg_pool2d(maps, 2), beside.weight))
    torch.testing.assert_close(layer(maps), (main + shortcut) / 2)
