"""What a run logs: means over the batches since the last log, so that terms of every fourth batch show up too."""

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


def is_due(trainer: Any, batches: int) -> bool:
    """Whether a trainer logs after so many batches."""
    every = int(getattr(trainer, "log_every_n_steps", 0) or 0)
    return every > 0 and batches % every == 0


def axis(model: "AdversarialModule") -> dict[str, float]:
    """The loggers' axis: batches trained in the whole run; Lightning's own count starts at 0."""
    return {"step": float(model.counters.batches)}


class Series:
    """Scalars in the order in which they came, kept on the device; nothing is computed of them until they are read.

    A step that adds to it launches nothing and waits for nothing.
    """

    PAGE = 64
    """So many scalars are put together, because a scalar alone takes as much of a GPU's memory as a page of them."""

    def __init__(self) -> None:
        self._pages: list[Tensor] = []
        self._loose: list[Tensor] = []

    def add(self, scalar: Tensor) -> None:
        """Puts a scalar at the end."""
        self._loose.append(scalar.detach())
        if len(self._loose) == self.PAGE:
            self._pages, self._loose = [*self._pages, torch.stack(self._loose)], []

    def values(self) -> Tensor:
        """All of them, [N], N of 1 or more."""
        loose = [torch.stack(self._loose)] if self._loose else []
        return torch.cat([*self._pages, *loose])


class RunningMeans:
    """Means of noted values, by name."""

    def __init__(self) -> None:
        self._noted: defaultdict[str, Series] = defaultdict(Series)

    def note(self, name: str, values: Tensor) -> None:
        """Adds the mean of values of any shape."""
        self._noted[name].add(values if values.ndim == 0 else values.detach().float().mean())

    def taken(self) -> dict[str, Tensor]:
        """The means since the last call, by name; scalars. They start again from nothing."""
        means = {name: series.values().float().mean() for name, series in self._noted.items()}
        self._noted.clear()
        return means

    def log(self, model: "AdversarialModule") -> None:
        """Logs the means and counters in one hook: at a run's first batch Lightning forgets what other hooks log."""
        counters = model.counters
        counted = {"kimg": counters.images / 1000, "generator_steps": float(counters.generator_steps)}
        model.log_dict({**self.taken(), **counted, **axis(model)}, batch_size=1)
