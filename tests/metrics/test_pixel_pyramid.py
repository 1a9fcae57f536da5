"""The distance of pixels, against differences whose distance is known."""

import pytest
import torch

from gan_cli.metrics.perceptual import distance_of
from gan_cli.metrics.pixel_pyramid import PixelPyramid


@pytest.mark.parametrize(("channels", "side", "levels"), [(1, 16, 3), (3, 32, 4), (1, 5, 1)])
def test_what_is_seen_from_afar_counts_at_every_size(channels: int, side: int, levels: int) -> None:
    seen = PixelPyramid().seen
    image = torch.linspace(-1, 1, channels * side * side).view(1, channels, side, side)
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    board = 0.5 * (-1.0) ** (rows + columns)
    assert len(seen(image)) == levels
    assert distance_of(seen(image), seen(image)).tolist() == [0]
    assert distance_of(seen(image), seen(image + 0.5)).tolist() == pytest.approx([0.25], rel=1e-5)
    assert distance_of(seen(image), seen(image + board)).tolist() == pytest.approx([0.25 / levels], rel=1e-5)
