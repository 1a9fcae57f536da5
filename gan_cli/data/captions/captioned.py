"""Things with sentences of their own and sentences of others."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.batches import CaptionedBatch, CaptionedVideoBatch, LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.media.texts import Texts
from gan_cli.networks.minilm import minilm_pieces
from gan_cli.networks.text_encoders import TextEncoder
from gan_cli.seeding import stream, stream_indices, uniform_rows

TRIES = 8
"""So many things are drawn to find one of another kind."""


class Sentences:
    """The sentences of things, dealt out: one of a thing's own, and one of a thing of another kind.

    Which is a function of a run's seed and the place in its stream, drawn anew in each pass. Wrong ones come from the
    whole part, so they do not depend on how a batch is dealt out.

    Args:
        texts: The sentences of each thing, M tensors of int64 [S, L], one at least.
        kinds: What each thing is, int64 [M]; where it is not known, a number for each.
    """

    def __init__(self, texts: Sequence[Tensor], kinds: Tensor) -> None:
        self.counts = torch.tensor([len(of_one) for of_one in texts])
        self.firsts = self.counts.cumsum(0) - self.counts
        self.every = torch.cat([*texts])
        self.kinds = kinds
        self._fixed = torch.rand(len(self), 2 + TRIES, generator=stream("captions"))

    def __len__(self) -> int:
        return len(self.counts)

    def first(self, numbers: Tensor) -> Tensor:
        """The first sentence of each of some things, int64 [N, L]."""
        return self.every[self.firsts[numbers]]

    def of(self, number: int) -> Tensor:
        """All sentences of a thing, int64 [S, L]."""
        first = int(self.firsts[number])
        return self.every[first : first + int(self.counts[number])]

    def dealt(self, numbers: Tensor, places: Span | Tensor) -> tuple[Tensor, Tensor]:
        """A sentence of each thing, and one of another, int64 [N, L] each.

        Args:
            numbers: Which things, int64 [N].
            places: The places of a run's stream that they are shown at; by number each has its first sentence.
        """
        if isinstance(places, Tensor):
            shares = self._fixed[places]
            shares = torch.cat([torch.zeros(len(shares), 1), shares[:, 1:]], dim=1)
        else:
            shares = uniform_rows(2 + TRIES, *places, use="captions")
        others = self._others(numbers, shares[:, 2:])
        return self._chosen(numbers, shares[:, 0]), self._chosen(others, shares[:, 1])

    def _chosen(self, numbers: Tensor, shares: Tensor) -> Tensor:
        return self.every[self.firsts[numbers] + (shares * self.counts[numbers]).long()]

    def _others(self, numbers: Tensor, shares: Tensor) -> Tensor:
        """For each thing the first of those drawn that is of another kind, or else any other."""
        drawn = (shares * len(self)).long()
        differs = self.kinds[drawn] != self.kinds[numbers][:, None]
        found = drawn.gather(1, differs.int().argmax(1, keepdim=True))[:, 0]
        return torch.where(differs.any(1), found, (numbers + 1) % len(self))


def texts_for(encoder: TextEncoder, vocabulary: tuple[str, ...], length: int) -> Texts:
    """What sentences are like for an encoder.

    Args:
        encoder: Which one.
        vocabulary: The words of training sentences, which "learned" learns.
        length: How many words, or pieces of words, a sentence has at most.

    Raises:
        UserError: If the encoder is not installed.
    """
    return Texts(minilm_pieces(), length, pieces=True) if encoder == "minilm" else Texts(vocabulary, length)


def facts_of(texts: Texts) -> dict[str, Any]:
    """What a variant has to know of sentences."""
    encoder: TextEncoder = "minilm" if texts.pieces else "learned"
    return {"vocabulary_size": texts.size, "text_length": texts.length, "text_encoder": encoder}


class Captioned(Part):
    """Images, each shown with one of its sentences, and with one of an image of another kind.

    Args:
        store: Gives the images.
        texts: The sentences of each image, M tensors of int64 [S, L], one at least.
        kinds: What each image shows, int64 [M]; where it is not known, a number for each image.
        framing: How the images are cut and mirrored.
    """

    def __init__(self, store: Store, texts: Sequence[Tensor], kinds: Tensor, framing: Framing) -> None:
        self.store = store
        self.sentences = Sentences(texts, kinds)
        self.framing = framing

    def __len__(self) -> int:
        return len(self.store)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Tensor):
            images = self.framing.cut(self.store[places], self.framing.middle(len(places)))
            return LoadedBatch(CaptionedBatch(images, *self.sentences.dealt(places, places)))
        numbers = stream_indices(len(self), *places)
        told = self.sentences.dealt(numbers, places)
        if not self.framing.varies:
            return LoadedBatch(CaptionedBatch(self.store[numbers], *told))
        views = self.framing.views(places)
        images = self.store.viewed(numbers, self.framing, views)
        return LoadedBatch(CaptionedBatch(images, *told), {"images": views.mirrored} if self.framing.flip else {})

    def text(self, numbers: Tensor) -> Tensor:
        """The first sentence of each image, int64 [N, L]."""
        return self.sentences.first(numbers)

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)


class CaptionedVideos(Part):
    """Videos, each shown with one of its sentences, and with one of a video of another kind.

    Args:
        videos: Gives them, in the order of a run's stream.
        texts: The sentences of each video, M tensors of int64 [S, L], one at least.
        kinds: What each video shows, int64 [M]; where it is not known, a number for each video.
    """

    def __init__(self, videos: Part, texts: Sequence[Tensor], kinds: Tensor) -> None:
        self.videos = videos
        self.sentences = Sentences(texts, kinds)

    def __len__(self) -> int:
        return len(self.videos)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        loaded = self.videos[places]
        numbers = places if isinstance(places, Tensor) else stream_indices(len(self), *places)
        batch = CaptionedVideoBatch(loaded.batch.videos, *self.sentences.dealt(numbers, places))
        return LoadedBatch(batch, loaded.mirrored)

    @property
    def stores(self) -> tuple[Store, ...]:
        return self.videos.stores

    @property
    def at_hand(self) -> bool:
        return self.videos.at_hand
