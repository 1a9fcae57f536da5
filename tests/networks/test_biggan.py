"""The players of SAGAN, BigGAN and BigGAN-deep: sizes as published, and what each part of them is told."""

from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.attention import SelfAttention
from gan_cli.networks.biggan import BigGANGenerator, ConditionedBatchNorm, SharedEmbedding, parts_of
from gan_cli.networks.biggan_deep import BigGANDeepBody, BigGANDeepGenerator, NarrowingBlock, WideningBlock
from gan_cli.networks.sagan import SAGANBody
from gan_cli.variants import SAGAN, BigGAN
from tests.networks.counting import count
from tests.toys import passes_of


@pytest.mark.parametrize(
    ("variant", "arguments", "generator", "discriminator"),
    [
        (SAGAN, {"num_classes": 1000}, 42_078_852, 39_463_618),
        (SAGAN, {"num_classes": 1000, "attention": 0}, 41_996_931, 39_463_618 - 20_481),
        (BigGAN, {"num_classes": 1000}, 70_433_988, 87_982_370),
        (
            BigGAN,
            {"num_classes": 1000, "deep": True, "latent_dim": 128, "base_channels": 128},
            50_244_484,
            34_590_210,
        ),
        (
            BigGAN,
            {
                "image_size": 32,
                "num_classes": 10,
                "latent_dim": 128,
                "base_channels": 64,
                "embedding_dim": 0,
                "attention": 0,
            },
            4_304_387,
            4_207_361,
        ),
        (
            BigGAN,
            {"image_size": 32, "num_classes": 10, "latent_dim": 128, "base_channels": 64, "attention": 0},
            4_373_251,
            4_207_361,
        ),
    ],
    ids=["sagan", "sagan without attention", "biggan", "biggan-deep", "cifar script", "cifar shared and split"],
)
def test_the_players_are_as_large_as_the_authors(
    variant: type[SAGAN | BigGAN], arguments: dict[str, Any], generator: int, discriminator: int
) -> None:
    with torch.device("meta"):
        model = variant(**arguments)
    assert count(model.generator) == generator
    assert count(model.discriminator) == discriminator


@pytest.mark.parametrize("size", [16, 32, 64, 128, 256, 512])
@torch.no_grad()
def test_they_make_and_judge_images_of_every_size(size: int) -> None:
    latents, labels = torch.randn(1, 2 * parts_of(size)), torch.tensor([2])
    for network, judge in ((BigGANGenerator, SAGANBody), (BigGANDeepGenerator, BigGANDeepBody)):
        images = network(size, 3, latents.shape[1], 1, 8, 3, 4)(latents, labels)
        assert images.shape == (1, 3, size, size)
        body = judge(size, 3, 1, 8)
        assert body(images).shape == (1, body.feature_dim)


def test_attention_is_behind_maps_of_its_side_in_both_players() -> None:
    for variant, usual in ((SAGAN, 32), (BigGAN, 64)):
        for size, side in ((128, usual), (32, 16)):
            with torch.device("meta"):
                model = variant(image_size=size, base_channels=8)
                judge = cast(Any, model.discriminator)
                players = model.generator, judge.body
                attending = [part for player in players for part in player.modules() if isinstance(part, SelfAttention)]
                seen = [passes_of(part) for part in attending]
                judge.features(model(torch.zeros(1, model.latent_dim), ema=False))
            assert [[inputs.shape[-1] for inputs, *_ in each] for each in seen] == [[side], [side]]


def table_of(embedding: SharedEmbedding) -> Tensor:
    assert embedding.table is not None
    return embedding.table.weight


def test_each_stage_is_told_the_class_and_a_part_of_the_latents() -> None:
    network = BigGANGenerator(16, 1, 6, 4, 0, num_classes=3, embedding_dim=5)
    seen = [
        [passes_of(part) for part in stage.modules() if isinstance(part, ConditionedBatchNorm)]
        for stage in network.network.stages
    ]
    first = passes_of(network.network.first)
    latents, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 1])
    network(latents, labels)
    assert torch.equal(first[0][0], latents[:, :2])
    for number, stage in enumerate(seen):
        part = latents[:, 2 * number + 2 : 2 * number + 4]
        expected = torch.cat([table_of(network.embedding)[labels], part], dim=1)
        assert [torch.equal(passes[0][1], expected) for passes in stage] == [True, True]


def test_all_of_the_deep_ones_blocks_are_told_the_class_and_the_whole_latents() -> None:
    network = BigGANDeepGenerator(16, 1, 6, 4, 0, num_classes=3, embedding_dim=5)
    seen = [passes_of(part) for part in network.modules() if isinstance(part, ConditionedBatchNorm)]
    first = passes_of(network.first)
    latents, labels = torch.randn(4, 6), torch.tensor([0, 1, 2, 1])
    network(latents, labels)
    expected = torch.cat([table_of(network.embedding)[labels], latents], dim=1)
    assert len(seen) == 4 * 4
    assert all(torch.equal(passes[0][1], expected) for passes in seen)
    assert torch.equal(first[0][0], expected)


def test_a_condition_scales_and_shifts_what_has_been_normalised() -> None:
    torch.manual_seed(0)
    layer = ConditionedBatchNorm(3, 2).double()
    maps, told = torch.randn(4, 3, 5, 5).double() * 3 + 1, torch.randn(4, 2).double()
    made = layer(maps, told)
    for channel in range(3):
        values = maps[:, channel]
        normal = (values - values.mean()) / (values.var(correction=0) + 1e-5).sqrt()
        gains, shifts = 1 + told @ layer.gain.weight[channel], told @ layer.shift.weight[channel]
        assert torch.allclose(made[:, channel], normal * gains[:, None, None] + shifts[:, None, None])


def without_its_path(block: NarrowingBlock | WideningBlock) -> Any:
    """A block whose path adds nothing."""
    last = list(block.path)[-1]
    assert isinstance(last, nn.Conv2d)
    nn.init.zeros_(last.weight)
    assert last.bias is not None
    nn.init.zeros_(last.bias)
    return block


def test_the_deep_ones_shortcuts_drop_channels_or_add_those_that_are_missing() -> None:
    maps = torch.randn(2, 8, 4, 4)
    narrowed = without_its_path(NarrowingBlock(8, 4, 3, doubles=True))(maps, torch.randn(2, 3))
    assert torch.equal(narrowed, maps[:, :4].repeat_interleave(2, 2).repeat_interleave(2, 3))
    block = without_its_path(WideningBlock(8, 12, halves=True))
    widened, halved = block(maps), nn.functional.avg_pool2d(maps, 2)
    assert torch.equal(widened[:, :8], halved)
    assert torch.equal(widened[:, 8:], block.missing(halved))


def test_small_images_are_judged_by_blocks_of_which_the_last_two_keep_their_maps() -> None:
    with torch.device("meta"):
        body = SAGANBody(32, 3, 8, 0)
        seen = [passes_of(part) for part in body.layers]
        body(torch.zeros(1, 3, 32, 32))
    assert [passes[0][0].shape[-1] for passes in seen] == [32, 16, 8, 8, 8]


@pytest.mark.parametrize("size", [8, 48, 1024])
def test_other_sizes_are_refused(size: int) -> None:
    for variant in (SAGAN, BigGAN):
        with pytest.raises(UserError, match=f"image_size: {size} is not possible here; take 16, 32, 64"):
            variant(image_size=size)
