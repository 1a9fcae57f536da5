"""Filters along the two axes of images, each image with its own or all with one."""

from functools import cache
from typing import cast

import torch
from torch import Tensor
from torch.nn.functional import conv2d, conv_transpose2d

SYM2 = (-0.12940952255092145, 0.22414386804185735, 0.836516303737469, 0.48296291314469025)
SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633, 0.4910559419267466),
    *(0.787641141030194, 0.3379294217276218, -0.07263752278646252, -0.021060292512300564, 0.04472490177066578),
    *(0.0017677118642428036, -0.007800708325034148),
)
"""Low-pass filters of Daubechies' least asymmetric wavelets."""


@cache
def constant(values: tuple[float, ...], device: torch.device, dtype: torch.dtype) -> Tensor:
    """Numbers [T] on a device, which are sent there once: to send them each time would wait for a GPU."""
    return torch.tensor(values, device=device, dtype=dtype)


def doubled(images: Tensor, taps: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, C, 2H + T - 2, 2W + T - 2], by taps [T] whose sum is 1."""
    shape = images.shape[:2]
    maps = images.flatten(0, 1)[:, None]
    taps = 2 * taps
    maps = conv_transpose2d(maps, taps[None, None, :, None], stride=(2, 1))
    maps = conv_transpose2d(maps, taps[None, None, None, :], stride=(1, 2))
    return cast(Tensor, maps.squeeze(1).unflatten(0, shape))


def halved(images: Tensor, taps: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, C, (H - T) / 2 + 1, (W - T) / 2 + 1], by taps [T]; undoes a wavelet's `doubled`."""
    shape = images.shape[:2]
    maps = images.flatten(0, 1)[:, None]
    maps = conv2d(maps, taps[None, None, :, None], stride=(2, 1))
    maps = conv2d(maps, taps[None, None, None, :], stride=(1, 2))
    return cast(Tensor, maps.squeeze(1).unflatten(0, shape))


def each_filtered(images: Tensor, taps: Tensor) -> Tensor:
    """[N, C, H, W] -> [N, C, H - T + 1, W - T + 1], image n by taps[n] of [N, T] along both axes."""
    count, channels = images.shape[:2]
    rows = taps.repeat_interleave(channels, dim=0)[:, None]
    maps = images.flatten(0, 1)[None]
    maps = conv2d(maps, rows[..., None], groups=count * channels)
    maps = conv2d(maps, rows[:, :, None], groups=count * channels)
    return cast(Tensor, maps[0].unflatten(0, (count, channels)))
