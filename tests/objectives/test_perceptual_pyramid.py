import torch
from torch import Tensor

from gan_cli.objectives.perceptual_pyramid import halves, perceptual_pyramid


def seen(images: Tensor) -> list[Tensor]:
    return [images, 2 * images.mean(1, keepdim=True)]


def test_each_level_is_half_as_large() -> None:
    assert [one.shape[-1] for one in halves(torch.rand(1, 1, 16, 16), 3)] == [16, 8, 4]


def test_differences_are_summed_over_sizes_and_maps_and_only_what_was_made_learns() -> None:
    made, real = torch.full((2, 3, 8, 8), 0.5, requires_grad=True), torch.zeros(2, 3, 8, 8, requires_grad=True)
    loss = perceptual_pyramid(made, real, seen, 2)
    torch.testing.assert_close(loss, torch.tensor(2 * (0.5 + 1.0)))
    loss.backward()
    assert made.grad is not None
    assert real.grad is None
