"""Images with sentences of their own and sentences of others."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.batches import CaptionedBatch, LoadedBatch
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.data.stores import Store
from gan_cli.data.transforms import Framing
from gan_cli.media.texts import Texts
from gan_cli.networks.minilm import minilm_pieces
from gan_cli.networks.text_encoders import TextEncoder
from gan_cli.seeding import stream, stream_indices, uniform_rows

TRIES = 8
"""So many images are drawn to find one of another kind."""


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

    Which sentences is a function of a run's seed and the place in its stream, drawn anew in each pass. Wrong ones come
    from the whole part, so they do not depend on how a batch is dealt out.

    Args:
        store: Gives the images.
        texts: The sentences of each image, M tensors of int64 [S, L], one at least.
        kinds: What each image shows, int64 [M]; where it is not known, a number for each image.
        framing: How the images are cut and mirrored.
    """

    def __init__(self, store: Store, texts: Sequence[Tensor], kinds: Tensor, framing: Framing) -> None:
        self.store = store
        self.counts = torch.tensor([len(of_one) for of_one in texts])
        self.firsts = self.counts.cumsum(0) - self.counts
        self.sentences = torch.cat([*texts])
        self.kinds = kinds
        self.framing = framing
        self._fixed = torch.rand(len(self), 2 + TRIES, generator=stream("captions"))

    def __len__(self) -> int:
        return len(self.store)

    @property
    def first_sentences(self) -> Tensor:
        """The one of each image that batches by number have, int64 [M, L]."""
        return self.sentences[self.firsts]

    def texts_of(self, place: int) -> Tensor:
        """All sentences of an image, int64 [S, L]."""
        first = int(self.firsts[place])
        return self.sentences[first : first + int(self.counts[place])]

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        if isinstance(places, Tensor):
            images, shares = self.framing.cut(self.store[places], self.framing.middle(len(places))), self._fixed[places]
            shares = torch.cat([torch.zeros(len(shares), 1), shares[:, 1:]], dim=1)  # the first sentence of each
            return LoadedBatch(CaptionedBatch(images, *self._told(places, shares)))
        numbers = stream_indices(len(self), *places)
        told = self._told(numbers, uniform_rows(2 + TRIES, *places, use="captions"))
        if not self.framing.varies:
            return LoadedBatch(CaptionedBatch(self.store[numbers], *told))
        views = self.framing.views(places)
        images = self.store.viewed(numbers, self.framing, views)
        return LoadedBatch(CaptionedBatch(images, *told), {"images": views.mirrored} if self.framing.flip else {})

    def text(self, numbers: Tensor) -> Tensor:
        """The first sentence of each image, int64 [N, L]."""
        return self.sentences[self.firsts[numbers]]

    @property
    def stores(self) -> tuple[Store, ...]:
        return (self.store,)

    def _told(self, numbers: Tensor, shares: Tensor) -> tuple[Tensor, Tensor]:
        """A sentence of each image, and one of another, int64 [N, L] each; shares in [0, 1) say which."""
        others = self._others(numbers, shares[:, 2:])
        return self._sentence(numbers, shares[:, 0]), self._sentence(others, shares[:, 1])

    def _sentence(self, numbers: Tensor, shares: Tensor) -> Tensor:
        return self.sentences[self.firsts[numbers] + (shares * self.counts[numbers]).long()]

    def _others(self, numbers: Tensor, shares: Tensor) -> Tensor:
        """For each image the first of those drawn that is of another kind, or else any other."""
        drawn = (shares * len(self)).long()
        differs = self.kinds[drawn] != self.kinds[numbers][:, None]
        found = drawn.gather(1, differs.int().argmax(1, keepdim=True))[:, 0]
        return torch.where(differs.any(1), found, (numbers + 1) % len(self))
