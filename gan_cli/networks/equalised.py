"""Layers with an equalised learning rate: weights start from N(0, 1) and are scaled to their fan-in as they are used.

Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", arXiv:1710.10196,
section 4.1. Adam's steps do not depend on a gradient's scale, so weights of one size all learn equally fast; learning
rates near 0.002 presuppose it.
"""

from math import sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, leaky_relu, linear

SLOPE = 0.2
ROOT_2 = sqrt(2)
LARGEST = 256
"""What is let through in float16, as in StyleGAN2-ADA's code."""


class EqualisedLinear(nn.Module):
    """A linear layer.

    Args:
        inputs: Numbers in.
        outputs: Numbers out.
        gain: What the scaled weights are multiplied by.
        rate: What the learning rate is multiplied by, for weights and biases.
        start: Where biases start; None has none.
    """

    def __init__(
        self, inputs: int, outputs: int, gain: float = 1.0, rate: float = 1.0, start: float | None = 0.0
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / rate)
        self.bias = None if start is None else nn.Parameter(torch.full((outputs,), start / rate))
        self.scale = gain * rate / sqrt(inputs)
        self.rate = rate

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs] -> [N, outputs]."""
        bias = self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate
        return linear(inputs, self.weight * self.scale, bias)


class EqualisedConv2d(nn.Module):
    """A convolution that keeps the map, or a strided one without padding.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        kernel: Its side.
        gain: What the scaled weights are multiplied by.
        bias: Whether it has a bias, which starts at 0.
        stride: Above 1 there is no padding.
    """

    def __init__(
        self, inputs: int, outputs: int, kernel: int, gain: float = 1.0, bias: bool = True, stride: int = 1
    ) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = gain / sqrt(inputs * kernel**2)
        self.stride = stride
        self.padding = kernel // 2 if stride == 1 else 0

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W']."""
        return conv2d(inputs, self.weight * self.scale, self.bias, self.stride, self.padding)


def pixel_norm(features: Tensor) -> Tensor:
    """Each place's vector of features, dim 1, at length sqrt(C) (Karras et al. 2018, section 4.2), in float32.

    Sums, because a mean's gradient is contiguous.
    """
    features = precise(features)
    squares = features.square().sum(dim=1, keepdim=True) / features.shape[1]
    return features * (squares + 1e-8).rsqrt()


def precise(values: Tensor) -> Tensor:
    """In float32 at least."""
    return values.to(torch.promote_types(values.dtype, torch.float32))


def scaled_leaky_relu(features: Tensor) -> Tensor:
    """A leaky ReLU times sqrt(2), which keeps the variance; in float16, which ends at 65,504, within +-256."""
    outputs = leaky_relu(features, SLOPE) * ROOT_2
    return outputs.clamp(-LARGEST, LARGEST) if outputs.dtype == torch.float16 else outputs
