"""What a run logs: means over the batches since the last log, so that terms of every fourth batch show up too."""

from typing import TYPE_CHECKING, Any

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


class RunningMeans:
    """Means of noted values, by name; the sums are kept on the device, so that nothing waits for them."""

    def __init__(self) -> None:
        self._noted: dict[str, tuple[Tensor, int]] = {}

    def note(self, name: str, values: Tensor) -> None:
        """Adds the mean of values of any shape."""
        value = values.detach().float()
        value = value if value.ndim == 0 else value.mean()
        total, count = self._noted.get(name, (value.new_zeros(()), 0))
        self._noted[name] = (total + value, count + 1)

    def taken(self) -> dict[str, Tensor]:
        """The means since the last call, by name; scalars. The sums start again from 0."""
        means = {name: total / count for name, (total, count) in self._noted.items()}
        self._noted.clear()
        return means

    def log(self, model: "AdversarialModule") -> None:
        """Logs the means and counters in one hook: at a run's first batch Lightning forgets what other hooks log."""
        counters = model.counters
        counted = {"kimg": counters.images / 1000, "generator_steps": float(counters.generator_steps)}
        model.log_dict({**self.taken(), **counted, **axis(model)}, batch_size=1)
