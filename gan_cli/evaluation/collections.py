"""Things to compare, from models, data sets or folders: read when they are needed, and named after their origin."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.data import AdaptationDataModule, FilmDataModule, GANDataModule
from gan_cli.data.adaptation.sides import AdaptationPart
from gan_cli.data.caches import digest_of
from gan_cli.data.combined import CombinedDataModule
from gan_cli.data.datamodules import Split
from gan_cli.data.file_sets import FileDataModule
from gan_cli.data.parts import LabelledPart, Part, TwoDomains
from gan_cli.media.images import Images
from gan_cli.metrics.features import LabelledImages, Lesson, reduced
from gan_cli.seeding import stream

BATCH = 100
"""At most this many things are made or read at once."""
MOST_TO_LEARN_FROM = 60_000
"""A classifier is trained on at most this many images."""


class Collection(NamedTuple):
    """Things of one medium and size.

    Attributes:
        origin: Where they come from, in words, such as "MNIST test".
        key: The key under which their results are kept; it changes with their content. "" keeps nothing.
        total: How many there are.
        read: Gives the things with given numbers, as they are kept: images as uint8 [N, C, H, W].
        things: What they are, in the plural.
    """

    origin: str
    key: str
    total: int
    read: Callable[[Tensor], Tensor]
    things: str = Images.name

    def some(self, count: int) -> "Collection":
        """`count` of the things, always the same, drawn from the whole; all of them if there are no more."""
        return self.chosen(self._shuffled()[:count].sort().values, f"some-{count}") if count < self.total else self

    def chosen(self, numbers: Tensor, key: str) -> "Collection":
        """The things with these numbers."""
        return self._replace(
            key=self.key and f"{self.key}-{key}", total=len(numbers), read=lambda places: self.read(numbers[places])
        )

    def halves(self) -> tuple["Collection", "Collection"]:
        """Two halves of equal size, always the same, drawn from the whole."""
        half = self.total // 2
        first, second = (self._shuffled()[start : start + half].sort().values for start in (0, half))
        return self.chosen(first, "half-1"), self.chosen(second, "half-2")

    def _shuffled(self) -> Tensor:
        """All numbers in an order that is always the same.

        Every second or sixth thing would be another kind of thing in a set that alternates: MNIST's training images do,
        between two groups of writers, and the strokes of one are an eighth thicker.
        """
        return torch.randperm(self.total, generator=stream(0, "collection"))

    def all(self) -> Tensor:
        """All things at once, as they are kept."""
        return torch.cat([self.read(numbers) for numbers in torch.arange(self.total).split(BATCH)])


def of_split(data: GANDataModule, split: Split, domain: int = 0) -> Collection:
    """A part of a data set as it is looked at, never augmented.

    Args:
        data: The set.
        split: The part.
        domain: Which domain, for a set between two domains, or which further field; 0 for other sets.

    Raises:
        UserError: If the part is not there.
    """
    part = data.at_hand(split)
    domains = data.facts.get("domains")
    sides = (*domains, *list(data.fields)[len(domains) :]) if domains else ()
    name = f"{data.name} {split}" + (f" {sides[domain]}" if domains else "")
    key = f"{name.replace(' ', '-')}-{_size(data)}-{content_key(data, split)}"
    things = list(data.fields.values())[domain].name
    return Collection(name, key, *_reader(part, domain if domains else None), things)


def _reader(part: Part, domain: int | None) -> tuple[int, Callable[[Tensor], Tensor]]:
    if isinstance(part, AdaptationPart) and domain is not None:
        side = (part.source, part.target)[domain]
        return len(side), lambda numbers: side[numbers].batch.images
    if isinstance(part, TwoDomains) and domain is not None:  # domains differ in length: numbers count one
        store = part.stores[domain]
        return len(store), lambda numbers: part.framing.cut(store[numbers], part.framing.middle(len(numbers)))

    def read(numbers: Tensor) -> Tensor:
        batch = part[numbers].batch
        things: Tensor = batch.real if domain is None else batch[domain]
        return things

    return len(part), read


def content_key(data: GANDataModule, split: Split) -> str:
    """Digits that change with the content of a part: with its files' sizes and times, or with its pixels."""
    if isinstance(data, CombinedDataModule):
        return "-".join([*(content_key(one, split) for one in data.sets), *data.recipe_key()])
    if isinstance(data, FileDataModule):
        recipe = data.recipe(split, data.facts["image_channels"])
        files = (file for group in data.groups(split).values() for file in group)
        return digest_of(repr(recipe), files)[:12]
    if isinstance(data, FilmDataModule):
        return data.content_key(split)
    part = data.at_hand(split)
    digest = hashlib.sha256()
    for numbers in torch.arange(len(part)).split(BATCH * 100):
        for field in part[numbers].batch:
            plain = field.contiguous().numpy().tobytes() if isinstance(field, Tensor) else repr(field).encode()
            digest.update(plain)
    return digest.hexdigest()[:12]


def labels_of(data: GANDataModule, split: Split) -> Tensor:
    """The classes of a part's things, int64 [M], or float [M, K] of attributes."""
    part = data.at_hand(split)
    if isinstance(part, AdaptationPart):  # made images are judged as those of the target
        return part.target.labels
    assert isinstance(part, LabelledPart)
    return part.labels


def is_paired(data: GANDataModule) -> bool:
    """Whether the source and the target of a batch belong together."""
    return "target" in data.fields and not isinstance(data, AdaptationDataModule)


def has_classes(data: GANDataModule) -> bool:
    """Whether each thing has one of several classes, so that a classifier can be trained."""
    return data.facts.get("num_classes", 0) > 1 and not data.facts.get("attributes")


def lesson_of(data: GANDataModule) -> Lesson | None:
    """The lesson that a data set's classifier is trained on; None if its images have no classes."""
    if not has_classes(data):
        return None
    facts = data.facts

    def read() -> LabelledImages:
        domain = int(isinstance(data, AdaptationDataModule))
        train, test = of_split(data, "train", domain), of_split(data, "test", domain)
        some = train.some(MOST_TO_LEARN_FROM)
        numbers = torch.arange(some.total) * train.total // some.total
        return LabelledImages(_small(some), labels_of(data, "train")[numbers], _small(test), labels_of(data, "test"))

    key = f"{data.name}-{_size(data)}-{facts['image_channels']}-{content_key(data, 'train')}"
    return Lesson(key, facts["num_classes"], bool(getattr(data, "flips", False)), read)


def _small(images: Collection) -> Tensor:
    """All images as a classifier sees them, made small batch by batch."""
    batches = torch.arange(images.total).split(BATCH)
    return torch.cat([reduced(images.read(numbers)) for numbers in batches])


def _size(data: GANDataModule) -> str:
    """A set's size as it stands in the names of files, such as "32px"."""
    side = data.facts.get("image_size")
    return f"{side}px" if side else "x"
