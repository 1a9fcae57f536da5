"""The distributions that the first weights of convolutions, linear layers and embeddings are drawn from."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal

from torch import nn

FirstWeights = Literal["orthogonal", "xavier", "normal", "he"]
"""Orthogonal (Saxe et al. 2014, arXiv:1312.6120), Glorot and Bengio's uniform distribution, N(0, 0.02), or He et al.'s
normal distribution, which keeps the variance from layer to layer (arXiv:1502.01852)."""

_DRAWN: Mapping[FirstWeights, Callable[..., Any]] = {
    "orthogonal": nn.init.orthogonal_,
    "xavier": nn.init.xavier_uniform_,
    "normal": partial(nn.init.normal_, std=0.02),
    "he": partial(nn.init.kaiming_normal_, nonlinearity="relu"),
}


def draw_first_weights(network: nn.Module, distribution: FirstWeights) -> None:
    """Draws the weights of a network's convolutions, linear layers and embeddings; their biases are 0 then."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Conv3d | nn.Linear | nn.Embedding):
            _DRAWN[distribution](layer.weight)
            if not isinstance(layer, nn.Embedding) and layer.bias is not None:
                nn.init.zeros_(layer.bias)


def shrunk_kaiming(network: nn.Module, share: float = 0.1) -> None:
    """Draws a tenth of He's first weights (He et al. 2015, arXiv:1502.01852) for convolutions; their biases are 0 then.

    Residual branches without normalisation begin near nothing so (Wang et al. 2018, "ESRGAN", arXiv:1809.00219,
    section 3.1).

    Args:
        network: Its convolutions are drawn.
        share: What He's weights are multiplied by.
    """
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight)
            layer.weight.data.mul_(share)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
