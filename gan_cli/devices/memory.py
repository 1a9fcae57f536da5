"""How much memory the machine at hand has, and how it says that there is no more."""

import gc
import os
import resource
import sys

import torch


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that there is no more memory; PyTorch's CPU allocator has no type of its own for it."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


def memory() -> int:
    """Bytes of memory that the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def memory_in_use() -> str:
    """The most that this process has taken, in words."""
    if torch.cuda.is_available():
        return f"{torch.cuda.max_memory_allocated() / 1e9:.1f} GB of the GPU's memory in use"
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return f"{most / 1e9:.1f} GB in use"


def free_memory() -> None:
    """Gives back the memory of objects that only refer to each other, and what the GPU's allocator keeps."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
