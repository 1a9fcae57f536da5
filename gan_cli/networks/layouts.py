"""The memory layout of networks and of what they compute: contiguous, or channels_last, pixel by pixel."""

import torch
from torch import Tensor, nn

from gan_cli.devices.layout import computes_faster_channels_last

CHANNELS_LAST = {4: torch.channels_last, 5: torch.channels_last_3d}
"""The memory format that `channels_last` means for a tensor with this number of axes."""


def laid_out(tensor: Tensor, layout: torch.memory_format) -> Tensor:
    """Images, videos, volumes and weights of convolutions in a memory layout; anything else as it is.

    Args:
        tensor: Any.
        layout: `torch.channels_last`, which means its like for a tensor of five axes, or `torch.contiguous_format`.
    """
    if tensor.ndim not in CHANNELS_LAST:
        return tensor
    meant = CHANNELS_LAST[tensor.ndim] if layout is torch.channels_last else layout
    return tensor.to(memory_format=meant)  # unlike `contiguous`, it also sets what a convolution goes by: the strides


def lay_out(network: nn.Module, layout: torch.memory_format) -> None:
    """Puts a network's weights into a memory layout, and tells it to the layers that make maps of something else.

    Such a layer has an attribute `memory_format`; all others give the layout that they get.
    """
    for tensor in (*network.parameters(), *network.buffers()):
        tensor.data = laid_out(tensor.data, layout)
    for module in network.modules():
        if hasattr(module, "memory_format"):
            setattr(module, "memory_format", layout)  # noqa: B010 - a module's attributes are typed as modules


def lay_out_for_device(network: nn.Module, channels_last: bool | None) -> None:
    """The same in the layout that was typed, or else in the one that is faster on the device where the weights are."""
    if channels_last is None:
        devices = {weights.device for weights in network.parameters()}
        channels_last = all(map(computes_faster_channels_last, devices))
    lay_out(network, torch.channels_last if channels_last else torch.contiguous_format)


def lay_out_state(optimizer: torch.optim.Optimizer) -> None:
    """Gives what an optimizer keeps for each weight the weight's layout; it may come from a run with another one."""
    for weights, kept in optimizer.state.items():
        for name, value in kept.items():
            if isinstance(value, Tensor) and value.shape == weights.shape and value.stride() != weights.stride():
                kept[name] = torch.empty_like(weights, dtype=value.dtype).copy_(value)


class FirstMap(nn.Unflatten):
    """Rows of numbers [N, C * H * W] as maps [N, C, H, W] in the network's memory layout.

    Args:
        channels: C.
        size: H and W.
        frames: T of maps that have frames, [N, C, T, H, W]; 0 for maps without.
    """

    def __init__(self, channels: int, size: int = 4, frames: int = 0) -> None:
        super().__init__(1, (channels, frames, size, size) if frames else (channels, size, size))
        self.memory_format = torch.contiguous_format

    def forward(self, rows: Tensor) -> Tensor:
        """[N, C * H * W] -> [N, C, H, W], or [N, C * T * H * W] -> [N, C, T, H, W]."""
        return laid_out(super().forward(rows), self.memory_format)


class BesidePlanes(nn.Module):
    """Images, or maps, with a plane for each class behind their channels, in the network's memory layout."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_format = torch.contiguous_format

    def forward(self, images: Tensor, shares: Tensor) -> Tensor:
        """[N, C + K, H, W] from images [N, C, H, W] and shares of classes [N, K]."""
        planes = shares.to(images.dtype)[:, :, None, None].expand(-1, -1, *images.shape[2:])
        if not images.is_contiguous():  # or what is put together would be
            planes = laid_out(planes, self.memory_format)
        return laid_out(torch.cat([images, planes], dim=1), self.memory_format)


class Together(nn.Module):
    """Maps behind each other, in the network's memory layout; beside maps of one channel nothing else tells it."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_format = torch.contiguous_format

    def forward(self, *maps: Tensor) -> Tensor:
        """[N, C + C' + ..., H, W] from [N, C, H, W], [N, C', H, W] and so on."""
        return torch.cat([laid_out(some, self.memory_format) for some in maps], dim=1)
