"""The protocol of a kind of thing outside the networks: how it goes to a model and back, is shown and is written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from math import isqrt
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.media.pictures import grid, labelled_grid
from gan_cli.media.written import with_lines
from gan_cli.plugins import descendants

if TYPE_CHECKING:
    import numpy as np

CLASS = "class"
"""The key of a medium's record for the name of its class."""


@dataclass(frozen=True)
class Beside:
    """What a page may show beside the things themselves; a medium uses what it can show.

    Attributes:
        labels: The class of each thing, int64 [N], if they are sorted by class.
        names: What the classes are called, by their numbers.
        given: What each thing was made from, by name, as it is kept; N rows each.
        real: Real things, as they are kept: those that belong to what was given, N rows, or any number to compare with.
        judge: Gives the discriminator's outputs [M] at made things [M, ...], or None if it needs more than a thing.
        lines: A sentence for each thing, N of them, to write below it; none where nothing was told in words.
    """

    labels: Tensor | None = None
    names: Sequence[str] = ()
    given: Mapping[str, Tensor] = field(default_factory=dict)
    real: Tensor | None = None
    judge: Callable[[Tensor], Tensor | None] | None = None
    lines: Sequence[str] = ()

    def of(self, rows: Tensor) -> Beside:
        """What is beside some of the things, by their numbers, int64 [M]; given things are dealt out in turn."""
        given = {name: things[rows % len(things)] for name, things in self.given.items()}
        real = self.real[rows % len(self.real)] if given and self.real is not None else self.real
        lines = [self.lines[row % len(self.lines)] for row in rows.tolist()] if self.lines else ()
        return Beside(given=given, real=real, judge=self.judge, lines=lines)


@dataclass(frozen=True)
class Medium(ABC):
    """A kind of thing that is made or read. A subclass is a frozen dataclass; its flat fields travel in the checkpoint.

    Things have three forms: *kept* is what a loader yields and a file holds, *shown* (or *made*) is what a model sees
    and makes, a *picture* is what people look at.
    """

    name: ClassVar[str]
    """What the things are called, in the plural."""
    FACTS: ClassVar[tuple[str, ...]] = ()
    """Facts of a data set that tell the shape of a thing, such as `image_size`; only the data sets a model's arguments
    with these names."""
    suffix: ClassVar[str] = ""
    """The ending of a file that holds one; "" where things are only shown together, as points are."""
    endings: ClassVar[tuple[str, ...]] = ()
    """The endings of files that one thing is written to; where such a name is typed, it holds one, if it is no page."""
    usual: ClassVar[int] = 64
    """How many things a page usually shows."""
    each: ClassVar[int] = 1
    """How many things are usually made from each given one; where several are, they are one file."""
    in_folder: ClassVar[str] = "grid"
    """The format in which `gan sample` fills a folder if none is typed: "grid", "files" or "both"."""
    comparable: ClassVar[bool] = True
    """Whether all things are of one shape, so that the numbers of two can be compared one by one."""
    several: ClassVar[bool] = False
    """Whether a file may hold several things, [N, ...], as a text has lines; `write` then takes these too."""
    beside_real: ClassVar[int] = 0
    """How many real things a page shows below the made ones; 0 shows none."""
    rounds: ClassVar[bool] = False
    """Whether things are rounded to 8 bits when they are kept."""
    moves: ClassVar[bool] = False
    """Whether a single thing moves, so that a page of several can be a film."""
    of_places: ClassVar[bool] = True
    """Whether a thing that is told beside an image tells something of each of its pixels, as a mask does."""

    @property
    def fps(self) -> int:
        """Pictures per second in a film of things that move."""
        return 12

    @abstractmethod
    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        """Things as a model sees them, made from things as a loader yields them; N of both.

        Args:
            kept: As the loader yields them, on the device.
            mirrored: Which things have left and right exchanged, bool [N]; None for none.
        """

    @abstractmethod
    def kept(self, made: Tensor) -> Tensor:
        """Made things as they are saved: `shown` undone, up to rounding; values outside its range are clipped."""

    def pictures(self, kept: Tensor) -> Tensor | None:
        """A picture of each thing, uint8 [N, C, H, W]; None where things are only shown together."""
        return None

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """One picture of many things, uint8 [C, H, W]: their pictures in a square, or in a row for each class.

        Raises:
            UserError: If the things have no pictures of their own.
        """
        pictures = self.each_pictured(kept)
        if beside.lines:
            pictures = with_lines(pictures, beside.lines)
        if beside.labels is None:
            height, width = pictures.shape[2:]
            return grid(pictures, columns=isqrt((len(pictures) * height - 1) // width) + 1)
        classes = list(dict.fromkeys(beside.labels.tolist()))
        names = [str(beside.names[number]) if number < len(beside.names) else str(number) for number in classes]
        return labelled_grid([pictures[beside.labels == number] for number in classes], names)

    def walks(self, kept: Tensor, beside: Beside) -> Tensor:
        """Walks as one picture, uint8 [C, H, W], a row for each.

        Args:
            kept: R walks of F things, [R, F, ...].
            beside: What may be shown with them.
        """
        pictures = self.each_pictured(kept.flatten(0, 1))
        return grid(with_lines(pictures, beside.lines) if beside.lines else pictures, columns=kept.shape[1])

    def film(self, kept: Tensor, beside: Beside) -> list[Tensor]:
        """Walks as the pictures of a film, each uint8 [C, H, W]: one for each moment, showing all walks.

        Where a single thing moves, the film shows all things of all walks at once, in the `columns` they have together.

        Args:
            kept: R walks of F things, [R, F, ...].
            beside: What may be shown with them.
        """
        numbers = torch.arange(kept.shape[0] * kept.shape[1]).view(kept.shape[:2])
        return [self.page(moment, beside.of(rows)) for moment, rows in zip(kept.unbind(1), numbers.T, strict=True)]

    def arrays(self, kept: Tensor) -> dict[str, np.ndarray[Any, Any]]:
        """The arrays of things for a `.npz` file, by name."""
        return {self.name: kept.numpy()}

    def write(self, one: Tensor, path: Path) -> None:
        """Writes one thing as a file of this medium's ending, whole or not at all.

        Raises:
            UserError: If there are no files of single things.
            OSError: If it cannot be written.
        """
        raise UserError(f"format: {self.name} are only shown together; take grid or npz")

    def read(self, path: Path) -> Tensor:
        """One thing from a file, as it is kept.

        Raises:
            UserError: If it cannot be read, or there are no files of single things.
        """
        raise UserError(f"given: {path}: {self.name} are not read from files; leave it out")

    def read_all(self, path: Path) -> Tensor:
        """The things in a file, as they are kept, N of them; one, unless a file of the medium can hold several.

        Raises:
            UserError: If it cannot be read, or there are no files of single things.
        """
        return self.read(path)[None]

    def lines(self, kept: Tensor) -> list[str] | None:
        """A line of text for each thing, to be written below what was made of it; None where things are no texts."""
        return None

    def told(self, text: str) -> Tensor | None:
        """Things that are typed instead of a file's name, as they are kept, N of them; None if they are only in files.

        Raises:
            UserError: If the text says nothing of the kind.
        """
        return None

    def read_for(self, path: Path, height: int, width: int) -> Tensor:
        """One thing from a file that is told beside an image of that size, as it is kept.

        Raises:
            UserError: If it cannot be read, or cannot belong to such an image.
        """
        return self.read(path)

    def stacked(self, things: Sequence[Tensor]) -> Tensor:
        """Single things, as they are kept or shown, as N rows.

        Raises:
            ValueError: If they differ in shape and cannot be rows of one tensor.
        """
        if len({thing.shape for thing in things}) > 1:
            raise ValueError("shapes differ")
        return torch.stack(list(things))

    def drawn(self, opacity: Tensor) -> Tensor | None:
        """The thing that is drawn in an image by its opacity, uint8 [1, H, W], as it is kept; None if there is none."""
        return None

    def features(self, choose: Callable[[], Any]) -> Any | None:
        """The network whose features scores use if none is asked for; None if only data sets have measures.

        Args:
            choose: Gives the usual network of images.
        """
        return None

    def each_pictured(self, kept: Tensor) -> Tensor:
        """What `pictures` gives, if there are pictures.

        Raises:
            UserError: If there are none.
        """
        pictures = self.pictures(kept)
        if pictures is None:
            raise UserError(
                f"ckpt: it makes {self.name}, of which there are no single pictures to lay beside each other"
            )
        return pictures

    def record(self) -> dict[str, Any]:
        """The record of the medium in a checkpoint: plain values, from which `medium_of` makes it again."""
        return {CLASS: type(self).__name__, **asdict(self)}


def medium_of(record: Mapping[str, Any]) -> Medium:
    """The medium of a checkpoint's record: of this package's classes or of those that the user's modules define.

    Raises:
        UserError: If there is no such medium.
    """
    known: dict[str, Any] = {kind.__name__: kind for kind in descendants(Medium)}
    name = str(record[CLASS])
    if name not in known:
        raise UserError(
            f"ckpt: it makes {name}, a medium that is none of gan-cli's{nearest(name, known)}\n"
            "If you trust the module that defines it: --module NAME"
        )
    made: Medium = known[name](**{key: value for key, value in record.items() if key != CLASS})
    return made


def columns(walks: Tensor) -> int:
    """How many things a film of what moves shows side by side: walks [R, F, ...] are rows, a single one is a square."""
    count, length = walks.shape[:2]
    return isqrt(length - 1) + 1 if count == 1 else length


def rows_of(things: Tensor, count: int) -> Tensor:
    """`count` rows of things, dealt out in turn if there are fewer: [M, ...] -> [count, ...]."""
    return things[torch.arange(count) % len(things)]
