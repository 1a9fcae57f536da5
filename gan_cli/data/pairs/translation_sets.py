"""The common part of sets to translate between: pairs, and two domains."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from gan_cli.data.archives import File
from gan_cli.data.datamodules import Facts, NamedImage, Split
from gan_cli.data.decoding import Pair, Recipe, Side
from gan_cli.data.file_sets import FileDataModule, checked_channels, named_files
from gan_cli.data.parts import Pairs, TwoDomains
from gan_cli.errors import UserError
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.ranges import Channels

BOTH_SIDES = "both sides in one file"
"""The only group of files in a set whose pairs share a file."""


class PairedDataModule(FileDataModule):
    """Pairs of images of two domains that show one thing.

    Args:
        source_channels: C of the images that go in: 1 (grey), 3 or 4.
        target_channels: C of the images that come out.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    fields: Mapping[str, Medium] = {"source": Images(), "target": Images()}
    source: Side
    """Where the source is in files that hold both sides."""

    def __init__(self, source_channels: Channels = 3, target_channels: Channels = 3, **loading: Any) -> None:
        super().__init__(**loading)
        self.channels = (checked_channels(source_channels), checked_channels(target_channels))

    @property
    @abstractmethod
    def domains(self) -> tuple[str, str]:
        """The names of source and target."""

    @abstractmethod
    def pairs(self, split: Split) -> list[Pair]:
        """The examples of a part, without opening the files."""

    @property
    def facts(self) -> Facts:
        return facts_between(self.name, self.image_size, self.domains, self.channels)

    def groups(self, split: Split) -> dict[str, list[File]]:
        pairs = self.pairs(split)
        if pairs and len(pairs[0].files) == 2:
            return {name: [pair.files[side] for pair in pairs] for side, name in enumerate(self.domains)}
        return {BOTH_SIDES: [pair.files[0] for pair in pairs]}

    def pair_recipe(self, split: Split) -> Recipe:
        """How the pairs of a part become tensors."""
        return self.recipe(split, *self.channels)._replace(source=self.source)

    def part(self, split: Split) -> Pairs:
        store = self.stored(split, self.pairs(split), self.pair_recipe(split))
        channels = dict(zip(("source", "target"), self.channels, strict=True))
        return Pairs(store, channels, self.framing_of(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        return named_files(self.pairs("test"), self.pair_recipe("test"), side_of(domain, self.domains))


class UnpairedDataModule(FileDataModule):
    """Images of two domains that have nothing to do with each other.

    Args:
        source_channels: C of the first domain: 1 (grey), 3 or 4.
        target_channels: C of the second domain.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    fields: Mapping[str, Medium] = {"a": Images(), "b": Images()}

    def __init__(self, source_channels: Channels = 3, target_channels: Channels = 3, **loading: Any) -> None:
        super().__init__(**loading)
        self.channels = (checked_channels(source_channels), checked_channels(target_channels))

    @property
    @abstractmethod
    def domains(self) -> tuple[str, str]:
        """The names of the two domains."""

    @abstractmethod
    def files(self, split: Split) -> tuple[list[File], list[File]]:
        """The files of a part in each domain, without opening them."""

    @property
    def facts(self) -> Facts:
        return facts_between(self.name, self.image_size, self.domains, self.channels)

    def groups(self, split: Split) -> dict[str, list[File]]:
        return dict(zip(self.domains, self.files(split), strict=True))

    def part(self, split: Split) -> TwoDomains:
        a, b = (
            self.stored(split, files, self.recipe(split, channels))
            for files, channels in zip(self.files(split), self.channels, strict=True)
        )
        return TwoDomains(a, b, self.framing_of(split))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = side_of(domain, self.domains)
        return named_files(self.files("test")[side], self.recipe("test", self.channels[side]))


def facts_between(name: str, image_size: int, domains: tuple[str, str], channels: tuple[int, int]) -> Facts:
    """The facts of a set between two domains, with their channels; `image_channels` are the second one's.

    Nothing is known of classes, unless the set says more.
    """
    source, target = channels
    return {
        "name": name,
        "image_size": image_size,
        "image_channels": target,
        "domains": domains,
        "source_channels": source,
        "target_channels": target,
        "num_classes": 0,
    }


def side_of(domain: str, domains: Sequence[str]) -> int:
    """A domain's number.

    Raises:
        UserError: If there is no such domain.
    """
    if domain not in domains:
        raise UserError(f"data: there is no domain {domain}, but {' and '.join(domains)}")
    return domains.index(domain)
