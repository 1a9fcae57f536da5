"""The networks of Odena et al. 2017, tables 1 and 2."""

from itertools import pairwise

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.acgan import ACGANBody, ACGANGenerator
from gan_cli.networks.heads import Discriminator
from tests.networks.counting import count, widths


@pytest.mark.parametrize(
    ("image_size", "channels", "maps", "parameters"),
    [(32, 96, [384, 192, 96, 3], 2_993_763), (128, 192, [768, 384, 256, 192, 3], 16_531_139)],
)
def test_the_generators(image_size: int, channels: int, maps: list[int], parameters: int) -> None:
    with torch.device("meta"):
        generator = ACGANGenerator(image_size, 3, 110, channels)
        first, *deconvolutions = widths(generator)
        size = image_size // 2 ** len(deconvolutions)
        assert first == (maps[0] * size**2, 110)
        assert deconvolutions == [*pairwise(maps)]
        assert generator(torch.empty(2, 110)).shape == (2, 3, image_size, image_size)
    assert count(generator) == parameters
    norms = [module.num_features for module in generator.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == maps[1:-1]


@pytest.mark.parametrize(("image_size", "features", "parameters"), [(32, 8192, 1_663_883), (128, 131_072, 3_015_563)])
def test_the_discriminators(image_size: int, features: int, parameters: int) -> None:
    with torch.device("meta"):
        discriminator = Discriminator(ACGANBody(image_size, 3, 16), 11)
        assert discriminator.features(torch.empty(2, 3, image_size, image_size)).shape == (2, features)
    maps = [3, 16, 32, 64, 128, 256, 512]
    assert widths(discriminator) == [*((outputs, inputs) for inputs, outputs in pairwise(maps)), (11, features)]
    assert count(discriminator) == parameters
    strides = [module.stride[0] for module in discriminator.modules() if isinstance(module, nn.Conv2d)]
    assert strides == [2, 1, 2, 1, 2, 1]
    assert [module.p for module in discriminator.modules() if isinstance(module, nn.Dropout)] == [0.5] * 6
    norms = [module.num_features for module in discriminator.modules() if isinstance(module, nn.BatchNorm2d)]
    assert norms == maps[2:]


def test_sizes_that_cannot_be_doubled_to_are_refused() -> None:
    with pytest.raises(UserError, match="image_size: 100 is not possible here; take a multiple of 16"):
        ACGANGenerator(100, 3, 110, 4)
