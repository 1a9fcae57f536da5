"""Files in STL-10's format, made on the spot."""

from pathlib import Path

import numpy as np
import pytest
from torchvision import datasets

COUNTS = {"train": 20, "unlabeled": 30, "test": 20}


def any_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets torchvision take files of any content."""
    monkeypatch.setattr(datasets.stl10, "check_integrity", lambda path, _: Path(path).is_file())


def write(root: Path) -> dict[str, np.ndarray]:
    """Writes random images, and labels 1 to 10 where the set has them, and gives the images by part."""
    (root / "stl10_binary").mkdir(parents=True)
    random = np.random.default_rng(0)
    pixels = {part: random.integers(0, 256, (count, 3, 96, 96), dtype=np.uint8) for part, count in COUNTS.items()}
    for part, images in pixels.items():
        columns = np.ascontiguousarray(images.transpose(0, 1, 3, 2))
        (root / "stl10_binary" / f"{part}_X.bin").write_bytes(columns.tobytes())
        if part != "unlabeled":
            labels = np.arange(len(images), dtype=np.uint8) % 10 + 1
            (root / "stl10_binary" / f"{part}_y.bin").write_bytes(labels.tobytes())
    return pixels
