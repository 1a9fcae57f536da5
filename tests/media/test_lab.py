import numpy as np
import pytest
import torch

from gan_cli.media.lab import lab_to_rgb, lightness_as_grey, rgb_to_lab
from gan_cli.media.pictures import to_float, to_uint8


def colours(*levels: tuple[int, int, int]) -> torch.Tensor:
    return to_float(torch.tensor(levels, dtype=torch.uint8).T[None, :, None])


def test_known_colours() -> None:
    """Values of Lindbloom's calculator (sRGB, D65), to the digits it gives."""
    lab = rgb_to_lab(colours((255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255), (0, 0, 0)))[0, :, 0].T
    wanted = [(100, 0, 0), (53.24, 80.09, 67.20), (87.73, -86.18, 83.18), (32.30, 79.19, -107.86), (0, 0, 0)]
    assert lab.numpy() == pytest.approx(np.array(wanted), abs=0.03)


def test_all_colours_come_back_to_the_bit() -> None:
    levels = torch.arange(0, 256, 5, dtype=torch.uint8)
    images = torch.cartesian_prod(levels, levels, levels).T[None, :, None].contiguous()
    assert torch.equal(to_uint8(lab_to_rgb(rgb_to_lab(to_float(images)))), images)


def test_slopes_are_finite_everywhere_black_and_white_among_them() -> None:
    for way, start in (
        (rgb_to_lab, colours((0, 0, 0), (255, 255, 255), (3, 0, 9))),
        (lab_to_rgb, torch.zeros(1, 3, 1, 2)),
    ):
        given = start.clone().requires_grad_()
        way(given).sum().backward()
        assert given.grad is not None
        assert given.grad.isfinite().all()
        assert (given.grad != 0).any()


def test_grey_of_the_same_lightness() -> None:
    images = to_float(torch.randint(0, 256, (1, 3, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8))
    grey = lightness_as_grey(images)
    assert rgb_to_lab(grey.expand(-1, 3, -1, -1))[:, 0].numpy() == pytest.approx(
        rgb_to_lab(images)[:, 0].numpy(), abs=1e-2
    )
    assert torch.equal(lightness_as_grey(grey), grey)
