"""Small sets of images with classes, held in memory."""

from abc import abstractmethod
from functools import partial
from typing import ClassVar

from gan_cli import images
from gan_cli.batches import Batch, ImageBatch
from gan_cli.data import sources
from gan_cli.data.datamodules import DataFacts, MemoryDataModule, NamedImage
from gan_cli.errors import UserError


class ImageDataModule(MemoryDataModule):
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

    def on_device(self, batch: Batch) -> ImageBatch:
        """uint8 becomes float in [-1, 1], for the whole batch at once."""
        return ImageBatch(images.to_float(batch.real), batch.labels)

    def test_inputs(self, domain: str) -> list[NamedImage]:
        pictures, labels = self.read(train=False)
        names = self.class_names or ("image",)
        return [
            NamedImage(f"{names[label]}-{number:05d}.png", partial(pictures.__getitem__, number))
            for number, label in enumerate(labels.tolist() if self.class_names else [0] * len(labels))
        ]


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
