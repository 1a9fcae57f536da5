"""The parts of a set, to train on or held out, indexed by whole batches."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import Dataset

from gan_cli.batches import ImageBatch, LoadedBatch, UnpairedBatch, paired
from gan_cli.data.sampling import Span, spread
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.seeding import stream_indices


class Part(Dataset[LoadedBatch], ABC):
    """A part of a set. It gives whole batches as they are kept: of a run's stream to train on, or by number to look at.

    Training batches may be augmented, as a pure function of (seed, position); batches by number never are.
    """

    @abstractmethod
    def __len__(self) -> int:
        """How many things the part has, or how many places of the stream make a pass."""

    @abstractmethod
    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        """The batch at these places of a run's stream, or of the things with these numbers, int64 [N]."""

    @property
    def stores(self) -> tuple[Store, ...]:
        """The stores that its images come from, if there are any."""
        return ()

    @property
    def at_hand(self) -> bool:
        """Whether nothing is left to be decoded or read from a disk, so that other processes are of no use."""
        return bool(self.stores) and all(store.at_hand for store in self.stores)


class LabelledPart(Part):
    """A part whose things have classes.

    Attributes:
        labels: int64 [M], or float [M, K] of attributes.
    """

    labels: Tensor

    def chosen(self, numbers: Tensor, places: Span, use: str) -> LoadedBatch:
        """The things with these numbers, int64 [N], as training shows things at these places of a run's stream.

        Args:
            numbers: Which things; the part's own order does not count.
            places: As many places, which say how they are augmented; by default they are not.
            use: What they are for; the augmentation of different uses is independent.
        """
        return self[numbers]


class InMemory(LabelledPart):
    """A part that is held as tensors and never augmented.

    Args:
        content: The whole part as one batch: a named tuple of tensors with M rows each. Without `labels` they are 0.
    """

    def __init__(self, content: Any) -> None:
        self.content = content
        self.labels = getattr(content, "labels", torch.zeros(len(content[0]), dtype=torch.int64))

    @property
    def at_hand(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        indices = stream_indices(len(self), *places) if isinstance(places, Span) else places
        return LoadedBatch(type(self.content)(*(tensor[indices] for tensor in self.content)))


class LabelledImages(LabelledPart):
    """Images with their classes or attributes.

    Args:
        store: Gives the images.
        labels: int64 [M], or float [M, K].
        framing: How the images are cut and mirrored.
    """

    def __init__(self, store: Store, labels: Tensor, framing: Framing) -> None:
        self.store = store
        self.labels = labels
        self.framing = framing

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers, images, mirrored = _shown(self.store, places, self.framing)
        keys = {"images": self.framing.keys(places)} if isinstance(places, Span) and self.framing.dequantise else {}
        return LoadedBatch(ImageBatch(images, self.labels[numbers]), _named(mirrored, "images"), keys)

    def chosen(self, numbers: Tensor, places: Span, use: str) -> LoadedBatch:
        images, mirrored = _viewed(self.store, numbers, places, self.framing, f"/{use}")
        keys = {"images": self.framing.keys(places, f"/{use}")} if self.framing.dequantise else {}
        return LoadedBatch(ImageBatch(images, self.labels[numbers]), _named(mirrored, "images"), keys)

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)


class Pairs(Part):
    """Pairs, with what else is told of them, the same crop and flip for all.

    Args:
        store: Gives all that belongs to a pair as one image, one after the other.
        channels: How many channels each has, by the names of the batch's fields.
        framing: How the images are cut and mirrored.
    """

    def __init__(self, store: Store, channels: Mapping[str, int], framing: Framing) -> None:
        self.store = store
        self.channels = dict(channels)
        self.framing = framing

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        _, images, mirrored = _shown(self.store, places, self.framing)
        sides = [side.contiguous() for side in images.split(list(self.channels.values()), dim=1)]
        batch = paired(dict(zip(self.channels, sides, strict=True)))
        return LoadedBatch(batch, _named(mirrored, *batch._fields))

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)


class TwoDomains(Part):
    """Images of two domains, each with a crop and flip of its own.

    A pass is as long as the longer domain. The shorter one is a stream of its own, shuffled anew at each of its passes,
    so that partners differ from pass to pass.

    Args:
        a: Gives the images of the first domain.
        b: Gives those of the second.
        framing: How the images are cut and mirrored.
    """

    def __init__(self, a: Store, b: Store, framing: Framing) -> None:
        self.a, self.b = a, b
        self.framing = framing

    def __len__(self) -> int:
        return max(map(len, self.stores))

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        shown = {name: self._of(name, store, places) for name, store in zip("ab", self.stores, strict=True)}
        images = {name: part for name, (part, _) in shown.items()}
        mirrored = {name: which for name, (_, which) in shown.items() if which is not None}
        return LoadedBatch(UnpairedBatch(**images), mirrored)

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.a, self.b)

    def _of(self, name: str, store: Store, places: Span | Tensor) -> tuple[Tensor, Tensor | None]:
        if isinstance(places, Tensor):
            places = spread(places, len(self), len(store))
        _, images, mirrored = _shown(store, places, self.framing, f"/{name}")
        return images, mirrored


def _shown(
    store: Store, places: Span | Tensor, framing: Framing, use: str = ""
) -> tuple[Tensor, Tensor, Tensor | None]:
    """The numbers of the images shown, the images as they are cut, and which are to be mirrored, if any may be."""
    if isinstance(places, Tensor):
        return places, framing.cut(store[places], framing.middle(len(places))), None
    numbers = stream_indices(len(store), *places, use=f"order{use}")
    return numbers, *_viewed(store, numbers, places, framing, use)


def _viewed(store: Store, numbers: Tensor, places: Span, framing: Framing, use: str) -> tuple[Tensor, Tensor | None]:
    """Images by number, as they are cut at places of a run's stream, and which are to be mirrored, if any may be."""
    if not framing.varies:
        return store[numbers], None
    views = framing.views(places, use)
    return store.viewed(numbers, framing, views), views.mirrored if framing.flip else None


def _named(mirrored: Tensor | None, *fields: str) -> dict[str, Tensor]:
    """Which things are mirrored, the same in all fields that show one place."""
    return {} if mirrored is None else dict.fromkeys(fields, mirrored)
