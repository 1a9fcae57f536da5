"""The order of samples as a pure function of (seed, position): a resumed run sees the data it would have seen.

Training reads an endless stream: one shuffled pass over the set after another. The position in it is counted in images,
so that it keeps its meaning when the batch size or the number of processes changes.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.utils.data import Sampler

from gan_cli.portions import Portions


class Span(NamedTuple):
    """Places [start, stop) of the endless stream of a run: what a batch is made of, its order and its augmentation.

    Attributes:
        seed: The run's seed.
        start: The first place.
        stop: The place after the last.
    """

    seed: int
    start: int
    stop: int

    @property
    def positions(self) -> range:
        """Every place."""
        return range(self.start, self.stop)


class StreamSampler(Sampler[Span]):
    """Batches for training, this process's share of each, as places of the run's stream.

    Args:
        size: Images in the set; at least one global batch.
        batch_size: Images a process gets at a time, before they are multiplied.
        seed: The run's seed.
        rank: This process's number.
        world_size: How many processes share each global batch.
        position: Tells how many images all processes together have been shown so far; asked anew at the start of each
            pass of the loader, so that no state is kept here.
        portions: How much each batch holds.
    """

    def __init__(
        self,
        size: int,
        batch_size: int,
        *,
        seed: int,
        rank: int,
        world_size: int,
        position: Callable[[], int],
        portions: Portions | None = None,
    ) -> None:
        self.size = size
        self.batch_size = batch_size
        self.world_size = world_size
        self.seed = seed
        self.rank = rank
        self.position = position
        self.portions = portions or Portions()

    def __len__(self) -> int:
        """Batches that Lightning calls an epoch: the whole global batches in the set, before they are multiplied."""
        return self.size // (self.batch_size * self.world_size)

    def __iter__(self) -> Iterator[Span]:
        first = self.position()
        for _ in range(len(self)):
            count = self.batch_size * self.portions.at(first).multiple
            mine = first + self.rank * count
            yield Span(self.seed, mine, mine + count)
            first += self.world_size * count


def dealt_indices(size: int, batch_size: int, rank: int, world_size: int) -> list[Tensor]:
    """Batches for evaluation: every thing once, dealt out to the processes; a process may get none."""
    mine = torch.arange(size)[rank::world_size]
    return list(mine.split(batch_size)) if len(mine) else []


def spread(indices: Tensor, longer: int, shorter: int) -> Tensor:
    """Numbers of a longer list as numbers of a shorter one, so that both are passed through once; int64 [N]."""
    return indices * shorter // longer
