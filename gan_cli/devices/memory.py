"""How much memory the machine at hand has, and how it says that there is no more."""

import gc
import math
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch.nn.modules.module import register_module_parameter_registration_hook

from gan_cli.errors import UserError

TRAINED = 4
"""While it is trained, a weight takes its room four times: beside it its gradient and the optimizer's two averages."""


_SAID = (
    "can't allocate memory",
    "not enough memory: you tried to allocate",  # on Windows
    "MPS backend out of memory",
    "Storage size calculation overflowed",
    "integer multiplication overflow",
)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no more memory; PyTorch's CPU allocator has no type of its own for it."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or any(said in str(error) for said in _SAID)


def memory() -> float:
    """Bytes of memory that the machine has; infinitely many on Windows, which Python does not let tell it."""
    if sys.platform == "win32":
        return math.inf
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_room(wanted: float, what: str, way_out: str) -> None:
    """Refuses what the machine's memory cannot hold, before it is filled.

    Args:
        wanted: Bytes.
        what: The argument that says so, and what takes them, for the message.
        way_out: What to do instead.

    Raises:
        UserError: If it is more than there is.
    """
    if wanted > memory():
        raise UserError(
            f"{what} take {wanted / 1e9:,.0f} GB, and this machine has {memory() / 1e9:,.0f} GB of memory\n{way_out}"
        )


@contextmanager
def room_for_weights() -> Iterator[None]:
    """Within the block, networks that cannot be trained in the machine's memory are refused before they fill it.

    The weights are counted as the layers get them, which is before they are drawn.

    Raises:
        UserError: If there is not so much memory.
    """
    wanted = 0

    def count(module: Any, name: str, weights: torch.nn.Parameter | None) -> None:
        nonlocal wanted
        wanted += TRAINED * weights.nbytes if weights is not None else 0
        check_room(wanted, "model: the networks' weights, with what their training needs,", _SMALLER)

    handle = register_module_parameter_registration_hook(count)
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        raise UserError(f"model: there is no memory for weights of these sizes\n{_SMALLER}") from error
    finally:
        handle.remove()


_SMALLER = "Take a lower --model.base_channels, or fewer layers"


def memory_in_use() -> str:
    """The most that this process has taken, in words."""
    if torch.cuda.is_available():
        return f"{torch.cuda.max_memory_allocated() / 1e9:.1f} GB of the GPU's memory in use"
    if torch.backends.mps.is_available():
        return f"{torch.mps.driver_allocated_memory() / 1e9:.1f} GB of the GPU's memory in use"
    if sys.platform == "win32":
        return "an unknown amount in use"
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return f"{most / 1e9:.1f} GB in use"


def free_memory() -> None:
    """Gives back the memory of objects that only refer to each other, and what the GPU's allocator keeps."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()
