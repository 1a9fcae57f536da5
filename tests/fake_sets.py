"""Small sets in the formats of CIFAR-10, STL-10 and SVHN, made on the spot, with checksums that torchvision takes."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat
from torchvision import datasets


def any_checksum(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets torchvision take files of any content."""
    for module in (datasets.cifar, datasets.stl10, datasets.svhn, datasets.utils):
        monkeypatch.setattr(module, "check_integrity", lambda path, _=None: Path(path).is_file())


def cifar10(root: Path, count: int) -> None:
    """Writes random images with the labels 0, 1, ... 9, 0, ... for both parts; `count` in each file."""
    kind = datasets.CIFAR10
    folder = root / kind.base_folder
    folder.mkdir(parents=True)
    content = {"data": _pixels(count).reshape(count, -1), "labels": [number % 10 for number in range(count)]}
    for name, _ in (*kind.train_list, *kind.test_list):
        (folder / name).write_bytes(pickle.dumps(content))
    (folder / kind.meta["filename"]).write_bytes(pickle.dumps({kind.meta["key"]: list("0123456789")}))


def stl10(root: Path) -> dict[str, np.ndarray]:
    """Writes random images, and labels 1 to 10 where the set has them; gives the images by part."""
    folder = root / datasets.STL10.base_folder
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    counts = {"train": 20, "unlabeled": 30, "test": 20}
    pixels = {part: random.integers(0, 256, (count, 3, 96, 96), dtype=np.uint8) for part, count in counts.items()}
    for part, images in pixels.items():
        (folder / f"{part}_X.bin").write_bytes(np.ascontiguousarray(images.transpose(0, 1, 3, 2)).tobytes())
        (folder / f"{part}_y.bin").write_bytes((np.arange(len(images), dtype=np.uint8) % 10 + 1).tobytes())
    return pixels


def svhn(root: Path, count: int) -> None:
    """Writes the same for both parts; 10 stands for the digit 0, as in the published files."""
    root.mkdir(parents=True, exist_ok=True)
    labels = np.array([[number % 10 or 10] for number in range(count)])
    for part in ("train", "test"):
        savemat(root / datasets.SVHN.split_list[part][1], {"X": _pixels(count).transpose(2, 3, 1, 0), "y": labels})


def _pixels(count: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (count, 3, 32, 32), dtype=np.uint8)
