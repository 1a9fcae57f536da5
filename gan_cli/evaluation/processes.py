"""Deals work out to the processes of a run and puts the results together, as one process would make them."""

from collections.abc import Callable
from typing import Any, TypeVar, cast

import torch
from torch import Tensor, distributed

from gan_cli.devices.processes import are_several
from gan_cli.errors import RunFailed, UserError

T = TypeVar("T")


def place() -> tuple[int, int]:
    """This process's number, and how many there are."""
    return (distributed.get_rank(), distributed.get_world_size()) if are_several() else (0, 1)


def my_batches(count: int, batch_size: int) -> list[Tensor]:
    """This process's batches of positions; they are whole ones, the same as those of a single process."""
    rank, world_size = place()
    return list(torch.arange(count).split(batch_size))[rank::world_size] if count else []


def gathered(mine: list[Tensor], count: int, batch_size: int, width: int, device: torch.device) -> Tensor:
    """The rows that all processes made of their batches, in order, float32 [count, width] on the CPU.

    Args:
        mine: One tensor [N, width] for each of `my_batches`.
        count: Rows of all processes together.
        batch_size: As for `my_batches`.
        width: Numbers in a row; a process may have no batch that would tell.
        device: Where processes exchange tensors.
    """
    _, world_size = place()
    own = torch.cat([torch.empty(0, width), *(rows.float().cpu() for rows in mine)])
    if world_size == 1:
        return own
    batches = list(torch.arange(count).split(batch_size))
    shares = [batches[number::world_size] for number in range(world_size)]
    most = max(sum(map(len, share)) for share in shares)
    padded = torch.zeros(most, width, device=device)
    padded[: len(own)] = own.to(device)
    parts = [torch.empty_like(padded) for _ in shares]
    distributed.all_gather(parts, padded)
    rows = torch.empty(count, width)
    for share, part in zip(shares, parts, strict=True):
        if share:
            positions = torch.cat(share)
            rows[positions] = part[: len(positions)].cpu()
    return rows


def by_first(make: Callable[[], T]) -> T:
    """What the first process makes, handed to all; an error of it is raised by all, so that none waits for it.

    Raises:
        UserError: If the first process does.
        RunFailed: If the first process does.
    """
    rank, world_size = place()
    if world_size == 1:
        return make()
    box: list[Any] = [None]
    if rank == 0:
        try:
            box = [make()]
        except (UserError, RunFailed) as error:
            box = [error]
    distributed.broadcast_object_list(box, src=0)
    if isinstance(box[0], UserError | RunFailed):
        raise box[0]
    return cast(T, box[0])
