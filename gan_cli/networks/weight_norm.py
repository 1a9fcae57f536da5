"""Weights as lengths and directions, and layers whose first pass sets them: weight normalisation.

Salimans and Kingma 2016, "Weight Normalization: A Simple Reparameterization to Accelerate Training of Deep Neural
Networks", arXiv:1602.07868, equations 2 and 6; in the way of Salimans et al. 2016, arXiv:1606.03498, whose code learns
the lengths of the last layer alone.
"""

from collections.abc import Iterator
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils import parametrize

Layer = TypeVar("Layer", bound=nn.Linear | _ConvNd)

EPSILON = 1e-6
"""Keeps the length of a direction above 0, as in the authors' code."""
FLATTEST = 1e-4
"""Outputs that deviate less than this, of a unit that sees nothing, are not made larger than by its inverse."""


class NormalisedWeight(nn.Module):
    """A parametrisation: each output's weights are a direction times a length.

    Args:
        outputs: How many outputs the layer has.
        axis: The weights' axis of outputs.
        learned: Whether the lengths are learned, or stay as the first pass has set them.
        spread: The standard deviation of each output after the first pass; None leaves the layer as it is.
    """

    length: Tensor

    def __init__(self, outputs: int, axis: int, learned: bool, spread: float | None) -> None:
        super().__init__()
        self.axis = axis
        self.spread = spread
        if learned:
            self.length = nn.Parameter(torch.ones(outputs))
        else:
            self.register_buffer("length", torch.ones(outputs))

    def forward(self, direction: Tensor) -> Tensor:
        """The weights, of the direction's shape."""
        others = [axis for axis in range(direction.ndim) if axis != self.axis]
        squares = direction.square().sum(others, keepdim=True)
        return direction * (self.length.view(squares.shape) * torch.rsqrt(squares + EPSILON))


def normalised(layer: Layer, learned: bool = False, spread: float | None = 1.0) -> Layer:
    """The layer with normalised weights; their directions are its weights so far.

    Args:
        layer: Has a bias.
        learned: Whether the lengths are learned too.
        spread: The standard deviation of its outputs after the first pass; None leaves the layer as it is.
    """
    axis = 1 if isinstance(layer, _ConvTransposeNd) else 0
    weights = NormalisedWeight(layer.weight.shape[axis], axis, learned, spread)
    parametrize.register_parametrization(layer, "weight", weights)
    return layer


def starts_from_data(network: nn.Module) -> bool:
    """Whether a first pass has something to set in the network."""
    return any(True for _ in _starting(network))


@torch.no_grad()
def start_from_data(network: nn.Module, *inputs: Tensor) -> None:
    """Sets lengths and biases so that each output of a normalised layer has mean 0 and its spread over the inputs.

    Args:
        network: In training mode, so that its noise is on; not compiled yet.
        *inputs: What it takes.
    """
    hooks = [layer.register_forward_hook(_standardise) for layer in _starting(network)]
    try:
        network(*inputs)
    finally:
        for hook in hooks:
            hook.remove()


def _starting(network: nn.Module) -> Iterator[nn.Module]:
    for layer in network.modules():
        if (weights := _normalisation(layer)) is not None and weights.spread is not None:
            yield layer


def _normalisation(layer: nn.Module) -> NormalisedWeight | None:
    if not parametrize.is_parametrized(layer, "weight"):
        return None
    weights = layer.parametrizations["weight"][0]  # type: ignore[index]
    return weights if isinstance(weights, NormalisedWeight) else None


def _standardise(layer: nn.Module, _: tuple[Tensor, ...], outputs: Tensor) -> Tensor:
    """A layer's outputs without mean and with its spread, as it will give them from now on."""
    weights, bias = _normalisation(layer), layer.bias
    assert weights is not None
    assert weights.spread is not None
    assert isinstance(bias, Tensor)
    over = [0, *range(2, outputs.ndim)]
    variance, mean = torch.var_mean(outputs.to(bias.dtype), over, correction=0, keepdim=True)
    factor = weights.spread / variance.sqrt().clamp(min=FLATTEST)
    weights.length.mul_(factor.flatten())
    bias.sub_(mean.flatten()).mul_(factor.flatten())
    return ((outputs - mean) * factor).to(outputs.dtype)
