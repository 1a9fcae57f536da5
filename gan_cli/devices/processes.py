"""Numbers of all processes of a run together; of a process alone its own."""

from typing import cast

from torch import Tensor, distributed
from torch.distributed.nn.functional import all_reduce


def mean_over_processes(mean: Tensor) -> Tensor:
    """The mean over all processes of what each has as a mean; the gradient comes back to each of them."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return mean
    return cast(Tensor, all_reduce(mean)) / distributed.get_world_size()


def sum_over_processes(part: Tensor) -> Tensor:
    """The sum over all processes of what each has; the gradient comes back to each of them."""
    if not (distributed.is_available() and distributed.is_initialized()):
        return part
    return cast(Tensor, all_reduce(part))
