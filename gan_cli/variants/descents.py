"""The pieces of a training step: the parts of a batch, the places of their noise, and who is frozen meanwhile."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer, do_nothing_closure
from torch import Tensor, nn
from torch.nn.utils import clip_grad_norm_, get_total_norm
from torch.optim import Optimizer

from gan_cli import seeding


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


def parts_of(
    batch: Any, accumulate: int, rank: int, world_size: int, laid_out: Callable[[Tensor], Tensor]
) -> Iterator[BatchPart]:
    """A process's batch cut into parts.

    Args:
        batch: A named tuple of tensors.
        accumulate: The largest number of parts.
        rank: The process's number.
        world_size: How many processes share the global batch.
        laid_out: Gives a tensor as the networks want it in memory.
    """
    count = len(batch[0])
    first, total = rank * count, world_size * count
    for rows in torch.arange(count).chunk(accumulate):
        start, stop = int(rows[0]), int(rows[-1]) + 1
        part = type(batch)(*(laid_out(tensor[start:stop]) for tensor in batch))
        yield BatchPart(part, seeding.Rows(first + start, first + stop, total), (stop - start) / count)


@contextmanager
def frozen(networks: Iterable[nn.Module]) -> Iterator[None]:
    """Within the block, these networks' parameters get no gradients, which makes the others' passes cheaper."""
    resting = [weights for network in networks for weights in network.parameters() if weights.requires_grad]
    for weights in resting:
        weights.requires_grad = False
    try:
        yield
    finally:
        for weights in resting:
            weights.requires_grad = True


@contextmanager
def counted_once(optimizers: Sequence[LightningOptimizer]) -> Iterator[None]:
    """Within the block, Lightning counts one step, whoever steps and however often.

    Lightning counts every optimizer step, so with two players `max_steps` would count a batch twice. At each
    batch, the loop gives these private hooks to all optimizers; here they are called once, and by none of them.
    """
    before, after = optimizers[0]._on_before_step, optimizers[0]._on_after_step
    for optimizer in optimizers:
        optimizer._on_before_step = optimizer._on_after_step = do_nothing_closure
    before()
    yield
    after()


def clipped(optimizer: Optimizer, limit: float) -> Tensor:
    """The norm of an optimizer's gradient before it is cut back to the limit; a limit of 0 cuts nothing."""
    parameters = [p for group in optimizer.param_groups for p in group["params"] if p.grad is not None]
    if limit:
        return clip_grad_norm_(parameters, limit)
    return get_total_norm([p.grad for p in parameters])


def as_list(optimizers: Any) -> list[Any]:
    """Lightning's optimizers as a list; Lightning returns a single one bare."""
    return optimizers if isinstance(optimizers, list) else [optimizers]
