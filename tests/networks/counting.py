"""What tests count in networks."""

from typing import Any

from torch import nn


def count(network: nn.Module) -> int:
    """Parameters."""
    return sum(parameter.numel() for parameter in network.parameters())


def layers_with_weights(network: nn.Module) -> list[Any]:
    """Convolutions and linear layers, shortcuts left out."""
    return [
        module
        for name, module in network.named_modules()
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear) and "shortcut" not in name
    ]


def widths(network: nn.Module) -> list[tuple[int, int]]:
    """The first two sizes of each layer's weight: channels out and in, for transposed convolutions in and out."""
    return [tuple(layer.weight.shape[:2]) for layer in layers_with_weights(network)]
