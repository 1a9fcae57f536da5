"""MNIST-M as it is published: digits of MNIST before patches of photographs."""

from functools import cached_property
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli.data import archives
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.errors import UserError
from gan_cli.ranges import BatchSize, Pixels

LIST = "_labels.txt"
"""What the name of a list has behind that of its folder."""
FOLDERS: dict[Split, str] = {"train": "mnist_m_train", "val": "mnist_m_test", "test": "mnist_m_test"}


class MNISTM(LabelledFileDataModule):
    """59,001 digits of MNIST as |patch - digit| and 9,001 held out (Ganin et al. 2016); to be fetched by hand.

    Args:
        image_size: Side of the images in pixels; 32 as the files have.
        batch_size: Images per step and process.
        flip: Whether training images are mirrored at random; digits are not.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible, or a list of labels is wrong.
    """

    home = "http://yaroslav.ganin.net"
    licence = "none stated; the digits are MNIST's, the photographs are of BSDS500 (for research)"
    layout = (
        "fetch mnist_m.tar.gz by hand from its home and unpack it; root/mnist_m/ or root with mnist_m_train/ and "
        "mnist_m_test/ (PNG) and mnist_m_train_labels.txt and mnist_m_test_labels.txt (name, digit)"
    )
    natural = False
    flips = False
    classes = tuple("0123456789")

    def __init__(self, image_size: Pixels = 32, batch_size: BatchSize = 64, **loading: Any) -> None:
        super().__init__(image_size=image_size, batch_size=batch_size, **loading)

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        digits = self._digits(split)
        files = [file for file in self._files(split) if file.key in digits]
        return files, torch.tensor([digits[file.key] for file in files], dtype=torch.int64)

    def unlisted(self) -> list[File]:
        return [
            file for split in ("train", "test") for file in self._files(split) if file.key not in self._digits(split)
        ]

    @cached_property
    def _root(self) -> Path:
        places = (Path(self.root), Path(self.root) / "mnist_m")
        for place in places:
            if (place / FOLDERS["train"]).is_dir():
                return place
        raise UserError(
            f"data.root: there is no {FOLDERS['train']}/ in {places[0]} nor in {places[1]}\n"
            f"Type --data.root FOLDER; {self.layout}"
        )

    def _files(self, split: Split) -> list[File]:
        folder = self._root / FOLDERS[split]
        return archives.listing(folder) if folder.is_dir() else []

    def _digits(self, split: Split) -> dict[str, int]:
        return digits_of(self._root / f"{FOLDERS[split]}{LIST}", {file.key for file in self._files(split)})


def digits_of(path: Path, images: set[str]) -> dict[str, int]:
    """The digit of each image from a list: a name and a digit in each line.

    Args:
        path: The list.
        images: The names of the images that there are.

    Raises:
        UserError: If it cannot be read, or a line is wrong, is there twice or names no image.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise UserError(
            f"data.root: {path} cannot be read ({reason}); it has a name and a digit in each line"
        ) from error
    digits: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not (words := line.split()):
            continue
        if len(words) != 2 or len(words[1]) != 1 or words[1] not in "0123456789":
            raise UserError(f"data.root: {path}, line {number}: {line[:60]!r} is no name with a digit")
        if words[0] not in images:
            raise UserError(
                f"data.root: {path}, line {number}: {words[0]} is not below {path.stem.removesuffix('_labels')}/"
            )
        if words[0] in digits:
            raise UserError(f"data.root: {path}, line {number}: {words[0]} was there before")
        digits[words[0]] = int(words[1])
    return digits
