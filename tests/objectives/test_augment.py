import pytest
import torch

from gan_cli.objectives.augment import Augmentation, diff_augment

POLICIES: list[Augmentation] = ["color", "translation", "cutout"]


def images(count: int = 64, channels: int = 3) -> torch.Tensor:
    return torch.rand(count, channels, 16, 16) * 2 - 1


def test_no_policy_gives_the_images_back() -> None:
    batch = images()
    assert diff_augment(batch, ()) is batch


@pytest.mark.parametrize("policy", POLICIES)
def test_gradient_flows_and_each_image_and_each_call_differs(policy: Augmentation) -> None:
    torch.manual_seed(0)
    batch = images(1).expand(64, -1, -1, -1).clone().requires_grad_()
    changed = diff_augment(batch, (policy,))
    changed.square().sum().backward()
    assert changed.shape == batch.shape
    assert batch.grad is not None
    assert (batch.grad.flatten(1).abs().sum(1) > 0).all()
    assert len({tuple(image.flatten().tolist()) for image in changed.detach()}) > 16
    assert not torch.equal(changed, diff_augment(batch, (policy,)))


def test_translation_moves_by_at_most_an_eighth_and_fills_with_grey() -> None:
    torch.manual_seed(0)
    dot = torch.zeros(500, 1, 16, 16)
    dot[:, :, 8, 8] = 1
    places = diff_augment(dot, ("translation",)).flatten(1).argmax(1)
    assert set((places // 16).tolist()) == set(range(6, 11))
    assert set((places % 16).tolist()) == set(range(6, 11))
    ones = diff_augment(torch.ones(500, 1, 16, 16), ("translation",))
    assert set(ones.unique().tolist()) == {0.0, 1.0}


def test_cutout_is_at_most_a_square_of_half_the_side() -> None:
    torch.manual_seed(0)
    holes = diff_augment(torch.ones(500, 1, 16, 16), ("cutout",)).eq(0).sum((1, 2, 3))
    assert int(holes.max()) == 64
    assert int(holes.min()) >= 16  # a quarter of the square is always inside
    small = diff_augment(torch.ones(500, 1, 16, 16), ("cutout",), hole=0.2).eq(0).sum((1, 2, 3))
    assert int(small.max()) == 9  # 3.2 pixels are 3
    assert int(diff_augment(torch.ones(500, 1, 5, 5), ("cutout",)).eq(0).sum((1, 2, 3)).max()) == 9  # 2.5 are 3


def test_color_changes_no_shape() -> None:
    torch.manual_seed(0)
    flat = torch.full((100, 3, 8, 8), 0.25)
    changed = diff_augment(flat, ("color",))
    assert float(changed.std((2, 3)).max()) < 1e-6
    assert float((changed.mean((1, 2, 3)) - 0.25).abs().max()) <= 0.5
