from itertools import pairwise
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, interpolate

from gan_cli.errors import UserError
from gan_cli.networks.heads import Discriminator, EmbeddingDiscriminator, EmbeddingGenerator
from gan_cli.networks.r3gan import R3GANBlock, R3GANBody, R3GANGenerator, Resample, stage_widths
from tests.networks.counting import count


@pytest.mark.parametrize("image_size", [16, 32, 64, 128])
def test_every_size_gives_images_and_one_logit_each(image_size: int) -> None:
    images = R3GANGenerator(image_size, 3, 8, 1, depth=1)(torch.randn(2, 8))
    assert images.shape == (2, 3, image_size, image_size)
    assert Discriminator(R3GANBody(image_size, 3, 1, depth=1))(images).shape == (2,)


def test_widths_are_the_authors() -> None:
    assert stage_widths(32, 96) == [768, 768, 768, 768]  # CIFAR-10
    assert stage_widths(64, 96) == [768, 768, 768, 768, 384]  # FFHQ at 64 pixels
    assert stage_widths(256, 96) == [768, 768, 768, 768, 384, 192, 96]
    with pytest.raises(UserError, match=r"data\.image_size: 48 is not possible"):
        stage_widths(48, 96)


PRESETS = {
    "CIFAR-10": (32, 96, False, 20_732_160, 20_683_776),
    "FFHQ-64": (64, 96, False, 22_429_824, 22_381_440),
    "FFHQ-256": (256, 96, False, 23_057_952, 23_009_568),  # 23.06 and 23.01 million in the paper
    "ImageNet-32": (32, 192, False, 82_752_000, 82_655_232),
    "ImageNet-64": (64, 1536, True, 103_408_128, 103_311_360),
}
"""The authors' presets: size, base channels, whether they are constant, parameters of both players without classes."""
WIDTHS = {
    "CIFAR-10": [768] * 4,
    "FFHQ-64": [768, 768, 768, 768, 384],
    "FFHQ-256": [768, 768, 768, 768, 384, 192, 96],
    "ImageNet-32": [1536] * 4,
    "ImageNet-64": [1536] * 5,
}
"""As the authors' training script lists them; they have 96 groups, fewer only where FFHQ's maps are narrower."""


def authors_counts(widths: list[int], groups: list[int]) -> tuple[int, int]:
    """Parameters of both players, from the shapes in the authors' definitions; two blocks a stage, no biases."""
    blocks = 0
    for width, cardinality in zip(widths, groups, strict=True):
        inner = 2 * width
        blocks += 2 * (width * inner + inner * (inner // cardinality) * 9 + inner * width + 2 * inner)
    changes = sum(one * other for one, other in pairwise(widths) if one != other)
    common = blocks + changes + 3 * widths[-1] + 16 * widths[0]  # 1x1 at the image, a 4x4 basis
    return common + 64 * widths[0], common + widths[0]


@pytest.mark.parametrize("name", PRESETS)
def test_parameters_are_the_authors(name: str) -> None:
    image_size, base_channels, constant, *expected = PRESETS[name]
    assert stage_widths(image_size, base_channels, constant) == WIDTHS[name]
    groups = [min(96, width // 8) for width in WIDTHS[name]]
    assert [*authors_counts(WIDTHS[name], groups)] == expected
    with torch.device("meta"):
        generator = R3GANGenerator(image_size, 3, 64, base_channels, constant_width=constant)
        body = R3GANBody(image_size, 3, base_channels, constant_width=constant)
    assert [count(generator), count(Discriminator(body, bias=False))] == expected


@pytest.mark.parametrize(
    ("name", "classes", "generator", "discriminator"),
    [
        ("CIFAR-10", 10, 20_781_952, 21_280_512),
        ("ImageNet-32", 1000, 82_914_304, 86_548_992),
        ("ImageNet-64", 1000, 103_570_432, 107_205_120),
    ],
)
def test_parameters_with_classes_are_the_authors(name: str, classes: int, generator: int, discriminator: int) -> None:
    """An embedding of 64 numbers beside the latents; a head as wide as its features, and an embedding for it."""
    size, base_channels, constant, *without = PRESETS[name]
    width = WIDTHS[name][0]
    assert generator == without[0] + 64 * width + 64 * classes
    assert discriminator == without[1] - width + width**2 + width * classes
    with torch.device("meta"):
        network = R3GANGenerator(size, 3, 128, base_channels, constant_width=constant)
        told = EmbeddingGenerator(network, classes, 64)
        judge = EmbeddingDiscriminator(R3GANBody(size, 3, base_channels, constant_width=constant), classes)
    assert (count(told), count(judge)) == (generator, discriminator)


def test_embeddings_start_as_the_authors() -> None:
    torch.manual_seed(0)
    told = EmbeddingGenerator(R3GANGenerator(16, 1, 128, 1, 1), 10, 64)
    judge = EmbeddingDiscriminator(R3GANBody(16, 1, 96, 1), 10)
    assert told.embedding.weight.std().item() == pytest.approx(1 / sqrt(10), rel=0.05)
    assert judge.embedding.weight.std().item() == pytest.approx(1 / sqrt(10 * 768), rel=0.05)
    (head,) = judge.discriminator.head.parameters()
    assert head.std().item() == pytest.approx(1 / sqrt(768), rel=0.01)


def test_the_head_starts_at_one_over_the_root_of_its_inputs() -> None:
    torch.manual_seed(0)
    body = R3GANBody(16, 3, 96, depth=1)
    for outputs in (1, 768):
        (head,) = Discriminator(body, outputs, bias=False).head.parameters()
        assert head.std().item() == pytest.approx(1 / sqrt(768), rel=0.1 if outputs == 1 else 0.01)


def test_small_maps_are_in_float32_whatever_the_autocast() -> None:
    """The authors compute at most four stages in bfloat16, counted from the image, and never that of the 4x4 map."""
    for image_size, full in ((16, {4}), (32, {4}), (64, {4}), (256, {4, 8, 16})):
        generator, discriminator = R3GANGenerator(image_size, 1, 4, 1, 1), Discriminator(R3GANBody(image_size, 1, 1, 1))
        sides: dict[torch.dtype, set[int]] = {torch.float32: set(), torch.bfloat16: set()}

        def note(module: nn.Module, inputs: Any, outputs: Tensor, sides: Any = sides) -> None:
            sides[outputs.dtype].add(outputs.shape[2])

        for module in (*generator.modules(), *discriminator.modules()):
            if isinstance(module, R3GANBlock):
                module.grouped.register_forward_hook(note)
        with torch.autocast("cpu", torch.bfloat16):
            images = generator(torch.randn(1, 4))
            logits = discriminator(images)
        assert sides[torch.float32] == full
        assert sides[torch.bfloat16] == {4 * 2**level for level in range(image_size.bit_length() - 2)} - full
        assert (images.dtype, logits.dtype) == (torch.bfloat16, torch.float32)


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


@pytest.mark.parametrize(("base_channels", "constant"), [(192, False), (1536, True)])
def test_imagenets_groups_have_32_channels(base_channels: int, constant: bool) -> None:
    with torch.device("meta"):
        network = R3GANBody(32, 3, base_channels, constant_width=constant)
    convolutions = [block.grouped for block in network.modules() if isinstance(block, R3GANBlock)]
    assert {(layer.groups, layer.in_channels) for layer in convolutions} == {(96, 3072)}


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


def test_resampling_is_bilinear() -> None:
    torch.manual_seed(0)
    maps = torch.randn(2, 3, 8, 8)
    doubled = interpolate(maps, scale_factor=2, mode="bilinear")
    halved = interpolate(maps, scale_factor=0.5, mode="bilinear", antialias=True)
    for made, expected in ((Resample("up", 3, 3)(maps), doubled), (Resample("down", 3, 3)(maps), halved)):
        assert torch.allclose(made[:, :, 1:-1, 1:-1], expected[:, :, 1:-1, 1:-1], atol=1e-6)


def test_a_checkpoint_without_the_filter_keeps_that_of_its_version() -> None:
    maps, taps = torch.randn(2, 3, 8, 8), torch.tensor([1.0, 2.0, 1.0]) / 4
    former = torch.outer(taps, taps).expand(3, 1, 3, 3)
    old = nn.ModuleDict({"up": Resample("up", 3, 3), "down": Resample("down", 3, 3)})
    old.load_state_dict({})
    again = nn.ModuleDict({"up": Resample("up", 3, 3), "down": Resample("down", 3, 3)})
    again.load_state_dict(old.state_dict())
    for network in (old, again):
        up = conv_transpose2d(maps, former * 4, stride=2, padding=1, output_padding=1, groups=3)
        assert torch.equal(network["up"](maps), up)
        assert torch.equal(network["down"](maps), conv2d(maps, former, stride=2, padding=1, groups=3))
    assert Resample("up", 3, 3).kernel.shape == (4, 4)
