import numpy as np
import pytest
import torch

from gan_cli.media.lab import coloured, lab_to_rgb, lightness, lightness_as_grey, rgb_to_lab, shown
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


def test_lightness_is_that_of_grey_and_of_colours() -> None:
    images = to_float(torch.randint(0, 256, (1, 3, 8, 8), generator=torch.Generator().manual_seed(0)).to(torch.uint8))
    assert torch.allclose(lightness(images), rgb_to_lab(images)[:, :1], atol=1e-4)
    grey = images[:, :1]
    assert torch.allclose(lightness(grey), rgb_to_lab(grey.expand(-1, 3, -1, -1))[:, :1], atol=1e-4)


def test_new_colours_leave_the_lightness_even_where_no_screen_shows_them() -> None:
    """All levels of grey in any colours, three quarters of which no screen shows; clipped ones would be lighter."""
    levels = torch.arange(256, dtype=torch.uint8)[None, None, :, None].expand(1, 1, 256, 200)
    ab = (torch.rand(1, 2, 256, 200, generator=torch.Generator().manual_seed(0)) * 2 - 1) * 110
    made = coloured(to_float(levels), ab)
    assert made.abs().max() <= 1
    assert (lightness(made) - lightness(to_float(levels))).abs().max() < 1e-2
    saved = to_uint8(lightness_as_grey(to_float(to_uint8(made))))
    assert (saved != levels).float().mean() < 2e-4  # what is almost black is rounded a level too far, seldom enough
    assert (saved.int() - levels.int()).abs().max() <= 1


def test_what_no_screen_shows_keeps_its_hue_and_what_it_shows_is_as_it_was() -> None:
    lab = torch.tensor([[60.0, 100.0, 100.0], [60.0, 20.0, -30.0]]).T[None, :, None]
    strong, weak = rgb_to_lab(shown(lab[:, :1], lab[:, 1:]))[0, :, 0].T
    assert weak.tolist() == pytest.approx([60, 20, -30], abs=1e-2)
    assert float(strong[1]) == pytest.approx(float(strong[2]), abs=0.05)
    assert 40 < float(strong[1]) < 90


def test_colours_of_another_size_are_enlarged_strip_by_strip(monkeypatch: pytest.MonkeyPatch) -> None:
    grey, ab = torch.rand(2, 1, 30, 20) - 0.5, torch.rand(2, 2, 4, 3) * 20
    whole = coloured(grey, ab)
    monkeypatch.setattr("gan_cli.media.lab.AT_ONCE", 2 * 20 * 7)
    assert torch.allclose(coloured(grey, ab), whole, atol=1e-5)
    assert whole.shape == (2, 3, 30, 20)
