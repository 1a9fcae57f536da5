"""The first weights of Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028, as their code
draws them: uniform, by the connections of both ends of a layer (Glorot and Bengio 2010)."""

from math import sqrt
from typing import TypeVar

from torch import nn

from gan_cli.networks.layers import Activation, activation, fan

Layer = TypeVar("Layer", nn.Linear, nn.Conv2d, nn.ConvTranspose2d)


def started(layer: Layer, he: bool = False) -> Layer:
    """The layer with weights of deviation sqrt(2 / (fan-in + fan-out)) and biases 0.

    Args:
        layer: Of a stride of 2, its larger side counts a fourth of its connections.
        he: Twice the variance, for layers behind a ReLU.
    """
    taps, stride = (1, 1) if isinstance(layer, nn.Linear) else (layer.kernel_size[0] ** 2, layer.stride[0] ** 2)
    rows, columns = layer.weight.shape[:2]
    bound = sqrt(3 * (4 if he else 2) / (taps * (rows / stride + columns)))
    nn.init.uniform_(layer.weight, -bound, bound)
    if layer.bias is not None:
        nn.init.zeros_(layer.bias)
    return layer


def convolution(
    inputs: int, outputs: int, kernel: int, he: bool = True, bias: bool = True, stride: int = 1
) -> nn.Module:
    """A convolution that keeps the map's size, or divides it by the stride."""
    return started(nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=bias), he)


def activated(kind: Activation, channels: int) -> list[nn.Module]:
    """An activation, with a 1x1 convolution in front that makes more channels for one that takes them."""
    widening = [convolution(channels, fan(kind) * channels, 1, he=False)] if fan(kind) > 1 else []
    return [*widening, activation(kind)]
