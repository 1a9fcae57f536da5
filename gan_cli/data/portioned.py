"""Training batches whose images are made small as they are loaded, for networks that grow."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gan_cli.batches import LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.portions import Portions


class Share(NamedTuple):
    """Which process's share of the batches is loaded, and how much of it at a time.

    Attributes:
        rank: The process's number.
        at_once: Images that are in memory at their full size.
    """

    rank: int
    at_once: int


class Portioned(Part):
    """The batches of a part, their images shrunk as the portions say; batches by number stay as they are.

    Karras et al.'s sets of several sizes hold the same: means over squares of pixels, rounded.

    Args:
        part: Gives the images at their full size.
        portions: Say how small they are to be.
        share: Which of them are this process's.
        fields: The names of the batch's fields that are images.
    """

    def __init__(self, part: Part, portions: Portions, share: Share, fields: Collection[str]) -> None:
        self.part = part
        self.portions = portions
        self.share = share
        self.fields = fields

    def __len__(self) -> int:
        return len(self.part)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Tensor):
            return self.part[places]
        first = places.start - self.share.rank * (places.stop - places.start)  # of all processes
        shrink = self.portions.at(first).shrink
        return joined([self._shrunk(self.part[piece], shrink) for piece in self._pieces(places)])

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.part.stores

    @property
    def at_hand(self) -> bool:
        return self.part.at_hand

    def _pieces(self, span: Span) -> Iterator[Span]:
        for start in range(span.start, span.stop, self.share.at_once):
            yield Span(span.seed, start, min(start + self.share.at_once, span.stop))

    def _shrunk(self, loaded: LoadedBatch, shrink: int) -> LoadedBatch:
        if shrink == 1:
            return loaded
        small = {name: shrunk(getattr(loaded.batch, name), shrink) for name in self.fields}
        return loaded._replace(batch=loaded.batch._replace(**small))


def shrunk(images: Tensor, by: int) -> Tensor:
    """Images of whole numbers whose sides are divided: means over squares, rounded, [N, C, H / by, W / by]."""
    return avg_pool2d(images.float(), by).round().to(images.dtype)


def joined(pieces: list[LoadedBatch]) -> LoadedBatch:
    """Batches as one, in their order."""
    if len(pieces) == 1:
        return pieces[0]
    batches = [piece.batch for piece in pieces]
    batch = type(batches[0])(*(torch.cat(parts) for parts in zip(*batches, strict=True)))
    return LoadedBatch(batch, _joined([piece.mirrored for piece in pieces]), _joined([piece.keys for piece in pieces]))


def _joined(pieces: list[Mapping[str, Any]]) -> dict[str, Tensor]:
    return {name: torch.cat([piece[name] for piece in pieces]) for name in pieces[0]}
