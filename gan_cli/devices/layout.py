"""Which memory layout the machine at hand computes faster in."""

import torch

TENSOR_CORES = (7, 0)
"""The first capability of a CUDA GPU with tensor cores."""


def computes_faster_channels_last(device: torch.device) -> bool:
    """Whether convolutions are faster where a pixel's channels lie side by side; a function of the machine alone.

    Nothing is timed here, because two calls could then differ: a run that goes on adds up as it did before. It holds
    for networks in which no layer goes back to contiguous memory; see docs/performance.md for the figures.
    """
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= TENSOR_CORES
    return device.type == "cpu" and torch.backends.mkldnn.is_available()
