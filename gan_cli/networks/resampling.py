"""Resampling of maps without aliases, by the kernel [1, 3, 3, 1] x [1, 3, 3, 1] / 64 (Karras et al. 2020,
arXiv:1912.04958, appendix B; Zhang 2019, arXiv:1904.11486)."""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d

TAPS = (1.0, 3.0, 3.0, 1.0)


class Binomial(nn.Module):
    """The kernel, for each channel alone."""

    kernel: Tensor

    def __init__(self) -> None:
        super().__init__()
        taps = torch.tensor(TAPS) / sum(TAPS)
        self.register_buffer("kernel", torch.outer(taps, taps), persistent=False)

    def blurred(self, maps: Tensor, padding: int, gain: float = 1.0, stride: int = 1) -> Tensor:
        """[N, C, H, W] -> [N, C, H', W'] with H' = (H + 2 padding - 4) / stride + 1."""
        return conv2d(maps, self._for(maps, gain), stride=stride, padding=padding, groups=maps.shape[1])

    def doubled(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, 2H, 2W]."""
        return conv_transpose2d(maps, self._for(maps, 4.0), stride=2, padding=1, groups=maps.shape[1])

    def halved(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H / 2, W / 2]."""
        return self.blurred(maps, padding=1, stride=2)

    def _for(self, maps: Tensor, gain: float) -> Tensor:
        return (self.kernel * gain).to(maps.dtype).expand(maps.shape[1], 1, len(TAPS), len(TAPS))
