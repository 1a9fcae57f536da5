from math import sqrt
from typing import Any

import pytest
import torch
from torch import nn

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator
from gan_cli.networks.r3gan import R3GANBlock, R3GANBody, R3GANGenerator, Resample, stage_widths


@pytest.mark.parametrize("image_size", [16, 32, 64, 128])
def test_every_size_gives_images_and_one_logit_each(image_size: int) -> None:
    images = R3GANGenerator(image_size, 3, 8, 1, depth=1)(torch.randn(2, 8))
    assert images.shape == (2, 3, image_size, image_size)
    assert Discriminator(R3GANBody(image_size, 3, 1, depth=1))(images).shape == (2,)


def test_widths_are_the_authors() -> None:
    assert stage_widths(32, 96) == [768, 768, 768, 768]  # CIFAR-10
    assert stage_widths(64, 96) == [768, 768, 768, 768, 384]  # FFHQ at 64 pixels
    assert stage_widths(256, 96) == [768, 768, 768, 768, 384, 192, 96]
    with pytest.raises(UserError, match="image_size: 48 is not possible"):
        stage_widths(48, 96)


@pytest.mark.parametrize("depth", [0, 1, 3])
def test_depth_counts_the_blocks_of_each_stage(depth: int) -> None:
    for network in (R3GANGenerator(16, 1, 8, 2, depth), R3GANBody(16, 1, 2, depth)):
        assert sum(isinstance(module, R3GANBlock) for module in network.modules()) == 3 * (depth or 2)


def test_a_fresh_block_is_the_identity_and_wakes_at_the_first_step() -> None:
    block = R3GANBlock(16, blocks=8)
    maps = torch.randn(2, 16, 8, 8)
    assert torch.equal(block(maps), maps)
    optimizer = torch.optim.SGD(block.parameters(), lr=0.1)
    for _ in range(2):
        optimizer.zero_grad()
        block(maps).square().sum().backward()
        optimizer.step()
    assert all(parameter.grad is not None and parameter.grad.any() for parameter in block.parameters())
    assert not torch.equal(block(maps), maps)


def test_nothing_is_normalised() -> None:
    for network in (R3GANGenerator(32, 3, 8, 2), Discriminator(R3GANBody(32, 3, 2))):
        kinds = {type(module).__name__ for module in network.modules()}
        assert not [kind for kind in kinds if "Norm" in kind]


def test_groups_have_16_channels_and_blocks_widen_twofold() -> None:
    block = R3GANBlock(768, blocks=8)
    assert block.grouped.weight.shape == (1536, 16, 3, 3)
    assert block.grouped.groups == 96
    assert block.widen.weight.shape == (1536, 768, 1, 1)
    assert R3GANBlock(4, blocks=8).grouped.groups == 1  # a narrow one has a single group


def test_initialisation_shrinks_with_the_number_of_blocks() -> None:
    """Fixup with m = 3 layers a block: blocks^(-1 / (2 m - 2))."""
    torch.manual_seed(0)
    gain = sqrt(2 / 1.04)
    for blocks in (1, 16):
        block = R3GANBlock(128, blocks)
        for layer in (block.widen, block.grouped):
            expected = gain * blocks**-0.25 / sqrt(layer.weight[0].numel())
            assert layer.weight.std().item() == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize(("inputs", "outputs"), [(3, 3), (3, 5), (5, 3)])
def test_resampling_keeps_a_plain_map_plain_inside(inputs: int, outputs: int) -> None:
    torch.manual_seed(0)
    plain = torch.ones(1, inputs, 8, 8)
    for direction, side in (("up", 16), ("down", 4)):
        resample: Any = Resample(direction, inputs, outputs)  # type: ignore[arg-type]
        with torch.no_grad():
            made = resample(plain)
            level = resample.channels(plain)[0, :, 0, 0]
        assert made.shape == (1, outputs, side, side)
        inside = made[:, :, 1:-1, 1:-1]
        assert torch.allclose(inside, level[None, :, None, None].expand_as(inside), atol=1e-6)


def test_doubling_is_the_transpose_of_halving() -> None:
    torch.manual_seed(0)
    large, small = torch.randn(2, 3, 8, 8), torch.randn(2, 3, 4, 4)
    down, up = Resample("down", 3, 3)(large), Resample("up", 3, 3)(small)
    assert float((down * small).sum() * 4) == pytest.approx(float((large * up).sum()), rel=1e-4)
    assert not [*nn.ModuleList([Resample("up", 3, 3)]).state_dict()]  # the kernel is no part of a checkpoint
