"""What keeps noise maps noise, against maps whose autocorrelation is known."""

import pytest
import torch

from gan_cli.objectives.noise_regularisation import autocorrelation, normalise


def test_a_pattern_counts_at_each_size_at_which_it_is_one() -> None:
    rows, columns = torch.meshgrid(torch.arange(16), torch.arange(16), indexing="ij")
    board = ((-1.0) ** (rows + columns))[None, None]  # each neighbour is its negative; halved, nothing is left
    stripes = ((-1.0) ** rows)[None, None]  # those to the right are the same; halved, nothing is left
    coarse = ((-1.0) ** (rows // 2))[None, None]  # half of those below are the same; halved, it is stripes
    whole = torch.ones(1, 1, 16, 16)  # the same everywhere, at 16 and at 8
    assert autocorrelation(torch.cat([board, stripes, coarse, whole])).tolist() == [2, 2, 3, 4]
    assert autocorrelation(board[..., :4, :4]).tolist() == [2]


def test_white_noise_has_none_and_gradients_lead_there() -> None:
    noise = torch.randn(4, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert float(autocorrelation(noise).max()) < 0.05  # 8 terms that scatter by 1 / 64 to 1 / 8, squared
    smooth = (noise + noise.roll(1, dims=3)).requires_grad_()
    before = autocorrelation(smooth)
    assert float(before.detach().min()) > 0.9
    (slope,) = torch.autograd.grad(before.sum(), smooth)
    assert float(autocorrelation(smooth.detach() - 100 * slope).sum()) < float(before.detach().sum())


def test_each_map_is_brought_to_mean_0_and_variance_1() -> None:
    maps = torch.arange(32.0).view(2, 1, 4, 4) * torch.tensor([1.0, 5.0]).view(2, 1, 1, 1)
    normalise(maps)
    assert maps.mean((1, 2, 3)).tolist() == pytest.approx([0, 0], abs=1e-6)
    assert maps.square().mean((1, 2, 3)).tolist() == pytest.approx([1, 1])
