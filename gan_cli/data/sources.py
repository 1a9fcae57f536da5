"""From files to uint8 images: one function per source, each gives a whole split."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision import datasets

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.seeding import stream

DOWNLOAD_TIMEOUT = 30
"""Seconds without an answer after which a download is given up."""

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


def mnist(root: str, train: bool, image_size: int) -> ImageBatch:
    """MNIST as torchvision reads it: 60,000 images to train on or the 10,000 of the test set.

    The 28x28 originals are padded to 32x32 with the background, not resampled; other sizes are resampled from that.

    Args:
        root: Folder that holds `MNIST/raw`.
        train: The training set, or the test set.
        image_size: Side of the images wanted, in pixels.

    Returns:
        uint8 [M, 1, H, W] and int64 labels [M].
    """
    source = datasets.MNIST(root, train=train)
    pixels = pad(source.data.unsqueeze(1), (2, 2, 2, 2))
    images = pixels if image_size == 32 else _resized(pixels.float(), image_size)
    return ImageBatch(images, source.targets.long())


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
    single = mnist(root, train, image_size)
    count = STACKED_TO_TRAIN_ON if train else len(single.labels)
    chosen = torch.randint(len(single.labels), (count, 3), generator=stream("stacked mnist", int(train)))
    places = torch.tensor([100, 10, 1])
    return ImageBatch(single.images[chosen].squeeze(2), (single.labels[chosen] * places).sum(1))


def download_mnist(root: str, offline_sets: list[str]) -> None:
    """Fetches and unpacks what is missing of MNIST under `root`; files that are there and whole are not fetched again.

    Args:
        root: Folder to hold `MNIST/raw`.
        offline_sets: Data sets to name to a user who has no network.

    Raises:
        UserError: If files are missing and cannot be fetched, or the folder cannot be written.
    """
    folder = Path(root) / "MNIST" / "raw"
    names = ", ".join(Path(resource).name for resource, _ in datasets.MNIST.resources)
    try:
        with _socket_timeout(DOWNLOAD_TIMEOUT):
            datasets.MNIST(root, download=True)
    except PermissionError as error:
        raise UserError(
            f"data.root: {root} cannot be written ({error.strerror}); name another with --data.root"
        ) from error
    except (OSError, RuntimeError) as error:
        raise UserError(
            f"MNIST is not whole in {folder} and could not be downloaded from {datasets.MNIST.mirrors[0]}\n"
            f"Put its four files there ({names}), or name their folder with --data.root.\n"
            f"Without a network: --data {' or '.join(offline_sets)}"
        ) from error


def _resized(pixels: Tensor, image_size: int) -> Tensor:
    """Float pixels in 0..255 resampled bilinearly, without aliasing, to uint8."""
    resized = interpolate(pixels, size=(image_size, image_size), mode="bilinear", antialias=True)
    return resized.round().clamp(0, 255).to(torch.uint8)


@contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
