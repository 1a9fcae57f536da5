"""Trained GANs that stay loaded for a while: one person at a time uses each, and the least recently used one goes."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gan_cli.inference.api import TrainedGAN
from gan_cli.inference.checkpoints import Modules
from gan_cli.web.guard import Refused
from gan_cli.web.known_runs import KnownRuns, Run

T = TypeVar("T")

KEPT = 3
"""So many models stay in memory."""


@dataclass(eq=False)
class Loaded:
    """A trained GAN on the shelf.

    Attributes:
        gan: The GAN.
        written: When its checkpoint was written, in nanoseconds; a newer file is loaded anew.
        memo: What was found out about it once, such as its directions.
    """

    gan: TrainedGAN
    written: int
    memo: dict[str, Any] = field(default_factory=dict)

    def once(self, name: str, find: Callable[[], T]) -> T:
        """What `find` gives, which is called once for each name."""
        if name not in self.memo:
            self.memo[name] = find()
        found: T = self.memo[name]
        return found


@dataclass(eq=False)
class _Place:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    loaded: Loaded | None = None
    waiting: int = 0


class Shelf:
    """Trained GANs by the identifiers of their runs.

    Args:
        runs: Which there are.
        device: Where they compute.
        modules: Modules that the user trusts.
        kept: So many stay in memory.
    """

    def __init__(self, runs: KnownRuns, device: str = "cpu", modules: Modules = None, kept: int = KEPT) -> None:
        self.runs, self.device, self.modules, self.kept = runs, device, modules, kept
        self._places: OrderedDict[str, _Place] = OrderedDict()

    async def use(self, request: Request, identifier: str, work: Callable[[Loaded], T]) -> T:
        """What a piece of work gives, done in a thread while nobody else uses the model.

        Args:
            request: Who asks; if they have gone while they waited for others, nothing is done.
            identifier: Of the run.
            work: A short piece of work.

        Raises:
            Refused: If there is no such run, or nobody waits for the answer any more.
            UserError: If its checkpoint cannot be used, or the work raises it.
        """
        async with self.borrowed(request, identifier) as loaded:
            return await run_in_threadpool(work, loaded)

    async def each(self, request: Request, identifier: str, works: Iterable[Callable[[Loaded], T]]) -> list[T]:
        """The same for several pieces, with room for others, and a look whether somebody waits, between any two."""
        return [await self.use(request, identifier, work) for work in works]

    @asynccontextmanager
    async def borrowed(self, request: Request, identifier: str) -> AsyncIterator[Loaded]:
        """A model that is ours within the block."""
        run = self.runs[identifier]
        place = self._places.setdefault(identifier, _Place())
        self._places.move_to_end(identifier)
        place.waiting += 1
        try:
            async with place.lock:
                if await request.is_disconnected():
                    raise Refused(499, "Nobody waits for this any more")
                yield await run_in_threadpool(self._ready, run, place)
        finally:
            place.waiting -= 1
            self._tidy()

    def _ready(self, run: Run, place: _Place) -> Loaded:
        written = run.checkpoint.stat().st_mtime_ns
        if place.loaded is None or place.loaded.written != written:
            place.loaded = None  # before the new one needs the room
            place.loaded = Loaded(TrainedGAN(run.checkpoint, self.device, self.modules), written)
        return place.loaded

    def _tidy(self) -> None:
        idle = [name for name, place in self._places.items() if not place.waiting]
        for name in idle[: max(0, len(self._places) - self.kept)]:
            del self._places[name]


def shelf_of(request: Request) -> Shelf:
    """The shelf of the application that a request came to."""
    shelf: Shelf = request.app.state.shelf
    return shelf
