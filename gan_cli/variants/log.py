"""What is logged of a run: means over the batches since the last log, so that terms of every fourth batch show up."""

from typing import TYPE_CHECKING, Any

from torch import Tensor

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


def is_due(trainer: Any, batches: int) -> bool:
    """Whether a trainer logs after so many batches."""
    every = int(getattr(trainer, "log_every_n_steps", 0) or 0)
    return every > 0 and batches % every == 0


def axis(model: "AdversarialModule") -> dict[str, float]:
    """The loggers' axis, batches trained; Lightning's own starts at 0."""
    return {"step": float(model.counters.batches)}


class RunningMeans:
    """Sums up what is noted, by name, on the device: nothing waits for it."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[Tensor, int]] = {}

    def note(self, name: str, values: Tensor) -> None:
        """Adds the mean of values of any shape."""
        value = values.detach().float()
        value = value if value.ndim == 0 else value.mean()
        total, count = self._noted.get(name, (value.new_zeros(()), 0))
        self._noted[name] = (total + value, count + 1)

    def taken(self) -> dict[str, Tensor]:
        """The means since this was last asked, by name; scalars. The sums begin anew."""
        means = {name: total / count for name, (total, count) in self._noted.items()}
        self._noted.clear()
        return means

    def log(self, model: "AdversarialModule") -> None:
        """Logs them with the counters, in one hook: at a run's first batch Lightning forgets what others log."""
        counters = model.counters
        counted = {"kimg": counters.images / 1000, "generator_steps": float(counters.generator_steps)}
        model.log_dict({**self.taken(), **counted, **axis(model)}, batch_size=1)
