from collections.abc import Callable

import pytest
import torch

from gan_cli.inference.latents import lerp, seeded_latents, slerp, walk


def test_a_seed_has_its_latent_whatever_the_others_are() -> None:
    many = seeded_latents(range(10), 5, "normal")
    assert torch.equal(seeded_latents([7, 2], 5, "normal"), many[[7, 2]])
    assert len({tuple(row.tolist()) for row in many}) == 10


def test_uniform_latents_stay_in_their_range() -> None:
    assert float(seeded_latents(range(50), 20, "uniform").abs().max()) <= 1


@pytest.mark.parametrize("between", [slerp, lerp])
def test_both_start_and_end_where_they_should(between: Callable[..., torch.Tensor]) -> None:
    start, end = torch.randn(100), torch.randn(100)
    path = between(start, end, torch.tensor([0.0, 1.0]))
    assert torch.allclose(path[0], start, atol=1e-5)
    assert torch.allclose(path[1], end, atol=1e-5)


def test_slerp_keeps_the_length_where_lerp_cuts_the_corner() -> None:
    start, end = torch.tensor([3.0, 0.0]), torch.tensor([0.0, 3.0])
    half = torch.tensor([0.5])
    assert slerp(start, end, half)[0].norm() == pytest.approx(3)
    assert torch.allclose(slerp(start, end, half)[0], torch.tensor([3.0, 3.0]) / 2**0.5)
    assert lerp(start, end, half)[0].norm() == pytest.approx(3 / 2**0.5)


@pytest.mark.parametrize("factor", [1.0, 2.0, -1.0])
def test_slerp_of_parallel_vectors_is_finite(factor: float) -> None:
    start = torch.randn(10)
    assert slerp(start, factor * start, torch.linspace(0, 1, 5)).isfinite().all()


def test_a_walk_passes_its_keyframes_once() -> None:
    keyframes = torch.randn(3, 4)
    path = walk(keyframes, 5, "lerp", loop=False)
    assert path.shape == (9, 4)
    assert torch.allclose(path[[0, 4, 8]], keyframes, atol=1e-6)


def test_a_loop_goes_back_without_showing_its_start_twice() -> None:
    keyframes = torch.randn(3, 4)
    path = walk(keyframes, 5, "slerp", loop=True)
    assert path.shape == (15, 4)
    assert torch.allclose(path[[0, 5, 10]], keyframes, atol=1e-5)
    step = (path[0] - path[-1]).norm()
    assert 0 < step < (keyframes[0] - keyframes[2]).norm() / 2
