"""The frames of films by number, as images of one size; a film that breaks has another one stand in for it."""

from collections.abc import Sequence
from concurrent.futures import Future
from threading import Lock
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.data.decoding import Recipe
from gan_cli.data.stores import BrokenFile, MemoryStore, Shape, Store, shared_zeros
from gan_cli.media.film_reading import Film, frames_of
from gan_cli.media.reading import Unreadable

MOST_AT_ONCE = 32 << 20
"""A film of up to so many bytes of pixels is decoded whole, so that its next frames are at hand."""
HELD = 8
"""So many such films are held."""

AT_ONCE = 512
"""So many frames of a longer film are decoded at a time."""


class Reel(NamedTuple):
    """What is taken of a film.

    Attributes:
        film: Where it is.
        numbers: Which of its frames, rising.
    """

    film: Film
    numbers: list[int]


class FrameStore(Store):
    """The frames of films, those of the first film before those of the second.

    Args:
        reels: What is taken of each film.
        recipe: Makes an image of each frame.
        groups: For each film the group whose next readable film stands in for it if it is broken, int64 [F]; of a
            shorter one the last frame is repeated. Without groups a broken film raises.
    """

    def __init__(self, reels: Sequence[Reel], recipe: Recipe, groups: Tensor | None = None) -> None:
        self.reels = list(reels)
        self.recipe = recipe
        self.shape: Shape = recipe.shape
        self.groups = groups
        lengths = torch.tensor([len(reel.numbers) for reel in self.reels])
        self.starts = torch.cat([torch.zeros(1, dtype=torch.int64), lengths.cumsum(0)])
        self.broken = None if groups is None else shared_zeros((len(self),), torch.bool)
        self._lock = Lock()
        self._held: dict[int, Future[Tensor]] = {}

    def __getstate__(self) -> dict[str, Any]:
        """Without what only this process has, for a loader's process that is started anew, as on macOS and Windows."""
        return {name: value for name, value in vars(self).items() if name not in ("_lock", "_held")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update(state)
        self._lock, self._held = Lock(), {}

    def __len__(self) -> int:
        return int(self.starts[-1])

    def __getitem__(self, numbers: Tensor) -> Tensor:
        found = torch.empty(len(numbers), *self.shape, dtype=torch.uint8)
        owners = self.films_of(numbers)
        for film in owners.unique().tolist():
            mine = owners == film
            found[mine] = self._frames(film, numbers[mine] - self.starts[film])
        return found

    def films_of(self, numbers: Tensor) -> Tensor:
        """The numbers of the films that frames are of, int64 [N]."""
        return torch.searchsorted(self.starts, numbers, right=True) - 1

    def _frames(self, film: int, places: Tensor) -> Tensor:
        """Frames of a film by their places in its reel, or of what stands in for it."""
        try:
            return self._decoded(film, places)
        except BrokenFile:
            if self.broken is None:
                raise
            self.broken[int(self.starts[film]) : int(self.starts[film + 1])] = True
            return self._stand_in(film, places)

    def _stand_in(self, film: int, places: Tensor) -> Tensor:
        """Frames of the next film of the group that can be decoded, first of those that are as long."""
        assert self.groups is not None
        group = (self.groups == self.groups[film]).nonzero().flatten().tolist()
        place = group.index(film)
        others = [*group[place + 1 :], *group[:place]]
        length = len(self.reels[film].numbers)
        for other in sorted(others, key=lambda one: len(self.reels[one].numbers) < length):
            try:
                return self._decoded(other, places.clamp(max=len(self.reels[other].numbers) - 1))
            except BrokenFile:
                continue
        raise BrokenFile(
            f"data: {self.reels[film].film} cannot be read, nor any other of its class; data.on_error skip needs one"
        )

    def _decoded(self, film: int, places: Tensor) -> Tensor:
        """Frames of a film by their places, [N, C, S, S]."""
        reel = self.reels[film]
        if len(reel.numbers) * self.size // max(1, len(self)) > MOST_AT_ONCE:
            wanted, back = places.unique(return_inverse=True)
            return self._made(reel.film, [reel.numbers[place] for place in wanted.tolist()])[back]
        return self._whole(film)[places]

    def _whole(self, film: int) -> Tensor:
        """All that is taken of a film: decoded now, or by another thread that was here first."""
        with self._lock:
            held = self._held.get(film)
            mine: Future[Tensor] = held or Future()
            if held is None:
                self._held[film] = mine
                while len(self._held) > HELD:
                    self._held.pop(next(iter(self._held)))
        if held is None:
            try:
                mine.set_result(self._made(self.reels[film].film, self.reels[film].numbers))
            except BaseException as error:
                mine.set_exception(error)
        return mine.result()

    def _made(self, film: Film, numbers: Sequence[int]) -> Tensor:
        try:
            return torch.stack([self.recipe.brought(image) for image in frames_of(film, numbers)])
        except Unreadable as error:
            raise BrokenFile(
                f"data: {film} cannot be read ({error.reason}); take it out, or type --data.on_error skip"
            ) from error


class FilmsInMemory(MemoryStore):
    """Frames kept in memory from their first use on, film by film: each is decoded once.

    Args:
        source: Decodes them.
    """

    def __init__(self, source: FrameStore) -> None:
        super().__init__(source)
        self.films = source

    def __getitem__(self, numbers: Tensor) -> Tensor:
        for film in self.films.films_of(numbers[~self.filled[numbers]]).unique().tolist():
            whole = torch.arange(int(self.films.starts[film]), int(self.films.starts[film + 1]))
            for piece in whole.split(AT_ONCE):
                self.images[piece] = self.films[piece]
            self.filled[whole] = True  # set last, because another process may look at any moment
        return self.images[numbers]
