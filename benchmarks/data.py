"""How many images a second each kind of source gives, anew and cached, beside torchvision's pipeline.

    python -m benchmarks.data [--root data] [--workers 0 2] [--image_size 64] [--rounds 5]

MNIST is taken where `root` has it, and CelebA where it has faces; a folder of JPEGs and an LSUN database are made of
scikit-learn's photographs (torchvision reads the database's images from files). Both sides give float batches in
[-1, 1], shuffled, of one size, mirrored but for digits. The ways alternate in one process; read the ratios.
"""

import argparse
import io
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import lmdb
import torch
from PIL import Image
from rich.console import Console
from rich.table import Table
from torch.utils.data import DataLoader
from torchvision import datasets, transforms

from benchmarks.runs import has_mnist
from gan_cli.data import LSUN, MNIST, CelebA, GANDataModule, ImageFolder
from gan_cli.data.pairs.photo_blocks import photograph

BATCH = 64
MADE = 569
"""Images of the sets that are made, 512 of them to train on: views of two photographs, 178x218 as CelebA's faces."""
FACE = (178, 218)

Batches = Iterator[int]
"""A loader's batches, each as the number of images it had, once they are as a model takes them."""


class Source(NamedTuple):
    """A kind of source.

    Attributes:
        name: What the table calls it.
        ours: Makes our data module, from the cache and the workers.
        theirs: torchvision's set with its transforms.
        caches: The caches it can have; "" where it is in memory anyhow.
    """

    name: str
    ours: Callable[[str, int], GANDataModule]
    theirs: Callable[[], Any]
    caches: tuple[str, ...] = ("none", "memory", "disk")


def pipeline(*steps: Any, channels: int = 3) -> Any:
    """The usual steps to a tensor in [-1, 1], image by image."""
    half = (0.5,) * channels
    return transforms.Compose([*steps, transforms.ToTensor(), transforms.Normalize(half, half)])


def square(size: int) -> list[Any]:
    return [transforms.Resize(size), transforms.CenterCrop(size), transforms.RandomHorizontalFlip()]


def sources(root: str, made: Path, size: int) -> Iterator[Source]:
    def files(kind: Any, folder: str, **arguments: Any) -> Callable[[str, int], GANDataModule]:
        def make(cache: str, workers: int) -> GANDataModule:
            module: GANDataModule = kind(
                root=folder,
                image_size=size,
                batch_size=BATCH,
                num_workers=workers,
                cache=cache,
                cache_dir=str(made / "cache"),
                **arguments,
            )
            return module

        return make

    if has_mnist(root):
        yield Source(
            "MNIST",
            lambda _, workers: MNIST(root=root, batch_size=BATCH, num_workers=workers),
            lambda: datasets.MNIST(root, transform=pipeline(transforms.Pad(2), channels=1)),
            ("",),
        )
    if (Path(root) / "img_align_celeba").is_dir():
        yield Source(
            "CelebA, JPEG 178x218",
            files(CelebA, root, labels="none"),
            lambda: datasets.ImageFolder(root, pipeline(transforms.CenterCrop(178), *square(size)), allow_empty=True),
        )
    jpegs, webps, database = made / "jpegs", made / "webps", made / "lsun"
    write_sets(jpegs, webps, database)
    yield Source(
        "folder, JPEG 178x218",
        files(ImageFolder, str(jpegs), class_folders="no"),
        lambda: datasets.ImageFolder(str(jpegs), pipeline(*square(size))),
    )
    yield Source(
        "LSUN, WebP 256x313",
        files(LSUN, str(database), categories=("made",)),
        lambda: datasets.ImageFolder(str(webps), pipeline(*square(size))),
    )


def write_sets(jpegs: Path, webps: Path, database: Path) -> None:
    """Views of the photographs as JPEGs in one folder; as WebP with a shorter side of 256 in another and a database."""
    (jpegs / "all").mkdir(parents=True)
    (webps / "all").mkdir(parents=True)
    database.mkdir()
    views = itertools.cycle([photograph("china"), photograph("flower")])
    with (
        lmdb.open(str(database / "made_train_lmdb"), map_size=1 << 30) as opened,
        opened.begin(write=True) as transaction,
    ):
        for number, photo in zip(range(MADE), views, strict=False):
            left, top = number * 37 % (photo.width - FACE[0]), number * 53 % (photo.height - FACE[1])
            view = photo.crop((left, top, left + FACE[0], top + FACE[1]))
            view.save(jpegs / "all" / f"{number:05d}.jpg", quality=90)
            buffer = io.BytesIO()
            view.resize((256, 313), Image.Resampling.BICUBIC).save(buffer, format="WEBP")
            (webps / "all" / f"{number:05d}.webp").write_bytes(buffer.getvalue())
            transaction.put(f"{number:040x}".encode(), buffer.getvalue())


def our_batches(module: GANDataModule) -> Batches:
    """The training loader's batches without end, converted and mirrored as on the device."""
    module.setup("fit")
    loader = module.train_dataloader()
    while True:
        for loaded in loader:
            yield len(module.on_device(loaded).real)


def their_batches(dataset: Any, workers: int) -> Batches:
    loader: DataLoader[Any] = DataLoader(
        dataset, BATCH, shuffle=True, drop_last=True, num_workers=workers, persistent_workers=workers > 0
    )
    while True:
        for images, _ in loader:
            yield len(images)


def speed(batches: Iterator[int], seconds: float) -> float:
    """Images per second of the next batches."""
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        count += next(batches)
    return count / (time.perf_counter() - start)


def measure(source: Source, workers: int, rounds: int, seconds: float) -> dict[str, list[float]]:
    """Images per second of each way, round by round."""
    ways = {
        f"ours, {cache}" if cache else "ours": iter(our_batches(source.ours(cache, workers))) for cache in source.caches
    }
    ways["torchvision"] = iter(their_batches(source.theirs(), workers))
    for batches in ways.values():  # starts workers, and fills caches
        for _ in range(2 * MADE // BATCH):
            next(batches)
    speeds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(rounds):
        for name, batches in ways.items():
            speeds[name].append(speed(batches, seconds))
    return speeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--root", default="data")
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--image_size", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=1.0, help="Of each way in a round")
    options = parser.parse_args()
    torch.set_num_threads(1)  # a second one would wait in a busy loop, and take a core from the workers
    table = Table("source", "workers", "way", "images/s", "over torchvision")
    with tempfile.TemporaryDirectory() as made:
        for source in sources(options.root, Path(made), options.image_size):
            for workers in options.workers:
                speeds = measure(source, workers, options.rounds, options.seconds)
                for name, each in speeds.items():
                    ratios = [ours / theirs for ours, theirs in zip(each, speeds["torchvision"], strict=True)]
                    table.add_row(source.name, str(workers), name, f"{median(each):,.0f}", f"{median(ratios):.1f}")
    console = Console(width=100)
    console.print(table)
    console.print(f"batches of {BATCH}, {options.image_size}x{options.image_size}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
