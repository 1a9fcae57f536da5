"""Finds the step at which a loss stopped being finite, without asking the device at every step."""

from collections import defaultdict

import torch
from lightning.pytorch.strategies import Strategy
from torch import Tensor

from gan_cli.errors import Diverged
from gan_cli.variants.log import Series


class FinitenessGuard:
    """Keeps the losses on the device, step by step; whether they are finite is looked at only now and then.

    An infinite gradient under float16 is the loss scaler's business: only losses are watched.
    """

    def __init__(self) -> None:
        self._losses: defaultdict[str, Series] = defaultdict(Series)
        self._steps: defaultdict[str, list[int]] = defaultdict(list)

    def note(self, player: str, loss: Tensor, step: int) -> None:
        """Remembers a player's loss, a scalar, at a step."""
        self._losses[player].add(loss)
        self._steps[player].append(step)

    def raise_if_not_finite(self, strategy: Strategy) -> None:
        """Looks at what was noted since the last call, on all processes together.

        Raises:
            Diverged: If a loss has not been finite; names the player, the step and what may help.
        """
        for player, series in self._losses.items():
            losses = series.values()
            finite = zip(self._steps[player], losses.isfinite().cpu().tolist(), strict=True)
            first = next((step for step, is_finite in finite if not is_finite), -1)
            step = int(strategy.reduce(torch.tensor(first, device=losses.device), reduce_op="max"))
            if step >= 0:
                raise Diverged(
                    f"the {player}'s loss was not finite at step {step}; training has stopped\n"
                    f"Try a lower --model.{player}_lr, or --model.{player}_clip_norm 1"
                )
        self._losses.clear()
        self._steps.clear()
