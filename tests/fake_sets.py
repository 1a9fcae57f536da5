"""Small sets as they are published, made on the spot, with checksums that torchvision takes."""

import bz2
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
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


def usps(root: Path, count: int) -> None:
    """Writes the same for both parts, in LIBSVM's text: 1 stands for the digit 0, and pixels lie in -1 to 1."""
    root.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(0).uniform(-1, 1, (count, 256))
    lines = [
        f"{number % 10 + 1} {' '.join(f'{place}:{value:.4f}' for place, value in enumerate(row, start=1))}"
        for number, row in enumerate(pixels)
    ]
    for part in ("train", "test"):
        (root / datasets.USPS.split_list[part][1]).write_bytes(bz2.compress("\n".join(lines).encode()))


def mnist_m(root: Path, count: int) -> None:
    """Writes the same for both parts."""
    for part in ("train", "test"):
        folder = root / f"mnist_m_{part}"
        folder.mkdir(parents=True, exist_ok=True)
        for number, pixels in enumerate(_pixels(count)):
            Image.fromarray(pixels.transpose(1, 2, 0)).save(folder / f"{number:08d}.png")
        listed = "".join(f"{number:08d}.png {number % 10}\n" for number in range(count))
        (root / f"mnist_m_{part}_labels.txt").write_text(listed)
