"""The rule by which 3D-GAN's discriminator waits for its generator: no step after a batch on which it was too right.

Whether it steps depends on numbers of the device, which nothing waits for: the step is made, and taken back there.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Adam

from gan_cli.devices.processes import sum_over_processes


class AccuracyRule(nn.Module):
    """How often a discriminator was right on the batch before, of all processes; it is part of a checkpoint.

    Wu et al. 2016, arXiv:1610.07584, section 3.1: "for each batch, we only update the discriminator if its accuracy in
    the last batch is not higher than 80%". Before the first batch the accuracy is 0, so that it steps.

    Args:
        limit: The highest accuracy after which it steps; 1 lets it always step.
    """

    accuracy: Tensor
    counted: Tensor

    def __init__(self, limit: float) -> None:
        super().__init__()
        self.limit = limit
        self.register_buffer("accuracy", torch.zeros(()))
        self.register_buffer("counted", torch.zeros(2))  # how often it was right on this batch, and of how many

    @property
    def waits(self) -> Tensor:
        """Whether the discriminator makes no step on this batch, a bool of the device."""
        return self.accuracy > self.limit

    @torch.no_grad()
    def count(self, real_logits: Tensor, fake_logits: Tensor) -> None:
        """Adds the outputs [N] on real and on made things of this batch, or of a part of it."""
        right = (real_logits > 0).sum() + (fake_logits < 0).sum()
        several = torch.full_like(right, real_logits.numel() + fake_logits.numel())
        self.counted += sum_over_processes(torch.stack([right, several]).to(self.counted.dtype))

    @torch.no_grad()
    def next_batch(self) -> None:
        """Makes what was counted the accuracy on the batch before; where nothing was, it stays."""
        right, several = self.counted
        self.accuracy.copy_(torch.where(several > 0, right / several.clamp_min(1), self.accuracy))
        self.counted.zero_()


class WaitingAdam(Adam):
    """Adam whose step is taken back, moments and all, where it is to wait; no number of the device is read.

    Args:
        weights: What it moves.
        waits: Gives whether this step is to be taken back, a bool of the device.
        **options: Adam's.
    """

    def __init__(self, weights: Any, waits: Callable[[], Tensor], **options: Any) -> None:
        super().__init__(weights, **options)
        self._waits = waits

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:
        before = {id(tensor): tensor.clone() for tensor in self._moved()}
        loss = super().step(closure)
        waits = self._waits()
        for tensor in self._moved():
            old = before.get(id(tensor), torch.zeros_like(tensor))  # moments, which its first step makes, start from 0
            tensor.copy_(torch.where(waits.to(tensor.device), old, tensor))
        return loss

    def _moved(self) -> list[Tensor]:
        weights = [weights for group in self.param_groups for weights in group["params"]]
        return weights + [value for kept in self.state.values() for value in kept.values() if torch.is_tensor(value)]
