"""Small sets of images with classes, held in memory."""

from abc import abstractmethod
from functools import partial
from typing import Annotated, Any, ClassVar, Literal

import torch
from PIL import Image
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data.datamodules import Facts, GANDataModule, NamedImage, Split, class_facts
from gan_cli.data.images import sources
from gan_cli.data.parts import LabelledImages
from gan_cli.data.stores import TensorStore
from gan_cli.data.transforms import Framing
from gan_cli.media import reading
from gan_cli.ranges import BatchSize, Processes, Range, Seed
from gan_cli.seeding import stream


class ImageDataModule(GANDataModule):
    """Images of one size with their classes.

    Args:
        root: Folder that holds the data sets.
        image_size: Side of the square images in pixels; a network may take fewer sizes than a set has.
        batch_size: Images per step and process.
        num_workers: Processes that load beside the training; 0 is the fastest for sets in memory.
        flip: Whether training images are mirrored at random; None takes what is usual for this set.
        dequantise: Whether training images have noise within a level of brightness, drawn anew each time.
        share: Part of the training images that is used; a smaller one lies within a larger one.
        share_seed: Chooses them.

    Raises:
        UserError: If a value is not possible.
    """

    image_channels: ClassVar[int]
    flips: ClassVar[bool] = False
    """Whether training images are usually mirrored: not where left and right differ, as in digits."""

    def __init__(
        self,
        root: str = "data",
        image_size: Annotated[int, Range(16, 4_096)] = 32,
        batch_size: BatchSize = 128,
        num_workers: Processes = 0,
        flip: bool | None = None,
        dequantise: bool = False,
        share: Annotated[float, Range(0, 1, without="low")] = 1.0,
        share_seed: Seed = 0,
    ) -> None:
        super().__init__(batch_size, num_workers)
        self.root = root
        self.share, self.share_seed = share, share_seed
        self.image_size = image_size
        self.framing = Framing(image_size, image_size, self.flips if flip is None else flip, dequantise)

    @abstractmethod
    def read(self, train: bool) -> ImageBatch:
        """The whole part to train on, or the held-out one: uint8 [M, C, H, W] and labels [M]."""

    def part(self, split: Split) -> LabelledImages:
        images, labels = self.read(train=split == "train")
        if split == "train" and self.share < 1:
            chosen = torch.randperm(len(images), generator=stream(self.share_seed, "share"))
            kept = chosen[: max(1, round(self.share * len(images)))].sort().values
            images, labels = images[kept], labels[kept]
        return LabelledImages(TensorStore(images), labels, self.framing if split == "train" else self.framing.held_out)

    @property
    def facts(self) -> Facts:
        size = {"image_size": self.image_size, "image_channels": self.image_channels}
        return {"name": self.name, **size, **class_facts(self.class_names)}

    def test_inputs(self, domain: str) -> list[NamedImage]:
        pictures, labels = self.read(train=False)
        names = self.class_names or ("image",)
        return [
            NamedImage(f"{names[label]}-{number:05d}.png", partial(pictures.__getitem__, number))
            for number, label in enumerate(labels.tolist() if self.class_names else [0] * len(labels))
        ]


class Digits(ImageDataModule):
    """The 1,797 real handwritten digits that scikit-learn ships: 1,437 to train on, 360 held out. No download."""

    home = "https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits"
    licence = "CC BY 4.0"
    layout = "nothing: it comes with scikit-learn"
    offline = True
    image_channels = 1
    class_names = tuple("0123456789")

    def read(self, train: bool) -> ImageBatch:
        return sources.digits(train, self.image_size)


class DownloadedDataModule(ImageDataModule):
    """A set that torchvision downloads and reads."""

    published: sources.Published

    def prepare_data(self) -> None:
        sources.download(self.published, self.root, [kind.__name__ for kind in _offline_sets()])

    def read(self, train: bool) -> ImageBatch:
        return sources.published(self.published, self.root, train, self.image_size)

    def brought(self, image: Image.Image, side: int, channels: int) -> Tensor:
        if image.size != (28, 28) or channels != 1:
            return super().brought(image, side, channels)
        return sources.sized(reading.to_tensor(image, channels)[None], side)[0]  # padded, as those of the set


class MNIST(DownloadedDataModule):
    """60,000 handwritten digits and 10,000 held out, 28x28 padded to 32x32. Downloads 11 MB into `root`."""

    home = "http://yann.lecun.com/exdb/mnist"
    licence = "none stated by its authors (LeCun, Cortes, Burges)"
    layout = "root/MNIST/raw/ with the four .gz files; downloaded at the first use, 11 MB"
    published = sources.MNIST
    image_channels = 1
    class_names = tuple("0123456789")


class FashionMNIST(DownloadedDataModule):
    """60,000 pieces of clothing and 10,000 held out, 28x28 padded to 32x32. Downloads 31 MB into `root`."""

    home = "https://github.com/zalandoresearch/fashion-mnist"
    licence = "MIT"
    layout = "root/FashionMNIST/raw/ with the four .gz files; downloaded at the first use, 31 MB"
    published = sources.FASHION_MNIST
    image_channels = 1
    class_names = ("T-shirt", "trouser", "pullover", "dress", "coat", "sandal", "shirt", "sneaker", "bag", "boot")


class CIFAR10(DownloadedDataModule):
    """50,000 colour images of ten classes and 10,000 held out, 32x32. Downloads 170 MB into `root`."""

    home = "https://www.cs.toronto.edu/~kriz/cifar.html"
    licence = "none stated by its authors (Krizhevsky, Nair, Hinton)"
    layout = "root/cifar-10-python.tar.gz; downloaded at the first use, 170 MB"
    published = sources.CIFAR10
    image_channels = 3
    flips = True
    class_names = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")


class CIFAR100(DownloadedDataModule):
    """50,000 colour images of a hundred classes and 10,000 held out, 32x32. Downloads 169 MB into `root`."""

    home = "https://www.cs.toronto.edu/~kriz/cifar.html"
    licence = "none stated by its authors (Krizhevsky, Nair, Hinton)"
    layout = "root/cifar-100-python.tar.gz; downloaded at the first use, 169 MB"
    published = sources.CIFAR100
    image_channels = 3
    flips = True
    class_names = sources.CIFAR100_CLASSES


class SVHN(DownloadedDataModule):
    """73,257 house numbers by their middle digit and 26,032 held out, 32x32. Downloads 246 MB into `root`."""

    home = "http://ufldl.stanford.edu/housenumbers"
    licence = "for non-commercial use only (Netzer et al. 2011)"
    layout = "root/train_32x32.mat and test_32x32.mat; downloaded at the first use, 246 MB"
    published = sources.SVHN
    image_channels = 3
    class_names = tuple("0123456789")


class STL10(DownloadedDataModule):
    """100,000 colour images without classes, 5,000 of ten classes and 8,000 held out, 96x96. Downloads 2.6 GB.

    Args:
        subset: What is trained on: "unlabeled", the 100,000; "train", the 5,000 with their classes; "train+unlabeled",
            both without classes.
        image_size: Side of the images in pixels; 48 in the papers on GANs.
        **loading: Further arguments of `ImageDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://cs.stanford.edu/~acoates/stl10"
    licence = "none stated by its authors (Coates, Ng, Lee); the images come from ImageNet"
    layout = "root/stl10_binary.tar.gz, or stl10_binary/ with its files; downloaded at the first use, 2.6 GB"
    image_channels = 3
    flips = True

    def __init__(
        self,
        subset: Literal["unlabeled", "train", "train+unlabeled"] = "unlabeled",
        image_size: Annotated[int, Range(16, 4_096)] = 48,
        **loading: Any,
    ) -> None:
        super().__init__(image_size=image_size, **loading)
        self.published = sources.STL10._replace(training=subset)

    @property
    def facts(self) -> Facts:
        names = sources.STL10_CLASSES if self.published.training == "train" else ()
        return {**super().facts, **class_facts(names)}

    def read(self, train: bool) -> ImageBatch:
        images, labels = super().read(train)
        return ImageBatch(images, labels if self.facts["num_classes"] else torch.zeros_like(labels))


class StackedMNIST(ImageDataModule):
    """Three MNIST digits as the channels of one image: 1,000 modes, 128,000 images. Downloads MNIST into `root`."""

    home = "http://yann.lecun.com/exdb/mnist"
    licence = "as MNIST"
    layout = "made of MNIST, which is downloaded at the first use"
    natural = False
    image_channels = 3

    def prepare_data(self) -> None:
        MNIST(self.root).prepare_data()

    def read(self, train: bool) -> ImageBatch:
        return sources.stacked_mnist(self.root, train, self.image_size)


def _offline_sets() -> list[type[ImageDataModule]]:
    return [kind for kind in ImageDataModule.__subclasses__() if kind.offline]
