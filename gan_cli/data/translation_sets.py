"""What sets to translate between have in common: pairs, two domains, many; their files are decoded as needed."""

from abc import abstractmethod
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from torch import Tensor

from gan_cli import images
from gan_cli.batches import ImageBatch, PairedBatch, UnpairedBatch
from gan_cli.data import file_parts
from gan_cli.data.datamodules import DataFacts, GANDataModule, NamedImage, Split
from gan_cli.data.file_parts import LabelledFiles, PairedFiles, Side, UnpairedFiles
from gan_cli.data.folders import File, Pair
from gan_cli.data.transforms import Framing
from gan_cli.errors import UserError

JITTER = 286 / 256
"""How much larger training images are before they are cut, in the papers' code."""


class FileDataModule(GANDataModule):
    """Images in files, brought to one size when a batch is made.

    Args:
        root: Folder that holds the data sets; of a set that is a folder of one's own, that folder.
        image_size: Side of the images in pixels, whatever the files have.
        batch_size: Images per step and process.
        num_workers: Processes that decode beside the training.
        load_size: Side that training images are resized to before they are cut at random; 0 cuts nothing, None takes
            the paper's for this set: 286 for images of 256, or none.
        flip: Whether training images are mirrored at random; None takes the paper's choice for this set.

    Raises:
        UserError: If a value is not possible.
    """

    jitters: ClassVar[bool] = True
    """Whether the set's paper cuts its training images."""
    flips: ClassVar[bool] = True
    """Whether the set's paper mirrors its training images."""
    square: ClassVar[int] = 0
    """Side of the square cut from the middle of each file, in pixels; 0 resizes the whole, as it is."""

    def __init__(
        self,
        root: str = "data",
        image_size: int = 256,
        batch_size: int = 1,
        num_workers: int = 2,
        load_size: int | None = None,
        flip: bool | None = None,
    ) -> None:
        super().__init__(batch_size, num_workers)
        if image_size < 1:
            raise UserError(f"data.image_size: {image_size} is not possible; take at least 1")
        if load_size and load_size < image_size:
            raise UserError(
                f"data.load_size: {load_size} is less than the {image_size} pixels that are cut from it; "
                f"take {round(JITTER * image_size)}, or 0 to cut nothing"
            )
        self.root = root
        self.image_size = image_size
        usual = round(JITTER * image_size) if self.jitters else image_size
        self.framing = Framing(
            image_size,
            load_size=usual if load_size is None else load_size or image_size,
            flip=self.flips if flip is None else flip,
            square=self.square,
        )

    def _check(self, files: Sequence[object], paths: Iterable[Path], split: Split, even: bool = False) -> None:
        """Refuses a part that is empty or has broken files."""
        if not files:
            raise UserError(f"data.root: there are no images to {PURPOSES[split]} below {self.root}")
        file_parts.check_headers(list(paths), Path(self.root), even)


PURPOSES: dict[Split, str] = {"train": "train on", "val": "watch while training", "test": "judge on"}


class PairedDataModule(FileDataModule):
    """Pairs of images of two domains that show one thing.

    Args:
        source_channels: C of the images that go in: 1 (grey), 3 or 4.
        target_channels: C of the images that come out.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    yields = PairedBatch
    source: Side
    """Where the source is in files that hold both sides."""

    def __init__(self, source_channels: int = 3, target_channels: int = 3, **loading: Any) -> None:
        super().__init__(**loading)
        self.channels = (checked_channels(source_channels), checked_channels(target_channels))

    @property
    @abstractmethod
    def domains(self) -> tuple[str, str]:
        """The names of source and target."""

    @abstractmethod
    def pairs(self, split: Split) -> list[Pair]:
        """The examples of a part, without a look into the files."""

    @property
    def facts(self) -> DataFacts:
        return facts_between(type(self).__name__, self.image_size, self.domains, self.channels)

    def part(self, split: Split) -> PairedFiles:
        pairs = self.pairs(split)
        paths = [path for pair in pairs for path in pair.files]
        self._check(pairs, paths, split, even=bool(pairs) and len(pairs[0].files) == 1)
        return PairedFiles(pairs, self.source, self.channels, self.framing)

    def on_device(self, batch: PairedBatch) -> PairedBatch:
        """uint8 becomes float in [-1, 1], for the whole batch at once."""
        return PairedBatch(*map(images.to_float, batch))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = side_of(domain, self.domains)
        pairs = self.pairs("test")

        def reader(pair: Pair) -> Callable[[], Tensor]:
            return partial(side_at, pair, side, self.source, self.channels[side], self.framing)

        return named([(pair.name, pair.files[0], reader(pair)) for pair in pairs])


class UnpairedDataModule(FileDataModule):
    """Images of two domains that have nothing to do with each other.

    Args:
        source_channels: C of the first domain: 1 (grey), 3 or 4.
        target_channels: C of the second domain.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    yields = UnpairedBatch

    def __init__(self, source_channels: int = 3, target_channels: int = 3, **loading: Any) -> None:
        super().__init__(**loading)
        self.channels = (checked_channels(source_channels), checked_channels(target_channels))

    @property
    @abstractmethod
    def domains(self) -> tuple[str, str]:
        """The names of the two domains."""

    @abstractmethod
    def files(self, split: Split) -> tuple[list[File], list[File]]:
        """The files of a part in each domain, without a look into them."""

    @property
    def facts(self) -> DataFacts:
        return facts_between(type(self).__name__, self.image_size, self.domains, self.channels)

    def part(self, split: Split) -> UnpairedFiles:
        a, b = self.files(split)
        self._check(a and b, [file.path for file in (*a, *b)], split)
        return UnpairedFiles(a, b, self.channels, self.framing)

    def on_device(self, batch: UnpairedBatch) -> UnpairedBatch:
        """uint8 becomes float in [-1, 1], for the whole batch at once."""
        return UnpairedBatch(*map(images.to_float, batch))

    def test_inputs(self, domain: str) -> list[NamedImage]:
        side = side_of(domain, self.domains)
        return named_files(self.files("test")[side], self.channels[side], self.framing)


class DomainDataModule(FileDataModule):
    """Images of any number of domains, or with attributes, as StarGAN takes them: a square from the middle, no jitter.

    Args:
        image_size: Side of the images in pixels, whatever the files have.
        batch_size: Images per step and process.
        image_channels: C of the images: 1 (grey), 3 or 4.
        **loading: Further arguments of `FileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    yields = ImageBatch
    jitters = False
    square = 1 << 30  # the largest there is

    def __init__(self, image_size: int = 128, batch_size: int = 16, image_channels: int = 3, **loading: Any) -> None:
        super().__init__(image_size=image_size, batch_size=batch_size, **loading)
        self.image_channels = checked_channels(image_channels)

    @property
    @abstractmethod
    def domains(self) -> tuple[str, ...]:
        """The names of the domains or attributes, in the order of the labels."""

    @abstractmethod
    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        """The files of a part, with int64 [M] domains or float [M, K] attributes."""

    @property
    def facts(self) -> DataFacts:
        names = self.domains
        return DataFacts(type(self).__name__, self.image_size, self.image_channels, len(names), names)

    def part(self, split: Split) -> LabelledFiles:
        files, labels = self.labelled_files(split)
        self._check(files, [file.path for file in files], split)
        return LabelledFiles(files, labels, self.image_channels, self.framing)

    def on_device(self, batch: ImageBatch) -> ImageBatch:
        """uint8 becomes float in [-1, 1], for the whole batch at once."""
        return ImageBatch(images.to_float(batch.images), batch.labels)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        return named_files(self.labelled_files("test")[0], self.image_channels, self.framing)


def checked_channels(number: int) -> int:
    """The channels of images, if they are possible.

    Raises:
        UserError: If they are not.
    """
    if number not in (1, 3, 4):
        raise UserError(f"data: images of {number} channels are not possible; take 1 (grey), 3 or 4 (with opacity)")
    return number


def facts_between(name: str, image_size: int, domains: tuple[str, str], channels: tuple[int, int]) -> DataFacts:
    """The facts of a set between two domains, with their channels."""
    source, target = channels
    return DataFacts(name, image_size, target, 0, (), 0, domains, source, target)


def side_of(domain: str, domains: Sequence[str]) -> int:
    """A domain's number.

    Raises:
        UserError: If there is no such domain.
    """
    if domain not in domains:
        raise UserError(f"data: there is no domain {domain}, but {' and '.join(domains)}")
    return domains.index(domain)


def named(inputs: Sequence[tuple[str, Path, Callable[[], Tensor]]]) -> list[NamedImage]:
    """Test images under the names that their translations get; names that differ in the ending alone keep it.

    Args:
        inputs: Of each its name without ending, its file, and what reads it.
    """
    names = [name for name, _, _ in inputs]
    twice = {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else set()
    return [NamedImage(f"{name}{path.suffix if name in twice else ''}.png", read) for name, path, read in inputs]


def named_files(files: Sequence[File], channels: int, framing: Framing) -> list[NamedImage]:
    """The images of files under the names that their translations get."""
    return named([(file.name, file.path, partial(whole_at, file.path, channels, framing)) for file in files])


def whole_at(path: Path, channels: int, framing: Framing) -> Tensor:
    """A file's image as a model sees it when it is held out, uint8 [C, H, W]."""
    return file_parts.tensor(file_parts.decoded(path), channels, framing)


def side_at(pair: Pair, side: int, source: Side, channels: int, framing: Framing) -> Tensor:
    """A side of a pair as a model sees it when it is held out, uint8 [C, H, W]."""
    return file_parts.tensor(file_parts.both_sides(pair, source)[side], channels, framing)
