"""The random numbers of a pipe, and what happens by chance."""

import torch
from torch import Tensor

UNIFORM, NORMAL = 29, 12
"""How many random numbers an image needs."""


class Coins:
    """Random numbers of N images, handed out column by column, and the probability of each change.

    They come from outside, so that they are a function of a batch and its rows.

    Args:
        uniform: [N, UNIFORM], in [0, 1).
        normal: [N, NORMAL].
        probability: A scalar >= 0; from 1 on, everything happens always.
    """

    def __init__(self, uniform: Tensor, normal: Tensor, probability: Tensor) -> None:
        self._uniform, self._normal = iter(uniform.unbind(1)), iter(normal.unbind(1))
        self.probability = probability

    def uniform(self) -> Tensor:
        """Numbers in [0, 1), [N]."""
        return next(self._uniform)

    def normal(self) -> Tensor:
        """Numbers from N(0, 1), [N]."""
        return next(self._normal)

    def sometimes(self, value: Tensor, otherwise: float, probability: Tensor | None = None) -> Tensor:
        """The value [N] where a coin falls so, and elsewhere the other."""
        happens = self.uniform() < (self.probability if probability is None else probability)
        return torch.where(happens, value, torch.full_like(value, otherwise))
