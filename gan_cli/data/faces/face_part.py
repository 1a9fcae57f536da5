"""Pairs of a turned face and a frontal one, with what is told of them."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.batches import FaceBatch, LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store, TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.seeding import stream_indices


class Told(NamedTuple):
    """What is known of pairs of faces beside their pixels.

    Attributes:
        person: int64 [M].
        pose: int64 [M].
        yaw: float [M], degrees.
        source_points: float [M, 5, 2] in shares of the sides.
        target_points: float [M, 5, 2].
    """

    person: Tensor
    pose: Tensor
    yaw: Tensor
    source_points: Tensor
    target_points: Tensor

    def chosen(self, numbers: Tensor) -> "Told":
        """The same of some of the pairs."""
        return Told(*(column[numbers] for column in self))


class FacePart(Part):
    """Pairs of faces, both mirrored where one is.

    Args:
        store: Gives the sides of a pair as one image, the source's channels first.
        told: What is known of each pair.
        framing: Whether they are mirrored; nothing is cut.
    """

    def __init__(self, store: Store, told: Told, framing: Framing) -> None:
        self.store, self.told, self.framing = store, told, framing

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        source, target = self.store[numbers].chunk(2, dim=1)
        batch = FaceBatch(source.contiguous(), target.contiguous(), *self.told.chosen(numbers))
        if not (isinstance(places, Span) and self.framing.flip):
            return LoadedBatch(batch)
        return LoadedBatch(batch, dict.fromkeys(("source", "target"), self.framing.views(places).mirrored))

    @property
    def stores(self) -> tuple[Store, ...]:
        return () if isinstance(self.store, TensorStore) else (self.store,)

    @property
    def at_hand(self) -> bool:
        return self.store.at_hand


def numbered(persons: Sequence[str]) -> tuple[list[str], Tensor]:
    """The persons' names, each once, in their order, and the number of each row among them."""
    names = list(dict.fromkeys(persons))
    places = {name: number for number, name in enumerate(names)}
    return names, torch.tensor([places[name] for name in persons], dtype=torch.int64)
