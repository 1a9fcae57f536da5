import pytest
import torch

from gan_cli.objectives.frontal import asymmetry, summed_error, target_cross_entropy, total_variation


def test_a_sum_counts_as_of_the_papers_size() -> None:
    """A pixel in [0, 1] that is wrong by 0.1 everywhere is wrong by 1,638.4 in 128x128 pixels, at any size."""
    for side in (32, 128):
        wanted = torch.zeros(2, 3, side, side)
        assert summed_error(wanted + 0.2, wanted, 128**2).item() == pytest.approx(1638.4)


def test_what_was_turned_away_follows_what_was_seen() -> None:
    torch.manual_seed(0)
    images = torch.rand(2, 1, 8, 8, requires_grad=True)
    asymmetry(images, torch.tensor([30.0, -30.0]), 64, pooled=False).backward()
    assert images.grad is not None
    left, right = images.grad[..., :3], images.grad[..., 5:]  # the Laplacian sees one pixel beyond the middle
    assert not left[0].any() and right[0].any()  # noqa: PT018 - turned to the right: its left was seen
    assert left[1].any() and not right[1].any()  # noqa: PT018


def test_symmetric_faces_cost_nothing() -> None:
    half = torch.rand(2, 3, 8, 4)
    images = torch.cat([half, half.flip(3)], dim=3)
    for pooled in (False, True):
        assert asymmetry(images, torch.zeros(2), 64, pooled).item() == pytest.approx(0, abs=1e-4)
        assert asymmetry(images.roll(1, 3), torch.zeros(2), 64, pooled).item() > 0


def test_asymmetry_sums_over_a_half() -> None:
    images = torch.zeros(1, 1, 8, 8)
    images[..., 4:] = 0.2  # 0.1 in shares of white
    assert asymmetry(images, torch.zeros(1), 64, pooled=True).item() == pytest.approx(0.1 * 64 / 4 / 2)


def test_total_variation_of_stripes() -> None:
    images = torch.zeros(1, 1, 8, 8)
    images[..., ::2] = 2.0  # black and white columns
    assert total_variation(images).item() == pytest.approx(128**2)


def test_cross_entropy_with_a_soft_target_is_least_there() -> None:
    logit = torch.logit(torch.tensor(0.9))
    least = target_cross_entropy(logit, 0.9)
    assert all(target_cross_entropy(logit + step, 0.9) > least for step in (-0.1, 0.1))
    assert target_cross_entropy(torch.zeros(3), 0.9).item() == pytest.approx(0.6931, abs=1e-4)
