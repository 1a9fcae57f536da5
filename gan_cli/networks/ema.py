"""The shadow of a network: the exponential moving average (EMA) of its weights."""

from copy import deepcopy
from typing import cast

import torch
from torch import Tensor, nn


class ShadowNetwork(nn.Module):
    """A network with averaged weights, in float32 whatever the live one's type.

    Parameters and the running mean and variance of batch normalisation are both averaged: averaged parameters with
    other statistics give noise. Integer buffers and spectral normalisation's vectors are copied.

    Args:
        live: The network to follow; it is copied, not kept.
    """

    def __init__(self, live: nn.Module) -> None:
        super().__init__()
        self.network = deepcopy(live).float().requires_grad_(False)

    @torch.no_grad()
    def update(self, live: nn.Module, decay: float) -> None:
        """Moves the average towards the live network.

        Args:
            live: The network that is followed, just stepped.
            decay: Weight of the old average, in [0, 1].
        """
        averaged, copied = _split(self.network)
        live_averaged, live_copied = _split(live)
        live_averaged = [tensor.to(shadow.dtype) for tensor, shadow in zip(live_averaged, averaged, strict=True)]
        torch._foreach_lerp_(averaged, live_averaged, 1 - decay)
        for shadow, tensor in zip(copied, live_copied, strict=True):
            shadow.copy_(tensor)

    def forward(self, *inputs: Tensor, **named: Tensor) -> Tensor:
        """The output of the averaged network, which takes what the network takes."""
        return cast(Tensor, self.network(*inputs, **named))


def _split(network: nn.Module) -> tuple[list[Tensor], list[Tensor]]:
    """A network's tensors that are averaged, and those that are copied."""
    averaged: list[Tensor] = [parameter.detach() for parameter in network.parameters()]
    copied: list[Tensor] = []
    for name, buffer in network.named_buffers():
        is_statistic = name.endswith(("running_mean", "running_var"))
        (averaged if is_statistic else copied).append(buffer)
    return averaged, copied
