from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import instance_norm

from gan_cli.networks.stargan_v2 import (
    ManyDomainsDiscriminator,
    ResidualBlock,
    StyledTranslator,
    StyleEncoder,
    StyleMapping,
    StyleNorm,
)
from tests.networks.counting import count


@pytest.mark.parametrize(
    ("image_size", "base_channels", "counts"),
    [(256, 64, (33_892_995, 2_438_272, 20_916_928, 20_852_290)), (64, 256, (32_634_883, 2_438_272, 0, 0))],
)
def test_the_networks_have_the_authors_sizes(image_size: int, base_channels: int, counts: tuple[int, ...]) -> None:
    """Counted in the authors' code with two domains and `w_hpf` 0."""
    images, widths = (image_size, 3), (base_channels, 512)
    with torch.device("meta"):
        networks = (
            StyledTranslator(*images, 64, *widths),
            StyleMapping(16, 64, 2, 512),
            StyleEncoder(*images, 64, 2, *widths),
            ManyDomainsDiscriminator(*images, 2, *widths),
        )
    assert [count(network) for network, wanted in zip(networks, counts, strict=True) if wanted] == [
        *filter(None, counts)
    ]


def test_a_block_is_the_authors_worked_out_by_hand() -> None:
    """One channel, weights that only pass on the middle pixel: norm, leaky ReLU, twice; the shortcut; over root two."""
    block: Any = ResidualBlock(1, 1, halving=True, normalised=True)
    with torch.no_grad():
        for layer in (block.first, block.second):
            layer.weight.zero_()[0, 0, 1, 1] = 1
            layer.bias.zero_()
    images = torch.randn(2, 1, 8, 8)

    def passed(maps: Tensor) -> Tensor:
        normalised: Tensor = instance_norm(maps)
        return normalised.clamp(min=0) + 0.2 * normalised.clamp(max=0)

    def means(maps: Tensor) -> Tensor:
        squares: Tensor = maps.unflatten(2, (4, 2)).unflatten(4, (4, 2))
        return squares.mean((3, 5))

    assert torch.allclose(block(images), (means(images) + passed(means(passed(images)))) / 2**0.5, atol=1e-5)


def test_a_style_of_nothing_normalises_and_any_other_scales_and_shifts() -> None:
    norm: Any = StyleNorm(1, 2)
    maps = torch.randn(3, 2, 4, 4) * 5 + 1
    with torch.no_grad():
        norm.affine.weight.copy_(torch.tensor([[1.0], [2], [3], [4]]))
        norm.affine.bias.zero_()
    plain = instance_norm(maps)
    assert torch.allclose(norm(maps, torch.zeros(3, 1)), plain, atol=1e-5)
    scale, shift = torch.tensor([2.0, 3])[:, None, None], torch.tensor([3.0, 4])[:, None, None]
    assert torch.allclose(norm(maps, torch.ones(3, 1)), scale * plain + shift, atol=1e-5)


def test_each_row_is_that_of_its_own_domain() -> None:
    torch.manual_seed(0)
    latents, images, domains = torch.randn(4, 3), torch.randn(4, 3, 16, 16), torch.tensor([2, 0, 1, 2])
    judge = ManyDomainsDiscriminator(16, 3, 3, 2, 4)
    everything = judge.head(judge.body(images)).flatten(1)
    assert torch.equal(judge(images, domains), everything[torch.arange(4), domains])
    for network, inputs in ((StyleMapping(3, 5, 3, 64), latents), (StyleEncoder(16, 3, 5, 3, 2, 4), images)):
        styles = network(inputs, domains)
        assert styles.shape == (4, 5)
        for row, domain in enumerate(domains.tolist()):
            alone = network(inputs[row : row + 1], torch.tensor([domain]))
            assert torch.allclose(styles[row], alone[0], atol=1e-6)
        others = network(inputs, (domains + 1) % 3)
        assert not any(map(torch.allclose, others, styles))


@pytest.mark.parametrize(("image_size", "multiple"), [(16, 1), (64, 4), (256, 16)])
def test_any_size_that_is_a_multiple_is_translated(image_size: int, multiple: int) -> None:
    network = StyledTranslator(image_size, 1, 4, 2, 4)
    assert network.multiple == multiple
    images = torch.randn(2, 1, 6 * multiple, 4 * multiple)
    assert network(images, torch.randn(2, 4)).shape == images.shape
