"""Where noise belongs: to some rows of a batch, so that it is a function of them and not of what was drawn before."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from lightning.pytorch import LightningModule
from torch import Tensor

from gan_cli import seeding
from gan_cli.portions import Portions
from gan_cli.variants.record import Counters


class Place(NamedTuple):
    """Where noise belongs: to some rows of the global batch of a step, in a stream of random numbers.

    Attributes:
        rows: The rows at hand.
        seed: The seed of the stream.
        step: The batch's number in the stream.
    """

    rows: seeding.Rows
    seed: int
    step: int


class PlacedModule(LightningModule):
    """A module that is at work on some rows of a batch, and draws noise for them."""

    counters: Counters
    seed: int
    attempt: int = 0
    """How often the run has gone back to a checkpoint."""
    portions: Portions = Portions()
    """How much of the data each batch holds; a variant that grows sets its own."""
    _place: Place | None = None

    def noise(self, use: str, *shape: int, distribution: seeding.Distribution = "normal") -> Tensor:
        """Random numbers for the things at hand, [N, *shape]: a function of the seed, the batch and the rows.

        Args:
            use: What they are for; different uses are independent.
            *shape: Shape of one row.
            distribution: N(0, 1) or uniform on [-1, 1].

        Raises:
            RuntimeError: Outside a step of training or validation, where there is no batch that it could belong to.
        """
        rows, seed, step = self._here
        drawn = seeding.noise_for_rows(rows, shape, seed=seed, use=use, step=step, distribution=distribution)
        return seeding.sent(drawn, self.device)

    @property
    def noise_seed(self) -> int:
        """The seed that noise is drawn from: the run's own, or another one after a rollback."""
        return seeding.mix(self.seed, "attempt", self.attempt) if self.attempt else self.seed

    @property
    def rows(self) -> seeding.Rows:
        """Which rows of the global batch are at hand, and how many it has."""
        return self._here.rows

    @contextmanager
    def at(self, rows: seeding.Rows, seed: int, step: int) -> Iterator[None]:
        """Within the block, noise belongs to these rows of a batch; see `Place`."""
        before, self._place = self._place, Place(rows, seed, step)
        try:
            yield
        finally:
            self._place = before

    def place_of(self, rows: seeding.Rows, again: int = 0) -> Place:
        """Where the noise of some rows of this batch belongs; a player that descends again on it gets other noise."""
        seed = seeding.mix(self.noise_seed, "again", again) if again else self.noise_seed
        return Place(rows, seed, self.counters.batches)

    @property
    def _here(self) -> Place:
        if self._place is None:
            raise RuntimeError("noise belongs to a batch, and none is at hand: draw it by gan_cli.seeding.draw")
        return self._place
