"""Parts of sets in folders: files are decoded batch by batch, in the loader's processes."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

import torch
from PIL import Image
from torch import Tensor

from gan_cli import reading
from gan_cli.batches import ImageBatch, PairedBatch, UnpairedBatch
from gan_cli.data.folders import File, Pair
from gan_cli.data.parts import LabelledPart, Part
from gan_cli.data.sampling import Span, spread, stream_indices
from gan_cli.data.transforms import Framing, View
from gan_cli.errors import RunFailed, UserError

SECONDS_TO_LOOK = 30.0
"""For which files are opened before the first step; those that are left show themselves when they are decoded."""

Side = Literal["left", "right"]


class BrokenFile(RunFailed):
    """A file that could not be decoded though its header was whole.

    Args:
        message: One line. From a loader's process it comes with a traceback before it, which is cut away.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.strip().splitlines()[-1].rpartition(f"{type(self).__name__}: ")[2])


class PairedFiles(Part):
    """Pairs, the same crop and flip for both sides.

    Args:
        pairs: The examples.
        source: Where the source is in files that hold both sides.
        channels: C of the source, and of the target.
        framing: How they are brought to one size.
    """

    def __init__(self, pairs: Sequence[Pair], source: Side, channels: tuple[int, int], framing: Framing) -> None:
        self.pairs = pairs
        self.source: Side = source
        self.channels = channels
        self.framing = framing

    def __len__(self) -> int:
        return len(self.pairs)

    def __getitem__(self, places: Span | Tensor) -> PairedBatch:
        shown = [self._read(number, view) for number, view in _shown(len(self), places, self.framing)]
        return PairedBatch(*(torch.stack(side) for side in zip(*shown, strict=True)))

    def _read(self, number: int, view: View | None) -> list[Tensor]:
        sides = both_sides(self.pairs[number], self.source)
        return [tensor(image, c, self.framing, view) for image, c in zip(sides, self.channels, strict=True)]


class UnpairedFiles(Part):
    """Images of two domains, each with a crop and flip of its own.

    A pass is as long as the longer domain. The shorter one is a stream of its own, shuffled anew at each of its passes,
    so that partners differ from pass to pass.

    Args:
        a: Files of the first domain.
        b: Files of the second.
        channels: C of each.
        framing: How they are brought to one size.
    """

    def __init__(self, a: Sequence[File], b: Sequence[File], channels: tuple[int, int], framing: Framing) -> None:
        self.domains = {"a": a, "b": b}
        self.channels = channels
        self.framing = framing

    def __len__(self) -> int:
        return max(map(len, self.domains.values()))

    def __getitem__(self, places: Span | Tensor) -> UnpairedBatch:
        return UnpairedBatch(
            *(self._read(domain, c, places) for domain, c in zip(self.domains, self.channels, strict=True))
        )

    def _read(self, domain: str, channels: int, places: Span | Tensor) -> Tensor:
        files = self.domains[domain]
        if isinstance(places, Tensor):
            places = spread(places, len(self), len(files))
        shown = _shown(len(files), places, self.framing, f"/{domain}")
        return torch.stack([tensor(decoded(files[n].path), channels, self.framing, view) for n, view in shown])


class LabelledFiles(LabelledPart):
    """Images with their classes or attributes.

    Args:
        files: The images.
        labels: int64 [M], or float [M, K].
        channels: C.
        framing: How they are brought to one size.
    """

    def __init__(self, files: Sequence[File], labels: Tensor, channels: int, framing: Framing) -> None:
        self.files = files
        self.labels = labels
        self.channels = channels
        self.framing = framing

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, places: Span | Tensor) -> ImageBatch:
        shown = list(_shown(len(self), places, self.framing))
        images = [tensor(decoded(self.files[n].path), self.channels, self.framing, view) for n, view in shown]
        return ImageBatch(torch.stack(images), self.labels[[number for number, _ in shown]])


def decoded(path: Path) -> Image.Image:
    """A file's image.

    Raises:
        BrokenFile: If it is damaged.
    """
    try:
        return reading.read(path)
    except reading.Unreadable as error:
        raise BrokenFile(f"data: {path} cannot be read ({error.reason}); take it out of the set") from error


def both_sides(pair: Pair, source: Side) -> tuple[Image.Image, Image.Image]:
    """Source and target of a pair.

    Args:
        pair: The example.
        source: Where the source is in a file that holds both.

    Raises:
        BrokenFile: If a file is damaged.
    """
    if len(pair.files) == 2:
        return decoded(pair.files[0]), decoded(pair.files[1])
    image = decoded(pair.files[0])
    middle = image.width // 2
    left, right = image.crop((0, 0, middle, image.height)), image.crop((middle, 0, 2 * middle, image.height))
    return (left, right) if source == "left" else (right, left)


def tensor(image: Image.Image, channels: int, framing: Framing, view: View | None = None) -> Tensor:
    """An image of a file as its part gives it, uint8 [C, H, W]; whole without a view."""
    # to the colours wanted first: in a palette or in 16 bits nothing can be resampled
    return reading.to_tensor(framing.framed(reading.to_mode(image, channels), view), channels)


def check_headers(paths: Sequence[Path], root: Path, even: bool = False) -> None:
    """Refuses a set with files that are no images, before the first step.

    Every file's header is looked at, for half a minute; a file that breaks only later ends the run by its name.

    Args:
        paths: The files.
        root: The set's folder, for the message.
        even: Whether each must have an even width, to hold two sides.

    Raises:
        UserError: If there are such files; names the first three, with their number.
    """
    seen = reading.sizes(paths, SECONDS_TO_LOOK)
    broken = [(path, told.reason) for path, told in seen.items() if isinstance(told, reading.Unreadable)]
    if broken:
        raise _refused(broken, len(paths), root, "cannot be read")
    odd = [(path, f"{told[0]}x{told[1]}") for path, told in seen.items() if isinstance(told, tuple) and told[0] % 2]
    if even and odd:
        raise _refused(odd, len(paths), root, "cannot be cut into two sides, their width is odd")


def _refused(files: list[tuple[Path, str]], total: int, root: Path, what: str) -> UserError:
    named = ", ".join(f"{path.relative_to(root)} ({why})" for path, why in files[:3])
    return UserError(
        f"data.root: {len(files)} of the {total} files {what}: {named}{', ...' if len(files) > 3 else ''}\n"
        f"Take them out of {root}, or mend them"
    )


def _shown(size: int, places: Span | Tensor, framing: Framing, use: str = "") -> Iterator[tuple[int, View | None]]:
    """Which image is shown at each place, and how; whole where its number was asked for."""
    if isinstance(places, Span):
        numbers = stream_indices(size, *places, use=f"order{use}").tolist()
        views = (framing.view(places.seed, f"crop{use}", position) for position in places.positions)
        return zip(numbers, views, strict=True)
    return ((number, None) for number in places.tolist())
