"""The parts that a batch is cut into, and what the descents on each of them share."""

from collections.abc import Callable, Iterator
from math import ceil
from typing import TYPE_CHECKING, Any, NamedTuple

from torch import Tensor

from gan_cli import seeding
from gan_cli.variants.replay import made_twice

if TYPE_CHECKING:
    from gan_cli.variants.base import AdversarialModule


class BatchPart(NamedTuple):
    """A part of a batch.

    Attributes:
        batch: What the descents start from.
        rows: Its rows of the global batch.
        share: The weight of its loss in the batch's loss.
    """

    batch: Any
    rows: seeding.Rows
    share: float


def prepared(model: "AdversarialModule", batch: Any, again: int) -> list[BatchPart]:
    """The parts of a process's batch, each with the input that all descents on it share.

    The graph of that input is kept where there is one part alone. Where others wait beside it, each part's is made once
    more in its own turn, so that no more than one is in memory.

    Args:
        model: Makes the shared input, and says how many parts there are at most.
        batch: A named tuple of tensors, or of tuples of N plain values.
        again: How often the player at hand has descended on the batch before.
    """

    def shared(part: BatchPart) -> Any:
        def make(batch: Any) -> Any:
            with model.at(*model.place_of(part.rows, again)):
                return model.shared(batch)

        return made_twice(make, part.batch, model) if len(parts) > 1 else make(part.batch)

    parts = list(_parts(batch, model.accumulate, model.global_rank, model.trainer.world_size, model.laid_out))
    return [part._replace(batch=shared(part)) for part in parts]


def _parts(
    batch: Any, accumulate: int, rank: int, world_size: int, laid_out: Callable[[Tensor], Tensor]
) -> Iterator[BatchPart]:
    count = len(batch[0])
    first, total = rank * count, world_size * count
    size = ceil(count / accumulate)
    for start in range(0, count, size):
        stop = min(start + size, count)
        cut = (field[start:stop] for field in batch)
        part = type(batch)(*(laid_out(rows) if isinstance(rows, Tensor) else rows for rows in cut))
        yield BatchPart(part, seeding.Rows(first + start, first + stop, total), (stop - start) / count)
