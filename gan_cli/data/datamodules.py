"""The data sets as LightningDataModules: small sets live in memory and are batched by index."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from gan_cli import images
from gan_cli.batches import AnyBatch, Batch, ImageBatch, PointBatch
from gan_cli.data import points, sources
from gan_cli.data.sampling import StreamSampler, dealt_indices
from gan_cli.errors import UserError
from gan_cli.seeding import stream


class DataFacts(NamedTuple):
    """What a data set tells a model about itself; it travels in the checkpoint.

    Attributes:
        name: The data set, as `--data` takes it.
        image_size: Side of the images in pixels; 0 for points.
        image_channels: C; 0 for points.
        num_classes: K, 0 where there are none.
        class_names: One name per class, in the order of the labels.
        point_dim: Coordinates of a point; 0 for images.
        domains: What a set to translate between holds, by name: source and target of a paired one, a and b of an
            unpaired one; empty for other sets. `horse2zebra` is the direction from the first to the second.
        source_channels: C of the first domain; 0 without domains.
        target_channels: C of the second domain; 0 without domains.
    """

    name: str
    image_size: int
    image_channels: int
    num_classes: int
    class_names: tuple[str, ...]
    point_dim: int = 0
    domains: tuple[str, ...] = ()
    source_channels: int = 0
    target_channels: int = 0


class InMemory(Dataset[Batch]):
    """A split that is held as tensors and indexed by a whole batch at once."""

    def __init__(self, content: Batch) -> None:
        self.content = content

    def __len__(self) -> int:
        return len(self.content.labels)

    def __getitem__(self, indices: Tensor) -> Batch:
        return type(self.content)(*(tensor[indices] for tensor in self.content))


class GANDataModule(LightningDataModule, ABC):
    """A set split into a part to train on and a held-out one, both in memory.

    Args:
        batch_size: Images (or points) per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    offline: ClassVar[bool] = False
    """Whether the set comes with the installation."""
    yields: type[AnyBatch] = ImageBatch
    """What its batches are."""
    class_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, batch_size: int = 128, num_workers: int = 0) -> None:
        super().__init__()
        if batch_size < 1:
            raise UserError(f"data.batch_size: {batch_size} is not possible; take at least 1")
        if num_workers < 0:
            raise UserError(f"data.num_workers: {num_workers} is not possible; take 0 or more")
        self.save_hyperparameters()
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.train_set: InMemory | None = None
        self.held_out_set: InMemory | None = None

    @property
    @abstractmethod
    def facts(self) -> DataFacts:
        """What the model must know of the set, without reading it."""

    @abstractmethod
    def read(self, train: bool) -> Batch:
        """The whole part to train on, or the held-out one."""

    @abstractmethod
    def on_device(self, batch: Batch) -> Batch:
        """A batch as the model sees it, made of one as it leaves the loader."""

    def labelled(self, count: int, seed: int, device: torch.device) -> Batch:
        """Training images with their labels for semi-supervised learning, as the model sees them.

        Args:
            count: How many; as many of each class.
            seed: Chooses them.
            device: Where they are to be.

        Raises:
            UserError: If there are not so many.
        """
        assert self.train_set is not None
        labels = self.train_set.content.labels
        classes = self.facts.num_classes
        order = torch.randperm(len(labels), generator=stream(seed, "labelled"))
        each = [order[labels[order] == number][: count // classes] for number in range(classes)]
        if any(len(chosen) < count // classes for chosen in each):
            raise UserError(f"model.num_labelled: {count} is more than {self.facts.name} has of each class; take fewer")
        batch = self.train_set[torch.cat(each)]
        return self.on_device(type(batch)(*(tensor.to(device) for tensor in batch)))

    def setup(self, stage: str) -> None:
        """Reads the parts that the stage needs ("fit", "validate" or "test").

        Raises:
            UserError: If one batch of all processes is larger than the set.
        """
        if stage == "fit" and self.train_set is None:
            self.train_set = InMemory(self.read(train=True))
            self._check_batch_size(len(self.train_set))
        if self.held_out_set is None:
            self.held_out_set = InMemory(self.read(train=False))

    def train_dataloader(self) -> Iterable[Batch]:
        """Batches of the endless shuffled stream, from where the run stands."""
        assert self.train_set is not None
        rank, world_size = self._place()
        run: Any = self.trainer.lightning_module if self.trainer else None
        sampler = StreamSampler(
            len(self.train_set),
            self.batch_size,
            seed=run.seed if run is not None else 0,
            rank=rank,
            world_size=world_size,
            position=lambda: run.counters.images if run is not None else 0,
        )
        return self._loader(self.train_set, sampler)

    def val_dataloader(self) -> Iterable[Batch]:
        """The held-out images, each once."""
        assert self.held_out_set is not None
        return self._loader(self.held_out_set, dealt_indices(len(self.held_out_set), self.batch_size, *self._place()))

    def test_dataloader(self) -> Iterable[Batch]:
        """The held-out images, each once: none of these sets has a third part."""
        return self.val_dataloader()

    def on_after_batch_transfer(self, batch: Any, dataloader_idx: int) -> AnyBatch:
        return self.on_device(batch)

    def _check_batch_size(self, images: int) -> None:
        _, world_size = self._place()
        if self.batch_size * world_size > images:
            shares = f" in {world_size} processes" if world_size > 1 else ""
            raise UserError(
                f"data.batch_size: {self.batch_size}{shares} is more than the {images} images of {self.facts.name}; "
                "take a smaller one"
            )

    def _place(self) -> tuple[int, int]:
        return (self.trainer.global_rank, self.trainer.world_size) if self.trainer else (0, 1)

    def _loader(self, part: InMemory, batches: Any) -> DataLoader[Batch]:
        return DataLoader(
            part,
            sampler=batches,
            batch_size=None,  # the sampler yields whole batches of indices
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
        )


class ImageDataModule(GANDataModule):
    """Images of one size with their classes.

    Args:
        root: Folder that holds the data sets.
        image_size: Side of the square images in pixels, a power of two from 16.
        batch_size: Images per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If a value is not possible.
    """

    image_channels: ClassVar[int]

    def __init__(self, root: str = "data", image_size: int = 32, batch_size: int = 128, num_workers: int = 0) -> None:
        super().__init__(batch_size, num_workers)
        if image_size < 16 or image_size & (image_size - 1):
            raise UserError(f"data.image_size: {image_size} is no power of two from 16; take 16, 32, 64, ...")
        self.root = root
        self.image_size = image_size

    @abstractmethod
    def read(self, train: bool) -> ImageBatch:
        """The whole part to train on, or the held-out one: uint8 [M, C, H, W] and labels [M]."""

    @property
    def facts(self) -> DataFacts:
        names = self.class_names
        return DataFacts(type(self).__name__, self.image_size, self.image_channels, len(names), names)

    def on_device(self, batch: Batch) -> Batch:
        """uint8 becomes float in [-1, 1], for the whole batch at once."""
        return ImageBatch(images.to_float(batch.real), batch.labels)


class Digits(ImageDataModule):
    """The 1,797 real handwritten digits that scikit-learn ships: 1,437 to train on, 360 held out. No download."""

    offline = True
    image_channels = 1
    class_names = tuple("0123456789")

    def read(self, train: bool) -> ImageBatch:
        return sources.digits(train, self.image_size)


class MNIST(ImageDataModule):
    """60,000 handwritten digits and 10,000 held out, 28x28 padded to 32x32. Downloads 11 MB into `root`."""

    image_channels = 1
    class_names = tuple("0123456789")

    def prepare_data(self) -> None:
        _fetch_mnist(self.root)

    def read(self, train: bool) -> ImageBatch:
        return sources.mnist(self.root, train, self.image_size)


class StackedMNIST(ImageDataModule):
    """Three MNIST digits as the channels of one image: 1,000 modes, 128,000 images. Downloads MNIST into `root`."""

    image_channels = 3

    def prepare_data(self) -> None:
        _fetch_mnist(self.root)

    def read(self, train: bool) -> ImageBatch:
        return sources.stacked_mnist(self.root, train, self.image_size)


def _fetch_mnist(root: str) -> None:
    sources.download_mnist(root, [kind.__name__ for kind in ImageDataModule.__subclasses__() if kind.offline])


class PointDataModule(GANDataModule):
    """Points of the plane, generated from a fixed seed: sets that show at a glance what a GAN has missed.

    Args:
        num_points: Points to train on.
        batch_size: Points per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest.

    Raises:
        UserError: If a value is not possible.
    """

    offline = True
    yields = PointBatch
    modes: ClassVar[points.Modes | None] = None
    """Where the set's modes are, if it has any."""
    HELD_OUT: ClassVar[int] = 10_000

    def __init__(self, num_points: int = 100_000, batch_size: int = 256, num_workers: int = 0) -> None:
        super().__init__(batch_size, num_workers)
        if num_points < 1:
            raise UserError(f"data.num_points: {num_points} is not possible; take at least 1")
        self.num_points = num_points

    @abstractmethod
    def make(self, count: int, seed: int) -> PointBatch:
        """That many points, with the mode each belongs to."""

    def read(self, train: bool) -> PointBatch:
        return self.make(self.num_points if train else self.HELD_OUT, seed=0 if train else 1)

    @property
    def facts(self) -> DataFacts:
        names = tuple(str(number) for number in range(len(self.modes.centres))) if self.modes else ()
        return DataFacts(type(self).__name__, 0, 0, len(names), names, point_dim=2)

    def on_device(self, batch: Batch) -> Batch:
        return batch


class Ring8(PointDataModule):
    """Eight small Gaussians on a circle: radius 2, deviation 0.02."""

    modes = points.RING8

    def make(self, count: int, seed: int) -> PointBatch:
        return points.mixture(points.RING8, count, seed)


class Grid25(PointDataModule):
    """25 small Gaussians on a square grid: spacing 2, deviation 0.05."""

    modes = points.GRID25

    def make(self, count: int, seed: int) -> PointBatch:
        return points.mixture(points.GRID25, count, seed)


class SwissRoll(PointDataModule):
    """A spiral of noisy points, within about 2 of the centre; no modes."""

    def make(self, count: int, seed: int) -> PointBatch:
        return points.swiss_roll(count, seed)
