"""Noise on what passes between two layers."""

import torch
from torch import Tensor, nn


class GaussianNoise(nn.Module):
    """Adds noise from N(0, deviation) in training mode; like dropout, it depends on the process and not on the row.

    Args:
        deviation: Its standard deviation.
    """

    def __init__(self, deviation: float) -> None:
        super().__init__()
        self.deviation = deviation

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        return inputs + self.deviation * torch.randn_like(inputs) if self.training else inputs
