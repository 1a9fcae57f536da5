"""Finds the step at which a loss stopped being finite, without asking the device at every step."""

import torch
from lightning.pytorch.strategies import Strategy
from torch import Tensor

from gan_cli.errors import Diverged


class FinitenessGuard:
    """Records on the device, step by step, whether losses are finite; it is read only now and then.

    An infinite gradient under float16 is the loss scaler's business: only losses are watched.
    """

    def __init__(self) -> None:
        self._first_bad: dict[str, Tensor] = {}

    def note(self, player: str, loss: Tensor, step: int) -> None:
        """Remembers the step if it is the player's first with a loss, a scalar, that is not finite."""
        if player not in self._first_bad:
            self._first_bad[player] = torch.tensor(-1, device=loss.device)
        first = self._first_bad[player]
        self._first_bad[player] = first.masked_fill(loss.detach().isfinite().logical_not() & (first < 0), step)

    def raise_if_not_finite(self, strategy: Strategy) -> None:
        """Reads what was noted, on all processes together.

        Raises:
            Diverged: If a loss has not been finite; names the player, the step and what may help.
        """
        for player, first in self._first_bad.items():
            step = int(strategy.reduce(first, reduce_op="max"))
            if step >= 0:
                raise Diverged(
                    f"the {player}'s loss was not finite at step {step}; training has stopped\n"
                    f"Try a lower --model.{player}_lr, or --model.{player}_clip_norm 1"
                )
