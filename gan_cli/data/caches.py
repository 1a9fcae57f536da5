"""Which store the images of files come from: decoded anew, kept in memory, or written once and mapped."""

import hashlib
import math
import os
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from gan_cli.data import stores
from gan_cli.data.archives import File
from gan_cli.data.decoding import Example, Making, files_of
from gan_cli.data.stores import DecodingStore, DiskStore, Store
from gan_cli.errors import UserError

Cache = Literal["auto", "none", "memory", "disk"]
"""Where decoded images are kept; auto means memory up to `MOST_IN_MEMORY`, otherwise none."""

MOST_IN_MEMORY = 2 << 30
"""At most this many bytes of pixels are kept in memory without being asked for."""

SAMPLED = 64
"""The content of at most this many files is looked at before a cache is used."""


def chosen(cache: Cache, size: int) -> Cache:
    """What "auto" means for images of that many bytes."""
    if cache == "auto":
        return "memory" if size <= MOST_IN_MEMORY else "none"
    return cache


def folder_of(store: DecodingStore[Example], recipe: Making, parent: str, name: str) -> Path:
    """Where the images of a store are written: a folder of its own for each content and recipe.

    Args:
        store: Its files count (`digest_of`), and which ones may stand in for broken ones.
        recipe: How it makes images of them.
        parent: The folder of all caches.
        name: The set's, to be read by people.

    Raises:
        UserError: If a file is not there any more.
    """
    files = (file for example in store.examples for file in files_of(example))
    stand_ins = None if store.groups is None else hashlib.sha256(store.groups.numpy().tobytes()).hexdigest()
    return Path(parent) / f"{name}-{recipe.side}-{digest_of(repr((recipe, stand_ins)), files)[:16]}"


def digest_of(how: str, files: Iterable[File]) -> str:
    """A SHA-256 that changes with the names, sizes and modification times of files, and with how they are read.

    Sizes and times can be those of before where the content is not (`cp --preserve`), so the content of `SAMPLED`
    files, evenly from the whole, counts as well; of members of archives that of all, because their sums are at hand.

    Raises:
        UserError: If a file is not there any more.
    """
    digest = hashlib.sha256(how.encode())
    files = list(files)
    step = max(1, math.ceil(len(files) / SAMPLED))
    for number, file in enumerate(files):
        state = _state(file.container) if file.kind == "folder" else _state_of_container(file.container)
        digest.update(os.fsencode(f"{_absolute(file.root)}\0{file.key}\0{state}\n"))
        if number % step == 0 or file.kind == "zip":
            digest.update(file.checksum())
    return digest.hexdigest()


def built(store: Store, folder: Path, things: str = "images") -> DiskStore:
    """The images of a store on disk, written now if they are not there yet, with a bar on a terminal.

    Args:
        store: Decodes them.
        folder: As `folder_of` gives it.
        things: What they are called.

    Raises:
        OSError: If the folder cannot be written or is full.
        BrokenFile: If an image cannot be decoded.
    """
    if stores.is_built(folder, len(store), store.shape):
        return DiskStore(folder, len(store), store.shape)
    console = Console()
    console.print(f"decoding {len(store):,} {things} into {folder}", soft_wrap=True, highlight=False)
    columns = (TextColumn(things), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(things, total=len(store))
        return stores.build(store, folder, lambda count: bar.update(task, completed=count))


@lru_cache(maxsize=64)
def _absolute(root: Path) -> Path:
    return root.resolve()


def _state(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise UserError(f"data.root: {path} cannot be read ({error.strerror})") from error
    return status.st_size, status.st_mtime_ns


@lru_cache(maxsize=64)
def _state_of_container(path: Path) -> tuple[int, int]:
    """The state of an archive or database, remembered because each of its files asks for it."""
    return _state(path)
