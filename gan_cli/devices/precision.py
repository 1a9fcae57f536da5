"""Which kinds of numbers the machine at hand computes fast."""

from pathlib import Path

import torch


def full_name(name: str | int | None) -> str:
    """Lightning's whole name of a precision, such as "bf16-mixed" of "bf16"; "32-true" where none is given."""
    return {"32": "32-true", "16": "16-mixed", "bf16": "bf16-mixed"}.get(str(name or 32), str(name or 32))


def on_gpus(accelerator: str) -> bool:
    """Whether `--trainer.accelerator` means CUDA's GPUs here."""
    return accelerator in ("gpu", "cuda") or (accelerator == "auto" and torch.cuda.is_available())


def has_bfloat16(accelerator: str) -> bool:
    """Whether there are units for bfloat16; without them it is many times slower than float32."""
    if on_gpus(accelerator):
        return torch.cuda.is_available() and torch.cuda.is_bf16_supported(including_emulation=False)
    try:
        flags = Path("/proc/cpuinfo").read_text("utf-8")
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags
