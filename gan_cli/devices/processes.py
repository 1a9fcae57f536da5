"""Numbers of all processes of a run together; of a process alone its own."""

from typing import Any, cast

import torch
from torch import Tensor, distributed
from torch.autograd.function import once_differentiable


def are_several() -> bool:
    """Whether this process exchanges things with others of its run."""
    return distributed.is_available() and distributed.is_initialized()


def rank() -> int:
    """This process's number, from 0; a process alone has 0."""
    return distributed.get_rank() if are_several() else 0


class _Sum(torch.autograd.Function):
    """The sum over all processes, whose gradient is the sum of all processes' gradients."""

    @staticmethod
    def forward(ctx: Any, part: Tensor) -> Tensor:
        total = part.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        total = gradient.clone()
        distributed.all_reduce(total)
        return total


def mean_over_processes(mean: Tensor) -> Tensor:
    """The mean over all processes of what each has as a mean; the gradient comes back to each of them."""
    if not are_several():
        return mean
    return sum_over_processes(mean) / distributed.get_world_size()


def sum_over_processes(part: Tensor) -> Tensor:
    """The sum over all processes of what each has; the gradient comes back to each of them."""
    if not are_several():
        return part
    return cast(Tensor, _Sum.apply(part))
