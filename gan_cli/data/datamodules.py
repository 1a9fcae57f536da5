"""The data sets, all behind one image data module: small sets live in memory as uint8 and are batched by index."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

import torch
from lightning.pytorch import LightningDataModule
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from gan_cli import images
from gan_cli.batches import ImageBatch
from gan_cli.data import sources
from gan_cli.data.sampling import StreamSampler, dealt_indices
from gan_cli.errors import UserError


class DataFacts(NamedTuple):
    """What a data set tells a model about itself; it travels in the checkpoint.

    Attributes:
        name: The data set, as `--data` takes it.
        image_size: Side of the images in pixels.
        image_channels: C.
        num_classes: K, 0 where there are none.
        class_names: One name per class, in the order of the labels.
    """

    name: str
    image_size: int
    image_channels: int
    num_classes: int
    class_names: tuple[str, ...]


class ImagesInMemory(Dataset[ImageBatch]):
    """A split that is held as two tensors and indexed by a whole batch at once."""

    def __init__(self, content: ImageBatch) -> None:
        self.content = content

    def __len__(self) -> int:
        return len(self.content.labels)

    def __getitem__(self, indices: Tensor) -> ImageBatch:
        return ImageBatch(self.content.images[indices], self.content.labels[indices])


class ImageDataModule(LightningDataModule):
    """Images of one size with their classes, split into a part to train on and a held-out one.

    Args:
        root: Folder that holds the data sets.
        image_size: Side of the square images in pixels, a power of two from 16.
        batch_size: Images per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.

    Raises:
        UserError: If the image size or the batch size is not possible.
    """

    offline: ClassVar[bool] = False
    """Whether the set comes with the installation."""
    image_channels: ClassVar[int]
    class_names: ClassVar[tuple[str, ...]] = ()

    def __init__(self, root: str = "data", image_size: int = 32, batch_size: int = 128, num_workers: int = 0) -> None:
        super().__init__()
        if image_size < 16 or image_size & (image_size - 1):
            raise UserError(f"data.image_size: {image_size} is no power of two from 16; take 16, 32, 64, ...")
        if batch_size < 1:
            raise UserError(f"data.batch_size: {batch_size} is not possible; take at least 1")
        if num_workers < 0:
            raise UserError(f"data.num_workers: {num_workers} is not possible; take 0 or more")
        self.save_hyperparameters()
        self.root = root
        self.image_size = image_size
        self.batch_size = batch_size
        self.num_workers = num_workers
        self.train_set: ImagesInMemory | None = None
        self.held_out_set: ImagesInMemory | None = None

    @abstractmethod
    def read(self, train: bool) -> ImageBatch:
        """The whole part to train on, or the held-out one: uint8 [M, C, H, W] and labels [M]."""

    @property
    def facts(self) -> DataFacts:
        """What the model must know of the set, without reading it."""
        names = self.class_names
        return DataFacts(type(self).__name__, self.image_size, self.image_channels, len(names), names)

    def setup(self, stage: str) -> None:
        """Reads the parts that the stage needs ("fit", "validate" or "test").

        Raises:
            UserError: If one batch of all processes is larger than the set.
        """
        if stage == "fit" and self.train_set is None:
            self.train_set = ImagesInMemory(self.read(train=True))
            self._check_batch_size(len(self.train_set))
        if self.held_out_set is None:
            self.held_out_set = ImagesInMemory(self.read(train=False))

    def train_dataloader(self) -> Iterable[ImageBatch]:
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

    def val_dataloader(self) -> Iterable[ImageBatch]:
        """The held-out images, each once."""
        assert self.held_out_set is not None
        return self._loader(self.held_out_set, dealt_indices(len(self.held_out_set), self.batch_size, *self._place()))

    def test_dataloader(self) -> Iterable[ImageBatch]:
        """The held-out images, each once: the embedded sets and MNIST have no third part."""
        return self.val_dataloader()

    def on_after_batch_transfer(self, batch: ImageBatch, dataloader_idx: int) -> ImageBatch:
        """uint8 becomes float in [-1, 1] on the device, for the whole batch at once."""
        return ImageBatch(images.to_float(batch.images), batch.labels)

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

    def _loader(self, part: ImagesInMemory, batches: Any) -> DataLoader[ImageBatch]:
        return DataLoader(
            part,
            sampler=batches,
            batch_size=None,  # the sampler yields whole batches of indices
            num_workers=self.num_workers,
            persistent_workers=self.num_workers > 0,
            pin_memory=torch.cuda.is_available(),
        )


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
        sources.download_mnist(self.root, [kind.__name__ for kind in ImageDataModule.__subclasses__() if kind.offline])

    def read(self, train: bool) -> ImageBatch:
        return sources.mnist(self.root, train, self.image_size)
