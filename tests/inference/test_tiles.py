from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.inference.tiles import framed, in_tiles, pieces
from gan_cli.media.picture_files import Pixels
from tests.inference.translators import colours


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
def test_pieces_cover_every_pixel_with_a_weight_of_one(length: int, tile: int, overlap: int, multiple: int) -> None:
    found = pieces(length, tile, overlap, multiple)
    total = torch.zeros(length)
    for piece in found:
        assert piece.start % multiple == 0
        assert len(piece.weights) == min(tile, length)
        total[piece.start : piece.start + len(piece.weights)] += piece.weights
    assert torch.allclose(total, torch.ones(length), atol=1e-6)
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


def test_seams_of_tiles_that_differ_are_blended() -> None:
    count = 0

    def ever_brighter(pixels: Pixels) -> Tensor:
        nonlocal count
        count += 1
        return torch.full((1, *pixels.shape[:2]), float(count))

    made = in_tiles(ever_brighter, colours(80, 32), tile=32, overlap=16)
    assert count == 4
    steps = made[0, 0].diff()
    assert steps.max() < 0.11  # a jump of 1 spread over 16 pixels
    assert torch.equal(made[0, :, :8], torch.ones(32, 8))
    assert torch.equal(made[0, :, -8:], torch.full((32, 8), 4.0))
