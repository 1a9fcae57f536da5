"""From image files to uint8 tensors of one size, and a look at all files before the first step."""

import math
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data.archives import File
from gan_cli.data.stores import BrokenFile, Shape
from gan_cli.data.transforms import LARGEST, Resampling, resized
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.seeding import stream

AT_ONCE = 256
"""This many files are opened between two looks at the clock."""
THREADS = 4
"""This many threads open files at once: most of the time is spent waiting for the disk."""
ENOUGH = 2
"""A JPEG is decoded at least this many times larger than wanted: a smaller one would show in the result."""

Side = Literal["left", "right"]


class Pair(NamedTuple):
    """Two sides of an example.

    Attributes:
        name: Its name in its part.
        files: One file with the sides beside each other, or two files, the source first.
    """

    name: str
    files: tuple[File, ...]

    def __str__(self) -> str:
        return str(self.files[0])


Example = File | Pair


def files_of(example: Example) -> tuple[File, ...]:
    """The files that an example is read from."""
    return example.files if isinstance(example, Pair) else (example,)


class Making(Protocol):
    """How examples of any kind become tensors; its text says all of its settings, because a cache goes by it."""

    @property
    def side(self) -> int:
        """Side of the squares made, in pixels; 0 where images keep their size."""

    @property
    def shape(self) -> Shape:
        """Shape of the images made."""

    def make(self, example: Any) -> Tensor:
        """An example as one image, uint8 [C, S, S]; BrokenFile if a file is damaged."""

    def part(self, example: Any, number: int = 0) -> Tensor:
        """A part of an example, by its number, uint8 [C, S, S]."""


class Recipe(NamedTuple):
    """How examples become tensors. A cache belongs to one recipe.

    Attributes:
        channels: C of an image, or of source and target of a pair.
        side: Side of the squares made, in pixels; 0 where images keep their size.
        square: Largest side of the square that is first cut from the middle of each file; 0 takes the whole and changes
            its aspect.
        max_pixels: Files with more are refused.
        source: Where the source is in files that hold both sides.
        resampling: How files are brought to that size.
        box: The part of each file that is taken before all else: left, top, right and bottom in shares of its sides; ()
            takes all.
    """

    channels: tuple[int, ...]
    side: int
    square: int = 0
    max_pixels: int = reading.MAX_PIXELS
    source: Side = "left"
    resampling: Resampling = "bicubic"
    box: tuple[float, ...] = ()

    @property
    def shape(self) -> Shape:
        """Shape of the images made."""
        return sum(self.channels), self.side, self.side

    def make(self, example: Example) -> Tensor:
        """An example as one image, of a pair the source's channels first, uint8 [C, S, S].

        Raises:
            BrokenFile: If a file is damaged.
        """
        return torch.cat([self.part(example, number) for number in range(len(self.channels))])

    def part(self, example: Example, number: int = 0) -> Tensor:
        """An image, or one side of a pair (0 the source, 1 the target), uint8 [C, S, S].

        Raises:
            BrokenFile: If a file is damaged.
        """
        files = files_of(example)
        # a smaller decoding shows the same part
        whole_or_largest = self.square in (0, LARGEST) and not self.box
        if len(files) == len(self.channels):
            image = self._decoded(files[number], ENOUGH * self.side if whole_or_largest else 0)
        else:
            both = self._decoded(files[0])
            left = both.width // 2 * ((number == 0) == (self.source == "right"))
            image = both.crop((left, 0, left + both.width // 2, both.height))
        return self.brought(image, number)

    def opened(self, file: File) -> Image.Image:
        """A file's image as `reading.read` gives it, whole.

        Raises:
            BrokenFile: If it is damaged.
        """
        return self._decoded(file)

    def brought(self, image: Image.Image, number: int = 0) -> Tensor:
        """An image of `reading.read` as one of the set's, or of one of its sides, uint8 [C, S, S]."""
        # first to the wanted colours: a palette or 16 bits cannot be resampled
        coloured = reading.to_mode(image.crop(self._cut(image)) if self.box else image, self.channels[number])
        made = resized(coloured, self.side, self.square, self.resampling) if self.side else coloured
        return reading.to_tensor(made, self.channels[number])

    def _cut(self, image: Image.Image) -> tuple[int, int, int, int]:
        """The box in the pixels of an image, of one pixel at least."""
        left, top, right, bottom = (
            round(share * length) for share, length in zip(self.box, (*image.size, *image.size), strict=True)
        )
        return left, top, max(right, left + 1), max(bottom, top + 1)

    def _decoded(self, file: File, at_least: int = 0) -> Image.Image:
        try:
            return reading.read(file.path, file.content(), self.max_pixels, at_least)
        except reading.Unreadable as error:
            raise BrokenFile(
                f"data: {file.path} cannot be read ({error.reason}); take it out, or type --data.on_error skip"
            ) from error


def check_headers(examples: Sequence[Example], root: Path, max_pixels: int, seconds: float) -> None:
    """Refuses a set with files that are no images, before the first step.

    Every file's header is read, as long as there is time; a file that breaks only later ends the run with its name.
    One that holds two sides must have an even width.

    Args:
        examples: What to look at.
        root: The set's folder, for the message.
        max_pixels: Files with more are refused.
        seconds: How long to look.

    Raises:
        UserError: If there are such files; names the first three, with their number.
    """
    files = [file for example in examples for file in files_of(example)]
    seen = headers(files, seconds, max_pixels)
    broken = [(file, told.reason) for file, told in seen.items() if isinstance(told, reading.Unreadable)]
    if broken:
        larger = ", or --data.max_pixels for larger ones" if any("pixels" in reason for _, reason in broken) else ""
        raise _refused(broken, len(files), root, "cannot be read", f", or type --data.on_error skip{larger}")
    odd = [(file, f"{size[0]}x{size[1]}") for file, size in seen.items() if isinstance(size, tuple) and size[0] % 2]
    if odd and isinstance(examples[0], Pair) and len(examples[0].files) == 1:
        raise _refused(odd, len(files), root, "cannot be cut into two sides, their width is odd")


def sizes(
    examples: Sequence[Example], root: Path, max_pixels: int, side: int, broken: Tensor | None = None
) -> list[tuple[int, int]]:
    """Height and width of each example, from the headers of all files.

    Args:
        examples: What to look at.
        root: The set's folder, for the message.
        max_pixels: Files with more are refused.
        side: What is to be cut from each of them, in pixels.
        broken: Notes which of them cannot be read, bool [M], and gives these the size of a cut; None refuses them.

    Raises:
        UserError: If one cannot be read or is smaller, or the sides of a pair differ in size.
    """
    if broken is None:
        check_headers(examples, root, max_pixels, math.inf)
    seen = headers([file for example in examples for file in files_of(example)], math.inf, max_pixels)
    found = [[seen[file] for file in files_of(example)] for example in examples]
    told: list[tuple[int, int]] = []
    for number, of_one in enumerate(found):
        known = [size for size in of_one if isinstance(size, tuple)]
        if len(known) < len(of_one):
            assert broken is not None
            broken[number] = True
            told.append((side, side))
        elif len(set(known)) > 1:
            raise UserError(f"data.root: {_differing(examples[number], known)}\nTake them out, or leave data.crop out")
        else:
            width, height = known[0]
            told.append((height, width // 2 if isinstance(examples[number], Pair) and len(known) == 1 else width))
    small = [
        (files_of(example)[0], f"{width}x{height}")
        for example, (height, width) in zip(examples, told, strict=True)
        if min(height, width) < side
    ]
    if small:
        otherwise = ", take a lower data.image_size, or type --data.crop false"
        raise _refused(small, len(examples), root, f"are smaller than the {side} pixels that are cut", otherwise)
    return told


def _differing(example: Example, found: Sequence[tuple[int, int]]) -> str:
    named = " and ".join(
        f"{file.path} ({width}x{height})" for file, (width, height) in zip(files_of(example), found, strict=True)
    )
    return f"{named} are a pair and differ in size"


def headers(
    files: Sequence[File], seconds: float, max_pixels: int = reading.MAX_PIXELS
) -> dict[File, tuple[int, int] | reading.Unreadable]:
    """Width and height of each file from its header, or why it has none; several threads look.

    Args:
        files: What to look at.
        seconds: After this time no further file is opened; those left, which are random ones because the order is
            mixed, are missing in the result.
        max_pixels: Files with more are unreadable.
    """

    def look(file: File) -> tuple[int, int] | reading.Unreadable:
        try:
            return reading.size(file.path, file.content(), max_pixels)
        except reading.Unreadable as error:
            return error

    end = time.monotonic() + seconds
    wanted = list(dict.fromkeys(files))
    order = torch.randperm(len(wanted), generator=stream("headers")).tolist()
    seen: dict[int, tuple[int, int] | reading.Unreadable] = {}
    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(wanted), AT_ONCE):
            if time.monotonic() > end:
                break
            numbers = order[start : start + AT_ONCE]
            seen |= zip(numbers, pool.map(look, [wanted[number] for number in numbers]), strict=True)
    return {wanted[number]: seen[number] for number in sorted(seen)}


def _refused(files: list[tuple[File, str]], total: int, root: Path, what: str, otherwise: str = "") -> UserError:
    named = ", ".join(f"{_below(file.path, root)} ({why})" for file, why in files[:3])
    return UserError(
        f"data.root: {len(files)} of the {total} files {what}: {named}{', ...' if len(files) > 3 else ''}\n"
        f"Take them out of {root}, or mend them{otherwise}"
    )


def _below(path: Path, root: Path) -> Path:
    return path.relative_to(root) if path.is_relative_to(root) else path
