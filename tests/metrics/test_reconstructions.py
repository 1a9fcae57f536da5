"""How much of a codebook is used, and the table of images that went through codes."""

from math import exp, log

import pytest
import torch

from gan_cli.metrics.codes import counts_of, perplexity, unused_share
from gan_cli.metrics.reconstructions import KINDS, Reconstructed, compared, reduced, sides_for


def test_perplexity_counts_codes_that_are_used_alike() -> None:
    even = counts_of(torch.tensor([[0, 1], [2, 3]]), 8)
    assert even.tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
    assert float(perplexity(even)) == pytest.approx(4)
    assert float(unused_share(even)) == 0.5
    uneven = counts_of(torch.tensor([0, 0, 0, 1]), 2)
    assert float(perplexity(uneven)) == pytest.approx(exp(-0.75 * log(0.75) - 0.25 * log(0.25)))
    assert float(perplexity(counts_of(torch.tensor([5, 5]), 8))) == 1


def test_a_picture_of_as_many_bits_has_no_more() -> None:
    assert sides_for(64 * 8, 1, (32, 32)) == (8, 8)
    for bits, channels, size in [(512, 3, (32, 32)), (10_000, 3, (64, 48)), (1, 3, (16, 16)), (1e9, 1, (16, 16))]:
        high, wide = sides_for(bits, channels, size)
        assert 1 <= high <= size[0]
        assert 1 <= wide <= size[1]
        assert high * wide * channels * 8 <= bits or (high, wide) == (1, 1)


def test_a_picture_of_one_pixel_is_the_mean_colour() -> None:
    images = torch.randint(256, (2, 3, 8, 8), dtype=torch.uint8)
    plain = reduced(images, (1, 1))
    assert torch.equal(plain, images.float().mean((2, 3), keepdim=True).round().to(torch.uint8).expand(-1, -1, 8, 8))


def test_the_table_holds_reconstructions_beside_what_learns_nothing() -> None:
    torch.manual_seed(0)
    real = torch.randint(256, (3, 3, 16, 16), dtype=torch.uint8)
    codes = torch.arange(48).reshape(3, 4, 4)
    table = compared(Reconstructed(real, real, codes, real.roll(1, 0)), 64, "Noise test")
    assert [*table.rows] == [
        "through the codes",
        "bicubic, 2x2 pixels",
        "the mean colour",
        "codes of other images, place by place",
    ]
    made = table.values()
    assert made["bits"] == 16 * 6
    assert made["image_psnr"] == 100
    assert made["code_perplexity"] == pytest.approx(48)
    assert made["used_codes"] == 48
    psnr = [row[[*KINDS].index("image_psnr")] for row in table.rows.values()]
    assert psnr[0] is not None
    assert all(number is not None and number < 20 for number in psnr[1:])
