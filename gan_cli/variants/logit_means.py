"""What a discriminator says on the average: moving means of its outputs on real and on made things."""

import torch
from torch import Tensor, nn

from gan_cli.devices.processes import mean_over_processes


class LogitMeans(nn.Module):
    """Moving averages over the steps of a run, of all processes; they are part of a checkpoint.

    They do not lean to where they started from: after the first step they are that step's means.
    """

    sums: Tensor
    weight: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("sums", torch.zeros(2))
        self.register_buffer("weight", torch.zeros(()))

    @torch.no_grad()
    def follow(self, real_logits: Tensor, fake_logits: Tensor, decay: float) -> None:
        """Takes in a step's outputs.

        Args:
            real_logits: On real things, any shape.
            fake_logits: On made things.
            decay: Weight of the old averages, in [0, 1); 0 makes them the latest means.
        """
        latest = torch.stack([logits.to(self.sums.dtype).mean() for logits in (real_logits, fake_logits)])
        self.sums.lerp_(mean_over_processes(latest), 1 - decay)
        self.weight.lerp_(torch.ones_like(self.weight), 1 - decay)

    @property
    def real(self) -> Tensor:
        """The mean output on real things, a scalar."""
        return self.sums[0] / self.weight

    @property
    def fake(self) -> Tensor:
        """The mean output on made things, a scalar."""
        return self.sums[1] / self.weight
