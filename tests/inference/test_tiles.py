from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.inference import tiles
from gan_cli.inference.tiles import framed
from gan_cli.media.picture_files import Pixels
from gan_cli.networks.pieces import pieces
from tests.inference.translators import colours


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("length", "tile", "overlap", "multiple"),
    [
        (100, 32, 8, 4),
        (1000, 256, 64, 1),
        (33, 32, 16, 1),
        (64, 32, 0, 4),
        (320, 32, 12, 4),
        (20, 32, 8, 4),
        (257, 256, 64, 1),
    ],
)
def test_pieces_cover_every_pixel_with_a_weight_of_one(
    length: int, tile: int, overlap: int, multiple: int, scale: int
) -> None:
    found = pieces(length, tile, overlap, multiple, scale)
    total = torch.zeros(length * scale)
    for piece in found:
        assert piece.start % multiple == 0
        assert piece.length == min(tile, length)
        assert len(piece.weights) == piece.length * scale
        total[piece.start * scale :][: len(piece.weights)] += piece.weights
    assert torch.allclose(total, torch.ones(length * scale), atol=1e-6)
    starts = [piece.start for piece in found]
    assert all(tile - (after - before) >= overlap for before, after in pairwise(starts))


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (16, 16), (17, 33), (40, 28)])
def test_a_frame_mirrors_the_image_around_it(size: tuple[int, int]) -> None:
    image = colours(*size)
    frame = framed(image, least=16, multiple=4)
    height, width = frame.pixels.shape[:2]
    assert height % 4 == width % 4 == 0
    assert min(height, width) >= 16
    inside = frame.pixels[frame.top : frame.top + size[1], frame.left : frame.left + size[0]]
    assert np.array_equal(inside, image)
    if size == (17, 33):
        assert np.array_equal(frame.pixels[:, frame.left - 1], frame.pixels[:, frame.left + 1])


def in_tiles(*arguments: Any, **options: Any) -> Tensor:
    """The bands of a translation below each other."""
    return torch.cat([*tiles.in_tiles(*arguments, **options)], dim=1)


def blocks(pixels: Pixels) -> Tensor:
    """What depends on where a pixel stands in its block of 4x4, as strided layers do."""
    image = torch.from_numpy(pixels.astype(np.float32)).permute(2, 0, 1)[None]
    pooled = interpolate(avg_pool2d(image, 4), scale_factor=4)
    return (image * 0.5 + pooled)[0]


def test_tiles_give_the_whole_where_a_pixel_depends_on_its_block_only() -> None:
    image = colours(200, 120)
    sizes: list[tuple[int, ...]] = []

    def noted(pixels: Pixels) -> Tensor:
        sizes.append(pixels.shape)
        return blocks(pixels)

    made = in_tiles(noted, image, tile=32, overlap=8, multiple=4)
    assert set(sizes) == {(32, 32, 3)}
    assert torch.allclose(made, blocks(image), atol=1e-3)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_tiles_give_the_whole_of_a_larger_translation(scale: int) -> None:
    def larger(pixels: Pixels) -> Tensor:
        return interpolate(blocks(pixels)[None], scale_factor=scale)[0]

    image = colours(200, 120)
    made = in_tiles(larger, image, tile=32, overlap=8, multiple=4, scale=scale)
    assert made.shape == (3, 120 * scale, 200 * scale)
    assert torch.allclose(made, larger(image), atol=1e-3)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_seams_of_tiles_that_differ_are_blended(scale: int) -> None:
    count = 0

    def ever_brighter(pixels: Pixels) -> Tensor:
        nonlocal count
        count += 1
        return torch.full((1, *(side * scale for side in pixels.shape[:2])), float(count))

    made = in_tiles(ever_brighter, colours(80, 32), tile=32, overlap=16, scale=scale)
    assert count == 4
    steps = made[0, 0].diff()
    assert steps.max() < 0.11 / scale  # a jump of 1 spread over 16 pixels of the input
    side, edge = 32 * scale, 8 * scale
    assert torch.equal(made[0, :, :edge], torch.ones(side, edge))
    assert torch.equal(made[0, :, -edge:], torch.full((side, edge), 4.0))


def test_a_band_is_given_as_soon_as_its_tiles_are_made() -> None:
    count = 0

    def noted(pixels: Pixels) -> Tensor:
        nonlocal count
        count += 1
        return torch.ones(1, *(2 * side for side in pixels.shape[:2]))

    made = [(count, band.shape[1]) for band in tiles.in_tiles(noted, colours(64, 80), 32, 16, scale=2)]
    columns = len(pieces(64, 32, 16))
    assert made == [(columns * (row + 1), rows) for row, rows in enumerate((32, 32, 32, 64))]
