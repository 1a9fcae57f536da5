"""The pipe of adaptive augmentation, held against what each change must do to an image."""

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from gan_cli.objectives.ada import NORMAL, UNIFORM, Coins, Pipe, augmented
from gan_cli.objectives.ada.sampling import sampled

NEVER, ALWAYS = 0.99, 0.0
P = 0.5


def only(uniform: dict[int, float], normal: dict[int, float] | None = None, count: int = 2) -> Coins:
    """Coins by which nothing happens but what is named, by the places of the numbers."""
    drawn = torch.full((count, UNIFORM), NEVER), torch.zeros(count, NORMAL)
    for numbers, named in zip(drawn, (uniform, normal or {}), strict=True):
        for place, value in named.items():
            numbers[:, place] = value
    return Coins(*drawn, torch.tensor(P))


def random_coins(count: int, probability: float, kind: torch.dtype = torch.float32) -> Coins:
    generator = torch.Generator().manual_seed(0)
    uniform = torch.rand(count, UNIFORM, generator=generator).to(kind)
    return Coins(
        uniform, torch.randn(count, NORMAL, generator=generator).to(kind), torch.tensor(probability, dtype=kind)
    )


@pytest.fixture
def smooth() -> Tensor:
    """Images without details, [2, 3, 48, 48]: filters leave them as they are."""
    torch.manual_seed(0)
    return interpolate(torch.rand(2, 3, 4, 4) * 2 - 1, size=48, mode="bicubic", align_corners=True)


@pytest.mark.parametrize("pipe", ["bg", "bgc", "bgcfnc"])
def test_with_probability_0_nothing_changes(pipe: Pipe) -> None:
    images = torch.rand(2, 3, 48, 48) * 2 - 1
    assert torch.allclose(augmented(images, random_coins(2, 0.0), pipe), images, atol=2e-5)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({0: 0.6, 1: ALWAYS}, lambda images: images.flip(3)),
        ({2: 0.3, 3: ALWAYS}, lambda images: torch.rot90(images, 1, (2, 3))),
        ({2: 0.6, 3: ALWAYS}, lambda images: torch.rot90(images, 2, (2, 3))),
        ({8: 0.75, 9: ALWAYS}, lambda images: torch.rot90(images, 1, (2, 3))),
    ],
    ids=["flip", "quarter", "half", "rotation by a quarter"],
)
def test_what_a_change_of_places_does(smooth: Tensor, numbers: dict[int, float], expected: Any) -> None:
    made = augmented(smooth, only(numbers), "bg")
    inside = (..., slice(4, -4), slice(4, -4))
    assert torch.allclose(made[inside], expected(smooth)[inside], atol=0.01)
    assert not torch.allclose(made, smooth, atol=0.3)


def test_upright_images_are_scaled_and_shifted_and_neither_flipped_nor_turned(smooth: Tensor) -> None:
    turns = {0: 0.6, 1: ALWAYS, 2: 0.3, 3: ALWAYS, 8: 0.75, 9: ALWAYS, 11: 0.7, 12: ALWAYS}
    scales = {4: ALWAYS, 5: 1.0, 7: ALWAYS}
    made = augmented(smooth, only({**turns, **scales}, {0: 2.0}), "bg", upright=True)
    assert torch.allclose(made, augmented(smooth, only(scales, {0: 2.0}), "bg"))
    assert not torch.allclose(made, smooth, atol=0.3)
    assert torch.allclose(augmented(smooth, only(turns), "bg", upright=True), smooth, atol=0.01)


def test_shifts_are_by_whole_pixels_and_bring_the_mirrored_image_in() -> None:
    images = torch.rand(2, 1, 48, 48) * 2 - 1
    made = augmented(images, only({4: ALWAYS, 5: 1.0, 6: 0.5}), "bg")  # an eighth of the side to the right
    assert torch.allclose(made[..., 10:-4], images[..., 4:-10], atol=1e-5)
    assert torch.allclose(made[..., 4:6], images[..., 1:3].flip(3), atol=0.5)


def test_scale_enlarges_around_the_centre(smooth: Tensor) -> None:
    made = augmented(smooth, only({7: ALWAYS}, {0: 5.0}), "bg")
    twice = interpolate(smooth, scale_factor=2, mode="bicubic", align_corners=False)[..., 24:-24, 24:-24]
    assert torch.allclose(made, twice, atol=0.05)


@pytest.mark.parametrize(
    ("uniform", "normal", "expected"),
    [
        ({14: ALWAYS}, {4: 1.0}, lambda images: images + 0.2),
        ({15: ALWAYS}, {5: 2.0}, lambda images: 2 * images),
        ({16: 0.6, 17: ALWAYS}, {}, lambda images: images - 2 * images.mean(1, keepdim=True)),
        ({18: 5 / 6, 19: ALWAYS}, {}, lambda images: images[:, [2, 0, 1]]),
        ({20: ALWAYS}, {6: -60.0}, lambda images: images.mean(1, keepdim=True).expand_as(images)),
        ({14: ALWAYS, 15: ALWAYS}, {4: 1.0, 5: 2.0}, lambda images: 2 * (images + 0.2)),
    ],
    ids=["brightness", "contrast", "inverted luma", "hue by a third", "saturation", "brightness before contrast"],
)
def test_what_a_change_of_colours_does(uniform: dict[int, float], normal: dict[int, float], expected: Any) -> None:
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    assert torch.allclose(augmented(images, only(uniform, normal), "bgc"), expected(images), atol=1e-4)


def test_grey_images_change_as_grey_colours_do() -> None:
    grey = torch.rand(8, 1, 16, 16) * 2 - 1
    made = augmented(grey, random_coins(8, 0.9), "bgc")
    colours = augmented(grey.expand(-1, 3, -1, -1), random_coins(8, 0.9), "bgc")
    assert torch.allclose(made, colours.mean(dim=1, keepdim=True), atol=1e-4)


def test_bands_noise_and_a_hole() -> None:
    images = torch.rand(2, 1, 48, 48) * 2 - 1
    flat = torch.ones(2, 1, 48, 48)
    louder = augmented(flat, only({21: ALWAYS}, {7: 1.0}), "bgcf")  # the lowest band, along both axes
    assert torch.allclose(louder, flat * 2**2 / (10 / 13 * 2**2 + 3 / 13), atol=1e-4)
    torch.manual_seed(0)
    noise = augmented(images, only({25: ALWAYS}, {11: -2.0}), "bgcfn") - images
    assert float(noise.std()) == pytest.approx(0.2, rel=0.05)
    hole = augmented(flat, only({26: ALWAYS, 27: 0.5, 28: 0.0}), "bgcfnc")[0, 0]
    assert (hole == 0).sum() == 12 * 24
    assert not hole[:12, 12:36].any()


def test_from_probability_1_on_everything_happens_to_every_image() -> None:
    images = torch.rand(64, 1, 16, 16) * 2 - 1
    sure, surer = (augmented(images, random_coins(64, p), "bgc") for p in (1.0, 3.0))
    assert torch.equal(sure, surer)
    moved = (sure - images).abs().amax(dim=(1, 2, 3)) > 1e-3
    assert moved.all()


def test_a_slope_through_the_pipe_has_a_slope() -> None:
    images = torch.rand(2, 3, 48, 48, dtype=torch.float64).requires_grad_()
    made = augmented(images, random_coins(2, 0.8, torch.float64), "bgcfnc")
    (gradient,) = torch.autograd.grad(made.square().sum(), images, create_graph=True)
    gradient.square().sum().backward()
    assert images.grad is not None
    assert (images.grad != 0).float().mean() > 0.3


def test_what_is_looked_up_between_pixels_is_that_of_pytorch_and_twice_differentiable() -> None:
    generator = torch.Generator().manual_seed(0)
    images = torch.randn(2, 3, 7, 6, generator=generator, dtype=torch.float64, requires_grad=True)
    grid = 2.4 * torch.rand(2, 5, 4, 2, generator=generator, dtype=torch.float64) - 1.2  # some lie outside
    expected = grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=True)
    assert torch.equal(sampled(images, grid), expected)
    assert torch.autograd.gradcheck(lambda images: sampled(images, grid), images)
    assert torch.autograd.gradgradcheck(lambda images: sampled(images, grid).pow(3), images)
