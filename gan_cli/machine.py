"""What the machine at hand has, and how it says that it has no more."""

import gc
import os
import resource
import sys
from pathlib import Path

import torch


def on_gpus(accelerator: str) -> bool:
    """Whether `--trainer.accelerator` means CUDA's GPUs here."""
    return accelerator in ("gpu", "cuda") or (accelerator == "auto" and torch.cuda.is_available())


def has_bfloat16(accelerator: str) -> bool:
    """Whether there are units for bfloat16; without them it is many times slower than float32."""
    if on_gpus(accelerator):
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        flags = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


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
    """Gives back what objects hold that only refer to each other, and what the GPU's allocator keeps."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
