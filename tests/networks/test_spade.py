"""The networks of SPADE, against the published counts and what their layers are to do."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, conv2d, interpolate

from gan_cli.networks.multi_scale import MultiScaleDiscriminator
from gan_cli.networks.spade import SPADE, SemanticPlanes, SPADEEncoder, SPADEGenerator
from tests.networks.counting import count


@pytest.mark.parametrize(
    ("network", "parameters"),
    [
        (lambda: SPADEGenerator(256, 184), 97_480_899),
        (lambda: SPADEGenerator(256, 13), 92_359_107),
        (lambda: SPADEGenerator(64, 12, base_channels=16, hidden_channels=32), 5_844_531),
        (lambda: MultiScaleDiscriminator(187), 5_904_514),
        (lambda: MultiScaleDiscriminator(16), 5_554_306),
        (lambda: SPADEEncoder(256), 10_463_424),
    ],
)
def test_parameters_are_as_many_as_the_authors(network: Callable[[], nn.Module], parameters: int) -> None:
    with torch.device("meta"):
        assert count(network()) == parameters


def test_planes_are_one_for_each_class_and_one_for_edges() -> None:
    labels = torch.tensor([[[[0, 2], [1, 2]]]])
    planes = SemanticPlanes(3)(labels, torch.ones(1, 1, 2, 2))
    assert planes[0].tolist() == [[[1, 0], [0, 0]], [[0, 0], [1, 0]], [[0, 1], [0, 1]], [[1, 1], [1, 1]]]
    assert SemanticPlanes(3)(labels).shape == (1, 3, 2, 2)


def test_scale_and_shift_are_those_of_the_place() -> None:
    """Worked out by hand: a class of its own in each half, and layers that look at their own place only."""
    layer = SPADE(1, num_planes=2, hidden_channels=2, norm="instance")
    first = layer.hidden[0]
    assert isinstance(first, nn.Conv2d)
    with torch.no_grad():
        for weights in layer.parameters():
            weights.zero_()
        first.weight[0, 0, 1, 1] = first.weight[1, 1, 1, 1] = 1
        layer.scale.weight[0, :, 1, 1] = torch.tensor([1.0, 3.0])
        layer.shift.weight[0, :, 1, 1] = torch.tensor([10.0, -10.0])
    planes = torch.zeros(1, 2, 2, 4)
    planes[:, 0, :, :2] = planes[:, 1, :, 2:] = 1
    maps = torch.tensor([[[[0.0, 2, 0, 2], [2, 0, 2, 0]]]])  # of mean 1 and deviation 1
    normalised = maps - 1
    wanted = torch.where(planes[:, :1] > 0, normalised * 2 + 10, normalised * 4 - 10)
    torch.testing.assert_close(layer(maps, planes), wanted, rtol=1e-4, atol=1e-4)


def test_a_new_layer_is_hardly_more_than_a_normalisation() -> None:
    generator = SPADEGenerator(32, 4, base_channels=2, hidden_channels=16, num_doublings=4)
    layer = next(module for module in generator.modules() if isinstance(module, SPADE))
    planes = torch.rand(2, 4, 8, 8)
    assert 0 < layer.scale(layer.hidden(planes)).abs().max().item() < 1e-2


@pytest.mark.parametrize(("doublings", "blocks"), [(4, 7), (5, 7), (6, 7), (7, 8)])
def test_the_first_map_is_doubled_as_often_as_is_said(doublings: int, blocks: int) -> None:
    generator = SPADEGenerator(128, 3, 1, base_channels=2, hidden_channels=2, num_doublings=doublings)
    assert len(generator.blocks) == blocks
    sides: list[int] = []
    generator.blocks[0].register_forward_hook(lambda _, inputs, made: sides.append(made.shape[-1]))
    assert generator(torch.rand(2, 3, 128, 128)).shape == (2, 1, 128, 128)
    assert sides == [128 // 2**doublings]


def test_maps_of_any_multiple_are_taken_with_and_without_a_style() -> None:
    for latent_dim in (0, 5):
        generator = SPADEGenerator(32, 3, 3, 2, 2, latent_dim, num_doublings=4)
        latents = torch.randn(2, 5) if latent_dim else None
        assert generator(torch.rand(2, 3, 48, 80), latents).shape == (2, 3, 48, 80)


def test_only_the_blocks_convolutions_are_divided_by_their_spectrum() -> None:
    generator = SPADEGenerator(32, 3, base_channels=2, hidden_channels=2, num_doublings=4)
    divided = {
        name.rpartition(".parametrizations")[0] for name, _ in generator.named_parameters() if "original" in name
    }
    assert len(divided) == 7 * 2 + 4
    assert all("convolutions" in name or name.endswith("shortcut") for name in divided)
    discriminator = MultiScaleDiscriminator(4, 2)
    divided = {name for name, _ in discriminator.named_parameters() if "original" in name}
    assert len(divided) == 2 * 3


@pytest.mark.parametrize("size", [32, 64, 100, 256])
def test_the_encoder_takes_images_below_256_pixels(size: int) -> None:
    encoder = SPADEEncoder(size, base_channels=2, latent_dim=5)
    mean, log_variance = encoder(torch.rand(2, 3, 40, 48))
    assert mean.shape == log_variance.shape == (2, 5)


def test_a_second_scale_sees_the_mean_of_neighbours_that_there_are() -> None:
    seen: list[Tensor] = []
    discriminator = MultiScaleDiscriminator(2, 2, num_scales=2)
    discriminator.scales[1].register_forward_hook(lambda _, inputs, made: seen.append(inputs[0]))
    images = torch.rand(1, 2, 8, 8)
    scales = discriminator(images)
    ones = torch.ones(1, 1, 8, 8)
    kernel = torch.ones(1, 1, 3, 3)
    wanted = conv2d(images[:, :1], kernel, stride=2, padding=1) / conv2d(ones, kernel, stride=2, padding=1)
    torch.testing.assert_close(seen[0][:, :1], wanted)
    assert [len(layers) for layers in scales] == [5, 5]
    assert not torch.equal(seen[0], avg_pool2d(images, 2))
    assert not torch.equal(seen[0], interpolate(images, scale_factor=0.5))
