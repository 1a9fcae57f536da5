"""What is logged of a run: means over the batches since the last log, so that terms of every fourth batch show up."""

from torch import Tensor


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
