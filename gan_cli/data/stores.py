"""Images of one size by number: decoded at each request, or kept in memory or on disk."""

import errno
import math
import mmap
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from filelock import FileLock
from numpy.typing import NDArray
from torch import Tensor

from gan_cli.data.transforms import Framing, Views
from gan_cli.errors import FailedInWorker, UserError
from gan_cli.files import write_atomically

Shape = tuple[int, int, int]
"""C, H and W of an image."""

SHARD_BYTES = 16 << 20
"""A file of a cache on disk holds about this many bytes of pixels."""
THREADS = 4
"""This many threads decode at once while a cache is built."""
MOST_AT_HAND = 2 << 30
"""Up to this many bytes of files are mapped without other processes that read ahead."""
BROKEN = "broken.npy"
"""The file of a cache on disk that tells which images others stand in for."""

T = TypeVar("T")


class BrokenFile(FailedInWorker):
    """A file that could not be decoded though its header was whole."""


class Store(ABC):
    """Images of one size, not augmented.

    Attributes:
        shape: C, H and W.
        broken: Which images could not be read, so that others stand in for them, bool [M]; None where that is not
            possible.
    """

    shape: Shape
    broken: Tensor | None = None

    @abstractmethod
    def __len__(self) -> int:
        """How many images there are."""

    @abstractmethod
    def __getitem__(self, numbers: Tensor) -> Tensor:
        """The images with these numbers, int64 [N] -> uint8 [N, C, H, W]."""

    def viewed(self, numbers: Tensor, framing: Framing, views: Views) -> Tensor:
        """The parts of the images with these numbers that views show, not yet mirrored: uint8 [N, C, S, S].

        Args:
            numbers: int64 [N].
            framing: Says how large the parts are.
            views: Say where they are.
        """
        return framing.cut(self[numbers], views)

    @property
    def at_hand(self) -> bool:
        """Whether all images are in memory, or will be after the first pass because the system keeps their files."""
        return False

    @property
    def size(self) -> int:
        """Bytes that the pixels of all images take."""
        return len(self) * math.prod(self.shape)


class TensorStore(Store):
    """Images that are held in memory.

    Args:
        images: uint8 [M, C, H, W].
    """

    def __init__(self, images: Tensor) -> None:
        self.images = images
        channels, height, width = images.shape[1:]
        self.shape = (channels, height, width)

    @property
    def at_hand(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, numbers: Tensor) -> Tensor:
        return self.images[numbers]


class DecodingStore(Store, Generic[T]):
    """Images that are decoded at each request.

    Args:
        examples: What is decoded, one for each image.
        decode: Gives an example's image, uint8 [C, H, W].
        shape: C, H and W.
        groups: For each image the group whose next readable image stands in for it if it is broken, int64 [M]. Without
            groups a broken image raises.
    """

    def __init__(
        self, examples: Sequence[T], decode: Callable[[T], Tensor], shape: Shape, groups: Tensor | None = None
    ) -> None:
        self.examples = examples
        self.decode = decode
        self.shape = shape
        self.groups = groups
        self.broken = None if groups is None else shared_zeros((len(examples),), torch.bool)

    def __len__(self) -> int:
        return len(self.examples)

    def __getitem__(self, numbers: Tensor) -> Tensor:
        return torch.stack([self.image(number) for number in numbers.tolist()])

    def image(self, number: int) -> Tensor:
        """One image, uint8 [C, H, W].

        Raises:
            BrokenFile: If it cannot be decoded, and nothing may stand in for it.
        """
        try:
            return self.decode(self.examples[number])
        except BrokenFile:
            if self.broken is None:
                raise
            self.broken[number] = True
            return self._stand_in(number)

    def _stand_in(self, number: int) -> Tensor:
        """The next image of the group that can be decoded: a function of the number alone, so that runs resume."""
        assert self.groups is not None
        group = (self.groups == self.groups[number]).nonzero().flatten()
        place = int((group == number).nonzero())
        for other in [*group[place + 1 :].tolist(), *group[:place].tolist()]:
            try:
                return self.decode(self.examples[other])
            except BrokenFile:
                continue
        raise BrokenFile(
            f"data: {self.examples[number]} cannot be read, nor any other of its class; data.on_error skip needs one"
        )


class MemoryStore(Store):
    """Images of another store, kept from their first use on, in memory that all of a loader's processes share.

    Args:
        source: The other store.
    """

    def __init__(self, source: Store) -> None:
        self.source = source
        self.shape, self.broken = source.shape, source.broken
        self.images = shared_zeros((len(source), *source.shape), torch.uint8)
        self.filled = shared_zeros((len(source),), torch.bool)

    @property
    def at_hand(self) -> bool:
        return bool(self.filled.all())

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, numbers: Tensor) -> Tensor:
        missing = numbers[~self.filled[numbers]].unique()
        if len(missing):
            self.images[missing] = self.source[missing]
            self.filled[missing] = True  # set last, because another process may look at any moment
        return self.images[numbers]


class DiskStore(Store):
    """Images in files of raw pixels, memory-mapped.

    Args:
        folder: Holds the files, as `build` writes them.
        count: How many images there are.
        shape: C, H and W.
    """

    def __init__(self, folder: Path, count: int, shape: Shape) -> None:
        self.folder = folder
        self.count = count
        self.shape = shape
        self.broken = _noted(folder / BROKEN)

    @property
    def at_hand(self) -> bool:
        return self.size <= MOST_AT_HAND

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, numbers: Tensor) -> Tensor:
        each = shard_length(self.shape)
        found = torch.empty(len(numbers), *self.shape, dtype=torch.uint8)
        shards = numbers // each
        for shard in shards.unique().tolist():
            mine = shards == shard
            pixels = _mapped(shard_path(self.folder, shard))
            if pixels.shape != (min(each, self.count - shard * each), *self.shape) or pixels.dtype != np.uint8:
                raise _damaged(shard_path(self.folder, shard), f"it holds {pixels.dtype} {pixels.shape}")
            found[mine] = torch.from_numpy(pixels[(numbers[mine] - shard * each).numpy()])
        return found


def is_built(folder: Path, count: int, shape: Shape) -> bool:
    """Whether all files of a cache are there."""
    shards = math.ceil(count / shard_length(shape))
    return all(shard_path(folder, number).is_file() for number in range(shards))


def build(source: Store, folder: Path, done: Callable[[int], object] = lambda _: None) -> DiskStore:
    """Writes all images of a store into files, unless they are there already.

    Each file appears whole or not at all, so that an interrupted build continues where it stopped. One of
    several processes builds while the others wait.

    Args:
        source: Gives the images.
        folder: The folder of the files.
        done: Is told from time to time how many images are there.

    Raises:
        OSError: If the folder cannot be written or is full.
        BrokenFile: If an image cannot be decoded.
    """
    each = shard_length(source.shape)
    count = len(source)
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        for left in folder.glob(".*.tmp"):  # left by a process that was killed
            left.unlink()
        for shard, start in enumerate(range(0, count, each)):
            stop = min(start + each, count)
            path = shard_path(folder, shard)
            if not path.is_file():
                pixels = _decoded(source, start, stop, done)
                if source.broken is not None:
                    _note_broken(folder / BROKEN, source.broken)
                write_atomically(path, lambda file, pixels=pixels: np.save(file, pixels))  # type: ignore[misc]
            done(stop)
    return DiskStore(folder, count, source.shape)


def _decoded(source: Store, start: int, stop: int, done: Callable[[int], object]) -> NDArray[Any]:
    """Images [start, stop) of a store, by several threads that end at once where they are interrupted."""
    pool = ThreadPoolExecutor(THREADS)
    pieces = []
    try:
        for piece in pool.map(source.__getitem__, torch.arange(start, stop).split(32)):
            pieces.append(piece)
            done(start + sum(map(len, pieces)))
    finally:
        pool.shutdown(cancel_futures=True)
    return torch.cat(pieces).numpy()


def shard_length(shape: Shape) -> int:
    """Images in a file of a cache."""
    return max(1, SHARD_BYTES // math.prod(shape))


def shard_path(folder: Path, number: int) -> Path:
    """A file of a cache."""
    return folder / f"pixels-{number:05d}.npy"


def shared_zeros(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Zeros that later forked processes can fill and see as well; memory is taken only as they are written to.

    Raises:
        UserError: If there is not enough memory.
    """
    count = math.prod(shape)
    try:
        memory = mmap.mmap(-1, max(1, count * dtype.itemsize))
    except (OSError, OverflowError) as error:
        if isinstance(error, OSError) and error.errno != errno.ENOMEM:
            raise
        raise UserError(
            f"data.cache: memory would take {count * dtype.itemsize / 1e9:.1f} GB, and there is not so much; "
            "take disk or none"
        ) from error
    return torch.frombuffer(memory, dtype=dtype, count=count).reshape(shape)


def _note_broken(path: Path, broken: Tensor) -> None:
    before = _noted(path)
    together = broken if before is None else before | broken
    write_atomically(path, lambda file: np.save(file, together.numpy()))


def _noted(path: Path) -> Tensor | None:
    return torch.from_numpy(_loaded(path)) if path.is_file() else None


@cache
def _mapped(path: Path) -> NDArray[Any]:
    """The array of a file, opened by each process itself, so that only the path goes to a loader's processes."""
    return _loaded(path, mmap_mode="r")


def _loaded(path: Path, **how: Any) -> NDArray[Any]:
    """The array of a file.

    Raises:
        BrokenFile: If the file is not whole.
    """
    try:
        loaded: NDArray[Any] = np.load(path, **how)
    except (ValueError, EOFError) as error:
        raise _damaged(path, str(error)) from error
    return loaded


def _damaged(path: Path, reason: str) -> BrokenFile:
    return BrokenFile(f"data.cache: {path} is damaged ({reason}); remove its folder, and it is made anew")
