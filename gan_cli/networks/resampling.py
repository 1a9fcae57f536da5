"""Resampling of maps without aliases, by the kernel [1, 3, 3, 1] x [1, 3, 3, 1] / 64 (Karras et al. 2020,
arXiv:1912.04958, appendix B; Zhang 2019, arXiv:1904.11486)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pad


class Binomial(nn.Module):
    """The kernel, for each channel alone.

    Args:
        kept: Whether it is part of a checkpoint, which may then hold another one of 3 or 4 taps.
    """

    kernel: Tensor

    def __init__(self, kept: bool = False) -> None:
        super().__init__()
        self.register_buffer("kernel", square_filter(1.0, 3.0, 3.0, 1.0), persistent=kept)

    def blurred(self, maps: Tensor, padding: int, gain: float = 1.0, stride: int = 1) -> Tensor:
        """[N, C, H, W] -> [N, C, H', W'] with H' = (H + 2 padding - 4) / stride + 1."""
        return conv2d(maps, self._for(maps, gain), stride=stride, padding=padding, groups=maps.shape[1])

    def doubled(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, 2H, 2W]."""
        kernel, odd = self._for(maps, 4.0), len(self.kernel) % 2
        return conv_transpose2d(maps, kernel, stride=2, padding=1, output_padding=odd, groups=maps.shape[1])

    def halved(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H / 2, W / 2]."""
        return self.blurred(maps, padding=1, stride=2)

    def _for(self, maps: Tensor, gain: float) -> Tensor:
        return (self.kernel * gain).to(maps.dtype).expand(maps.shape[1], 1, *self.kernel.shape)


def square_filter(*taps: float) -> Tensor:
    """A filter [T, T] of sum 1, the same along both axes."""
    weights = torch.tensor(taps)
    return torch.outer(weights, weights) / weights.sum() ** 2


class Blur(nn.Module):
    """The kernel [1, 2, 1] x [1, 2, 1] / 16, for each channel alone.

    Args:
        stride: 1 keeps the size of maps, 2 takes every second pixel of what is blurred, from the first one on.
        padding: What lies beyond the edge: zeros, or the maps mirrored.
    """

    kernel: Tensor

    def __init__(self, stride: Literal[1, 2] = 1, padding: Literal["zeros", "reflect"] = "zeros") -> None:
        super().__init__()
        self.stride, self.padding = stride, padding
        self.register_buffer("kernel", square_filter(1.0, 2.0, 1.0), persistent=False)

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H', W'] with H' = H / stride, rounded up."""
        kernel = self.kernel.to(maps.dtype).expand(maps.shape[1], 1, 3, 3)
        padded = pad(maps, [1, 1, 1, 1], "reflect") if self.padding == "reflect" else maps
        return conv2d(padded, kernel, stride=self.stride, padding=int(padded is maps), groups=maps.shape[1])
