"""Two frames each of one film: what a picture is, and what it is to become."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.batches import LoadedBatch, PortraitBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.seeding import stream_indices, uniform_rows


class FramePairs(Part, ABC):
    """Every frame of some films but the first is driven at once in a pass, from another one of its film.

    In training the other is drawn: any that is no further away than `reach`. By number it is the film's first frame, as
    a film is made of a picture.

    Args:
        lengths: How many frames each film has, int64 [F]; films of one frame give nothing.
        reach: How many frames two of a pair may be apart; 0 takes any two.
        framing: Whether pairs are mirrored.
    """

    def __init__(self, lengths: Tensor, reach: int, framing: Framing) -> None:
        self.lengths = lengths
        self.reach = reach
        self.framing = framing
        counts = (lengths - 1).clamp(min=0)
        self.films = torch.arange(len(lengths)).repeat_interleave(counts)
        self.places = torch.arange(len(self.films)) - (counts.cumsum(0) - counts)[self.films] + 1

    @abstractmethod
    def frames(self, films: Tensor, places: Tensor) -> Tensor:
        """Frames of films by their numbers and by the frames' places in them, uint8 [N, C, S, S]."""

    def __len__(self) -> int:
        return len(self.films)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Tensor):
            return LoadedBatch(self._pairs(places, torch.zeros_like(places)))
        numbers = stream_indices(len(self), *places)
        batch = self._pairs(numbers, self._sources(numbers, uniform_rows(1, *places, use="sources")[:, 0]))
        if not self.framing.flip:
            return LoadedBatch(batch)
        return LoadedBatch(batch, dict.fromkeys(batch._fields, self.framing.views(places).mirrored))

    def _pairs(self, numbers: Tensor, sources: Tensor) -> PortraitBatch:
        films = self.films[numbers]
        both = self.frames(films.repeat(2), torch.cat([sources, self.places[numbers]]))
        return PortraitBatch(*both.chunk(2))

    def _sources(self, numbers: Tensor, shares: Tensor) -> Tensor:
        """The places of other frames of the same films, drawn by shares in [0, 1)."""
        place, length = self.places[numbers], self.lengths[self.films[numbers]]
        reach = self.reach or int(self.lengths.max())
        first, last = (place - reach).clamp(min=0), torch.minimum(place + reach, length - 1)
        drawn = first + (shares * (last - first)).long()  # one of the others
        return torch.where(drawn >= place, drawn + 1, drawn)


class StoredPairs(FramePairs):
    """Pairs of frames that a store gives, those of the first film before those of the second.

    Args:
        store: Gives all frames.
        starts: The number of each film's first frame in the store, int64 [F].
        lengths: As for `FramePairs`.
        reach: As for `FramePairs`.
        framing: As for `FramePairs`.
    """

    def __init__(self, store: Store, starts: Tensor, lengths: Tensor, reach: int, framing: Framing) -> None:
        super().__init__(lengths, reach, framing)
        self.store = store
        self.starts = starts

    def frames(self, films: Tensor, places: Tensor) -> Tensor:
        return self.store[self.starts[films] + places]

    @property
    def stores(self) -> Sequence[Store]:  # type: ignore[override]
        return (self.store,)
