"""The protocol of measures that a set of things has beside what each was made from, with baselines of its own."""

from abc import ABC, abstractmethod
from typing import Any, ClassVar

from torch import Tensor


class OwnScores(ABC):
    """A set's own measures of several things that are made from each given one, beside baselines and the truth."""

    samples: ClassVar[int]
    """K, how many things are made from each given one."""
    names: ClassVar[tuple[str, ...]]
    """The measures, by their names in `evaluation.scores.KINDS`."""
    floored: ClassVar[tuple[str, ...]] = ()
    """Those of them that mean something of real things too; of others, real things are right by definition."""
    things: ClassVar[str]
    """What a given thing is called, in the plural."""

    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The names of the baselines."""

    @abstractmethod
    def sums(self, made: Tensor, batch: Any) -> Tensor:
        """Sums and weights, [N, 1 + baselines + 1, S, 2], by thing: of the made ones, the baselines, and the real ones.

        A measure is the sum of all sums over the sum of all weights.

        Args:
            made: [N, K, ...], as they are kept.
            batch: What they were made from and what is right, as it is kept.
        """
