"""Files in MNIST's format, made on the spot."""

from pathlib import Path

import numpy as np


def write(root: Path, count: int) -> np.ndarray:
    """Writes `count` random images and labels 0, 1, ... 9, 0, ... for both parts; gives the images [count, 28, 28]."""
    raw = root / "MNIST" / "raw"
    raw.mkdir(parents=True)
    pixels = np.random.default_rng(0).integers(0, 256, (count, 28, 28))
    for part in ("train", "t10k"):
        _write_idx(raw / f"{part}-images-idx3-ubyte", pixels)
        _write_idx(raw / f"{part}-labels-idx1-ubyte", np.arange(count) % 10)
    return pixels


def _write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + b"".join(size.to_bytes(4, "big") for size in array.shape)
    path.write_bytes(header + array.astype(np.uint8).tobytes())
