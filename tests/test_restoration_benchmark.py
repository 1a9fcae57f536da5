"""What the benchmark of restoration computes beside training."""

import torch

from benchmarks import restoration
from benchmarks.restoration_baselines import (
    best_shifted,
    filled_from_nearest,
    harmonically_filled,
    mean_filled,
    wiener,
)
from gan_cli.data.degraded.motion_blur import MotionBlur, filtered
from tests.inference.translators import colours
from tests.toys import with_holes


def ramp(width: int = 64, height: int = 48) -> torch.Tensor:
    return torch.from_numpy(colours(width, height)).permute(2, 0, 1).contiguous()


def test_fillings_leave_the_known_and_a_plane_is_harmonic() -> None:
    images = torch.stack([ramp(), ramp().flip(2)])
    _, target, mask = with_holes(images)
    for fill in (mean_filled, harmonically_filled):
        made = fill(target, mask)
        assert torch.equal(torch.where(mask > 0, 0, made), torch.where(mask > 0, 0, target))
    assert (harmonically_filled(target, mask).int() - target.int()).abs().max() <= 1
    assert (mean_filled(target, mask).int() - target.int()).abs().max() > 20


def test_the_nearest_image_is_the_one_that_is_alike_around_the_hole() -> None:
    images = torch.stack([ramp(), 255 - ramp(), ramp().flip(1)])
    _, target, mask = with_holes(images)
    training = torch.where(mask > 0, images.flip(3), images)[[2, 0, 1]]
    made = filled_from_nearest(target, mask, training)
    assert torch.equal(made, torch.where(mask > 0, images.flip(3), images))


def test_a_shift_is_undone_and_a_kernel_inverted() -> None:
    random = torch.rand(3, 60, 50, generator=torch.Generator().manual_seed(0))
    image = (torch.nn.functional.avg_pool2d(random, 3, 1, 1) * 255).to(torch.uint8)
    moved = image.roll((2, -1), (1, 2))
    found = best_shifted(moved, image)
    assert torch.equal(found[:, 4:-4, 4:-4], image[:, 4:-4, 4:-4])
    kernel = torch.from_numpy(MotionBlur(9).kernel(3))
    blurred = filtered(image.float(), kernel).round().to(torch.uint8)
    sharpened = wiener(blurred, kernel, 3e-3)
    assert restoration.psnr(sharpened, image) > restoration.psnr(blurred, image) + 3
    one = torch.zeros(5, 5)
    one[2, 2] = 1
    assert (wiener(image, one, 1e-9).int() - image.int()).abs().max() <= 1


def test_an_adversary_is_all_that_the_runs_of_a_hole_differ_in() -> None:
    alone, both = (run.settings for run in restoration.rows_of_holes("faces", {"root": "faces"}).values())
    assert dict(alone) == {**both, "model.lambda_adversarial": 0.0}
