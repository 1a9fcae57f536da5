from typing import Any

import pytest
import torch

from gan_cli.networks.stargan import DomainDiscriminator
from gan_cli.networks.translator import ResidualTranslator
from gan_cli.variants import StarGAN
from tests.networks.counting import count


def test_the_papers_networks_have_the_papers_sizes() -> None:
    with torch.device("meta"):
        nine, six = ResidualTranslator(), ResidualTranslator(num_blocks=6)
        stargan, judge = StarGAN().generator, DomainDiscriminator()
    # CycleGAN's authors have biases that the normalisation takes away again: two for each block and five around them.
    around = 64 + 128 + 256 + 128 + 64
    assert count(nine) == 11_378_179 - (9 * 2 * 256 + around)
    assert count(six) == 7_837_699 - (6 * 2 * 256 + around)
    assert (count(stargan), count(judge)) == (8_430_528, 44_762_048)


@pytest.mark.parametrize("upsampling", ["deconvolution", "resize"])
@pytest.mark.parametrize("kernel", [3, 4])
@pytest.mark.parametrize("size", [(64, 64), (36, 100)])
def test_height_and_width_are_kept(size: tuple[int, int], kernel: Any, upsampling: Any) -> None:
    network = ResidualTranslator(1, 3, base_channels=2, num_blocks=1, kernel=kernel, upsampling=upsampling)
    images = network(torch.randn(2, 1, *size))
    assert images.shape == (2, 3, *size)
    assert images.abs().max() <= 1


def test_an_image_is_translated_alone() -> None:
    network = ResidualTranslator(3, 3, base_channels=2, num_blocks=2)
    one, other = torch.randn(2, 3, 32, 32).split(1)
    assert torch.allclose(network(torch.cat([one, other]))[:1], network(one), atol=1e-6)


@pytest.mark.parametrize("size", [16, 32, 128])
def test_the_judge_gives_one_score_and_k_logits_an_image(size: int) -> None:
    network = DomainDiscriminator(size, 3, num_classes=4, base_channels=2)
    assert network(torch.randn(2, 3, size, size)).shape == (2, 5)
