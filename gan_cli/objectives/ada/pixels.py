"""Bands of frequencies, noise, and a hole."""

from functools import cache

import torch
from torch import Tensor
from torch.nn.functional import conv1d, pad

from gan_cli.objectives.ada.coins import Coins
from gan_cli.objectives.ada.filters import SYM2, constant, each_filtered

POWER = (10 / 13, 1 / 13, 1 / 13, 1 / 13)
"""The usual power of an image in each band, from low frequencies to high."""


def filtered(images: Tensor, coins: Coins) -> Tensor:
    """Images [N, C, H, W] in which some bands of frequencies are louder than others."""
    power = constant(POWER, images.device, images.dtype)
    gains = torch.ones(len(images), len(POWER), device=images.device, dtype=images.dtype)
    for band in range(len(POWER)):
        louder = torch.ones_like(gains)
        louder[:, band] = coins.sometimes(torch.exp2(coins.normal()), 1).to(images.dtype)
        gains = gains * louder * (power * louder.square()).sum(dim=1, keepdim=True).rsqrt()
    taps = gains @ constant(_bank(), images.device, images.dtype).view(len(POWER), -1)
    reach = taps.shape[1] // 2
    return each_filtered(pad(images, [reach] * 4, mode="reflect"), taps)


def noisy(images: Tensor, coins: Coins) -> Tensor:
    """Images [N, C, H, W] under noise of a deviation of their own; it comes from torch's global random state."""
    deviations = coins.sometimes(0.1 * coins.normal().abs(), 0).to(images.dtype)
    return images + torch.randn_like(images) * deviations[:, None, None, None]


def cut_out(images: Tensor, coins: Coins) -> Tensor:
    """Images [N, C, H, W] with a hole of half their sides, at a random place."""
    half = coins.sometimes(torch.full((len(images),), 0.25, device=images.device), 0)[:, None]
    inside = []
    for side in reversed(images.shape[2:]):
        middles = (torch.arange(side, device=images.device) + 0.5) / side
        inside.append((middles - coins.uniform()[:, None]).abs() < half)
    hole = inside[1][:, :, None] & inside[0][:, None, :]
    return images.masked_fill(hole[:, None], 0.0)


@cache
def _bank() -> tuple[float, ...]:
    """A filter for each band, [B, T] row by row; together they leave an image as it is."""
    low = torch.tensor(SYM2, dtype=torch.float64)
    high = low * torch.tensor([1.0, -1.0, 1.0, -1.0], dtype=torch.float64)
    passes = [_convolved(taps[None], taps.flip(0))[0] / 2 for taps in (low, high)]
    bank = torch.eye(len(POWER), 1, dtype=torch.float64)
    for band in range(1, len(POWER)):
        stretched = torch.stack([bank, torch.zeros_like(bank)], dim=2).flatten(1)[:, :-1]
        bank = _convolved(stretched, passes[0])
        start = (bank.shape[1] - len(passes[1])) // 2
        bank[band, start : start + len(passes[1])] += passes[1]
    return tuple(bank.flatten().tolist())


def _convolved(rows: Tensor, taps: Tensor) -> Tensor:
    """The whole convolution of rows [B, L] with taps [T], [B, L + T - 1]."""
    return conv1d(rows[:, None], taps.flip(0)[None, None], padding=len(taps) - 1)[:, 0]
