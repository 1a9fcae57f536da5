"""From files to uint8 images: one function per source, each gives a whole split."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision import datasets

from gan_cli.batches import ImageBatch
from gan_cli.devices import memory
from gan_cli.errors import UserError
from gan_cli.seeding import stream

DOWNLOAD_TIMEOUT = 30
"""A download is given up after this many seconds without an answer."""

DIGITS_TO_TRAIN_ON = 1437
STACKED_TO_TRAIN_ON = 128_000


def digits(train: bool, image_size: int) -> ImageBatch:
    """scikit-learn's 1,797 handwritten digits: the first 1,437 to train on and the last 360 held out.

    The originals are 8x8 with 17 grey levels (UCI ML repository, "Optical Recognition of Handwritten Digits"); they are
    enlarged bilinearly. The file's order is kept: shuffled, the held-out digits would be easier to match.

    Args:
        train: The part to train on, or the held-out one.
        image_size: Side of the images wanted, in pixels.

    Returns:
        uint8 [M, 1, H, W] and int64 labels [M].
    """
    bunch = load_digits()
    part = slice(None, DIGITS_TO_TRAIN_ON) if train else slice(DIGITS_TO_TRAIN_ON, None)
    pixels = torch.from_numpy(bunch.images[part]).float().unsqueeze(1) * (255 / 16)
    return ImageBatch(_resized(pixels, image_size), torch.from_numpy(bunch.target[part]).long())


class Published(NamedTuple):
    """A set as torchvision knows it.

    Attributes:
        name: Its name.
        kind: torchvision's class.
        folder: Where its files are, below the root.
        files: Their names.
        address: Where they come from.
        by_split: Whether the class takes parts by name, and calls the labels otherwise, as torchvision's older ones do.
        training: What such a class calls the part to train on.
    """

    name: str
    kind: Any
    folder: str
    files: tuple[str, ...]
    address: str
    by_split: bool = False
    training: str = "train"

    def open(self, root: str, train: bool, **arguments: Any) -> Any:
        """torchvision's object for a part."""
        part = {"split": self.training if train else "test"} if self.by_split else {"train": train}
        return self.kind(root, **part, **arguments)


def _idx_files(kind: Any) -> tuple[str, ...]:
    return tuple(Path(resource).name for resource, _ in kind.resources)


MNIST = Published("MNIST", datasets.MNIST, "MNIST/raw", _idx_files(datasets.MNIST), datasets.MNIST.mirrors[0])
FASHION_MNIST = Published(
    "FashionMNIST",
    datasets.FashionMNIST,
    "FashionMNIST/raw",
    _idx_files(datasets.FashionMNIST),
    datasets.FashionMNIST.mirrors[0],
)
CIFAR10 = Published("CIFAR10", datasets.CIFAR10, "", (datasets.CIFAR10.filename,), datasets.CIFAR10.url)
CIFAR100 = Published("CIFAR100", datasets.CIFAR100, "", (datasets.CIFAR100.filename,), datasets.CIFAR100.url)
SVHN = Published(
    "SVHN",
    datasets.SVHN,
    "",
    tuple(datasets.SVHN.split_list[split][1] for split in ("train", "test")),
    "http://ufldl.stanford.edu/housenumbers/",
    by_split=True,
)

USPS = Published(
    "USPS",
    datasets.USPS,
    "",
    tuple(datasets.USPS.split_list[part][1] for part in ("train", "test")),
    "https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/multiclass",
)

STL10 = Published("STL10", datasets.STL10, "", (datasets.STL10.filename,), datasets.STL10.url, True)

STL10_CLASSES = ("airplane", "bird", "car", "cat", "deer", "dog", "horse", "monkey", "ship", "truck")
"""The classes of STL-10, in the order of their labels."""

# fmt: off
CIFAR100_CLASSES = (
    "apple", "aquarium_fish", "baby", "bear", "beaver", "bed", "bee", "beetle", "bicycle", "bottle", "bowl", "boy",
    "bridge", "bus", "butterfly", "camel", "can", "castle", "caterpillar", "cattle", "chair", "chimpanzee", "clock",
    "cloud", "cockroach", "couch", "crab", "crocodile", "cup", "dinosaur", "dolphin", "elephant", "flatfish",
    "forest", "fox", "girl", "hamster", "house", "kangaroo", "keyboard", "lamp", "lawn_mower", "leopard", "lion",
    "lizard", "lobster", "man", "maple_tree", "motorcycle", "mountain", "mouse", "mushroom", "oak_tree", "orange",
    "orchid", "otter", "palm_tree", "pear", "pickup_truck", "pine_tree", "plain", "plate", "poppy", "porcupine",
    "possum", "rabbit", "raccoon", "ray", "road", "rocket", "rose", "sea", "seal", "shark", "shrew", "skunk",
    "skyscraper", "snail", "snake", "spider", "squirrel", "streetcar", "sunflower", "sweet_pepper", "table", "tank",
    "telephone", "television", "tiger", "tractor", "train", "trout", "tulip", "turtle", "wardrobe", "whale",
    "willow_tree", "wolf", "woman", "worm",
)
# fmt: on
"""The fine classes of CIFAR-100, in the order of their labels."""


def published(source: Published, root: str, train: bool, image_size: int) -> ImageBatch:
    """A part of a set as torchvision reads it.

    Originals of 28x28 are kept at that size, and padded to 32x32 with the background, not resampled; other sizes are
    resampled from that.

    Args:
        source: The set.
        root: Folder that holds it.
        train: The part to train on, or the test set.
        image_size: Side of the images wanted, in pixels.

    Returns:
        uint8 [M, C, H, W] and int64 labels [M].
    """
    part = source.open(root, train)
    pixels = torch.as_tensor(part.data)
    if pixels.ndim == 3:
        pixels = pixels.unsqueeze(1)
    elif pixels.shape[3] == 3:
        pixels = pixels.permute(0, 3, 1, 2).contiguous()
    labels = torch.as_tensor(np.asarray(part.labels if source.by_split else part.targets)).long()
    return ImageBatch(sized(pixels, image_size), labels)


def sized(pixels: Tensor, image_size: int) -> Tensor:
    """A published set's pixels, uint8 [M, C, H, W], at the size wanted; see `published`."""
    if pixels.shape[2] == image_size:
        return pixels
    pixels = pad(pixels, (2, 2, 2, 2)) if pixels.shape[1:] == (1, 28, 28) else pixels
    return pixels if pixels.shape[2] == image_size else _resized(pixels, image_size)


def stacked_mnist(root: str, train: bool, image_size: int) -> ImageBatch:
    """Triples of MNIST digits as the channels of colour images, with the number that the three digits write.

    Metz et al. 2017, arXiv:1611.02163, appendix: 1,000 modes. The triples are drawn from a fixed seed.

    Args:
        root: Folder that holds `MNIST/raw`.
        train: 128,000 images of the training digits (as many as PacGAN, arXiv:1712.04086, uses), or 10,000 of the test
            digits.
        image_size: Side of the images wanted, in pixels.

    Returns:
        uint8 [M, 3, H, W] and int64 labels [M] in 0..999.
    """
    single = published(MNIST, root, train, image_size)
    count = STACKED_TO_TRAIN_ON if train else len(single.labels)
    chosen = torch.randint(len(single.labels), (count, 3), generator=stream("stacked mnist", int(train)))
    places = torch.tensor([100, 10, 1])
    return ImageBatch(single.images[chosen].squeeze(2), (single.labels[chosen] * places).sum(1))


def download(source: Published, root: str, offline_sets: list[str]) -> None:
    """Fetches and unpacks what is missing of a set under `root`; files that are there and whole are not fetched again.

    Args:
        source: The set.
        root: Folder to hold it.
        offline_sets: Data sets to name to a user who has no network.

    Raises:
        UserError: If files are missing and cannot be fetched, or the folder cannot be written.
    """
    folder = Path(root) / source.folder
    try:
        with _socket_timeout(DOWNLOAD_TIMEOUT):
            for train in (True, False):
                source.open(root, train, download=True)
    except PermissionError as error:
        raise UserError(
            f"data.root: {root} cannot be written ({error.strerror}); name another with --data.root"
        ) from error
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"{source.name} is not whole in {folder} and could not be downloaded from {source.address}\n"
            f"Put there {', '.join(source.files)}, or name their folder with --data.root.\n"
            f"Without a network: --data {' or '.join(offline_sets)}"
        ) from error


FLOATS = 2**26
"""So many numbers are resampled at once."""


def _resized(pixels: Tensor, image_size: int) -> Tensor:
    """Pixels in 0..255 resampled bilinearly, without aliasing, to uint8; in pieces, because floats take more memory."""
    each = pixels.shape[1] * image_size**2
    memory.check_room(
        len(pixels) * each, f"data.image_size: {len(pixels):,} images of {image_size} pixels", "Take a lower one"
    )
    made = [
        interpolate(piece.float(), size=(image_size, image_size), mode="bilinear", antialias=True)
        .round()
        .clamp(0, 255)
        .to(torch.uint8)
        for piece in pixels.split(max(1, FLOATS // each))
    ]
    return torch.cat(made)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
