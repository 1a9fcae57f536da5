"""ESRGAN's generator: its size as published, and what its residual scaling gives."""

import pytest
import torch
from torch import nn
from torch.nn.functional import conv2d, leaky_relu
from torch.nn.modules.batchnorm import _BatchNorm

from gan_cli.networks.rrdb import RRDB, DenseBlock, RRDBNet
from tests.networks.counting import count


@pytest.mark.parametrize(("blocks", "parameters"), [(23, 16_697_987), (6, 4_467_779)])
def test_it_is_as_large_as_the_authors(blocks: int, parameters: int) -> None:
    with torch.device("meta"):
        network = RRDBNet(num_blocks=blocks)
    assert count(network) == parameters
    assert not any(isinstance(layer, _BatchNorm) for layer in network.modules())


@pytest.mark.parametrize("scale", [2, 4, 8])
def test_images_of_any_size_are_enlarged(scale: int) -> None:
    network = RRDBNet(scale, 1, 4, 1, 2)  # type: ignore[arg-type]
    assert network(torch.rand(2, 1, 5, 7)).shape == (2, 1, 5 * scale, 7 * scale)


def test_each_layer_of_a_dense_block_sees_all_maps_before_it() -> None:
    torch.manual_seed(0)
    block, inputs = DenseBlock(4, 2), torch.randn(1, 4, 5, 5)
    maps = [inputs]
    for layer in [*block.layers][:4]:
        made = conv2d(torch.cat(maps, 1), layer.weight, layer.bias, padding=1)
        maps.append(leaky_relu(made, 0.2))
    wanted = inputs + 0.2 * block.layers[4](torch.cat(maps, 1))
    assert torch.allclose(block(inputs), wanted)


def test_residuals_are_scaled_in_each_dense_block_and_around_three_of_them() -> None:
    """Of branches that give 1 everywhere: three times 0.2 is added inside, and a fifth of what comes out around."""
    group = RRDB(4, 2)
    for block in group.blocks:
        assert isinstance(block, DenseBlock)
        last = block.layers[-1]
        assert isinstance(last, nn.Conv2d)
        assert last.bias is not None
        nn.init.zeros_(last.weight)
        nn.init.ones_(last.bias)
    inputs = torch.randn(1, 4, 3, 3)
    assert torch.allclose(group(inputs), inputs + 0.2 * (inputs + 0.6), atol=1e-6)
