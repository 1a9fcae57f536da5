"""Images that keep their resolution: decoded whole, and shown in cuts of one size."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.data.stores import DecodingStore, Store, shared_zeros
from gan_cli.data.transforms import Framing, Views, at


class CutStore(Store):
    """Cuts of one size from images of any size.

    By number they lie beside each other, so that a pass shows about every pixel once; by views they lie anywhere.

    Args:
        source: Decodes the images.
        sizes: Height and width of each of them, at least a cut's.
        side: Side of a cut in pixels.
        once: Whether each image gives one cut only, its middle.
        kept: Whether decoded images are kept from their first use on, in memory that all of a loader's processes share.
    """

    def __init__(
        self, source: DecodingStore[Any], sizes: Sequence[tuple[int, int]], side: int, once: bool, kept: bool
    ) -> None:
        self.source = source
        self.sizes = list(sizes)
        self.shape = (source.shape[0], side, side)
        self.broken = source.broken
        found = [_places(size, side, once) for size in self.sizes]
        self.corners = [corner for corners in found for corner in corners]
        self.owners = torch.arange(len(found)).repeat_interleave(torch.tensor([len(corners) for corners in found]))
        self.kept = _Kept(source.shape[0], self.sizes) if kept else None

    @property
    def at_hand(self) -> bool:
        return self.kept is not None and bool(self.kept.filled.all())

    @property
    def size(self) -> int:
        return self.shape[0] * sum(height * width for height, width in self.sizes)

    def __len__(self) -> int:
        return len(self.corners)

    def __getitem__(self, numbers: Tensor) -> Tensor:
        return self._cut(numbers, [self.corners[number] for number in numbers.tolist()])

    def viewed(self, numbers: Tensor, framing: Framing, views: Views) -> Tensor:
        sizes = [self.sizes[owner] for owner in self.owners[numbers].tolist()]
        return self._cut(numbers, views.corners(sizes, self.shape[1]))

    def _cut(self, numbers: Tensor, corners: Sequence[tuple[int, int]]) -> Tensor:
        owners = self.owners[numbers].tolist()
        return torch.stack([self._one(owner, corner) for owner, corner in zip(owners, corners, strict=True)])

    def _one(self, owner: int, corner: tuple[int, int]) -> Tensor:
        image = self._whole(owner)
        side = self.shape[1]
        inside = [min(place, length - side) for place, length in zip(corner, image.shape[1:], strict=True)]
        return at(image, (inside[0], inside[1]), side)  # what stands in for a broken image may be smaller

    def _whole(self, owner: int) -> Tensor:
        if self.kept is None:
            return self.source.image(owner)
        if not self.kept.filled[owner]:
            image = self.source.image(owner)
            if tuple(image.shape[1:]) != self.sizes[owner]:
                return image  # another one stands in for it
            self.kept.put(owner, image)
        return self.kept.image(owner)


class _Kept:
    """Images of several sizes, one after the other in memory that all processes share."""

    def __init__(self, channels: int, sizes: Sequence[tuple[int, int]]) -> None:
        self.shapes = [(channels, *size) for size in sizes]
        ends = torch.tensor([channels * height * width for height, width in sizes]).cumsum(0)
        self.starts = [0, *ends.tolist()]
        self.pixels = shared_zeros((self.starts[-1],), torch.uint8)
        self.filled = shared_zeros((len(sizes),), torch.bool)

    def image(self, number: int) -> Tensor:
        return self.pixels[self.starts[number] : self.starts[number + 1]].view(self.shapes[number])

    def put(self, number: int, image: Tensor) -> None:
        self.image(number).copy_(image)
        self.filled[number] = True  # set last, because another process may look at any moment


def _places(size: tuple[int, int], side: int, once: bool) -> list[tuple[int, int]]:
    """The first rows and columns of the cuts of an image that lie beside each other, or of its middle alone."""
    if once:
        return [((size[0] - side) // 2, (size[1] - side) // 2)]
    rows, columns = (_starts(length, side) for length in size)
    return [(row, column) for row in rows for column in columns]


def _starts(length: int, side: int) -> list[int]:
    """As many starts as cuts fit beside each other, spread over the whole length."""
    count = length // side
    return [
        round(number * (length - side) / (count - 1)) if count > 1 else (length - side) // 2 for number in range(count)
    ]
