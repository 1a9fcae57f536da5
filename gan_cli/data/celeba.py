"""CelebA as it is published: faces, and a text file with forty attributes of each."""

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from gan_cli import catalogue
from gan_cli.data import folders
from gan_cli.data.datamodules import DataFacts, Split
from gan_cli.data.folders import SPLITS, File
from gan_cli.data.translation_sets import DomainDataModule
from gan_cli.errors import UserError
from gan_cli.reading import find_images

IMAGES, ATTRIBUTES, PARTITIONS = "img_align_celeba", "list_attr_celeba.txt", "list_eval_partition.txt"
LAYOUT = f"{IMAGES}/ and {ATTRIBUTES} of CelebA (https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html)"


class CelebA(DomainDataModule):
    """202,599 faces with attributes (Liu et al. 2015), or some of them; to be fetched by hand.

    `root/celeba` or the root itself holds `img_align_celeba/`, `list_attr_celeba.txt` and, if wanted, its published
    `list_eval_partition.txt`. Where all images are in one partition, the last tenth by name is held out.

    Args:
        attributes: Which of the forty; the default are those of StarGAN's authors. The labels are 0 or 1 for each.
        **loading: Further arguments of `DomainDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    square = 178  # what is left of 178x218 (Choi et al. 2018, section 5.2)

    def __init__(
        self,
        attributes: tuple[str, ...] = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young"),
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        if len(set(attributes)) < max(1, len(attributes)):
            raise UserError(f"data.attributes: {list(attributes)} is not possible; take one or more, each once")
        self.attributes = tuple(attributes)

    @property
    def domains(self) -> tuple[str, ...]:
        return self.attributes

    @property
    def facts(self) -> DataFacts:
        return super().facts._replace(attributes=True)

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        folder = self._folder()
        labels = attributes_of(folder / ATTRIBUTES, self.attributes)
        files = [File(path, path.stem) for path in find_images(folder / IMAGES)]
        _check_listed(files, labels, folder / ATTRIBUTES)
        chosen = self._partition(folder, files, split)
        return chosen, torch.tensor([labels[file.path.name] for file in chosen]).reshape(-1, len(self.attributes))

    def _folder(self) -> Path:
        places = (Path(self.root) / "celeba", Path(self.root))
        found = next((place for place in places if (place / IMAGES).is_dir() and (place / ATTRIBUTES).is_file()), None)
        if found is None:
            raise UserError(f"data.root: {self.root} must hold {LAYOUT}")
        return found

    def _partition(self, folder: Path, files: list[File], split: Split) -> list[File]:
        parts: folders.Parts = {"train": files}
        if (folder / PARTITIONS).is_file():
            numbers = _rows(folder / PARTITIONS, 1)
            _check_listed(files, numbers, folder / PARTITIONS)
            parts = {
                kind: [file for file in files if numbers[file.path.name] == [str(number)]]
                for number, kind in enumerate(SPLITS)
            }
        if sum(map(bool, parts.values())) == 1:
            (whole,) = filter(None, parts.values())
            last = max(1, len(whole) // 10)
            return whole[:-last] if split == "train" else whole[-last:]
        return folders.chosen(parts, split, held_out=0.1, seed=0)


def attributes_of(path: Path, wanted: tuple[str, ...]) -> dict[str, list[float]]:
    """What CelebA's attribute file says of each image: 1.0 or 0.0 for each attribute wanted, by the image's name.

    The count in the first line is not needed, and wrong in most copies of a part of the set.

    Raises:
        UserError: If there is no such attribute, or the file contradicts itself.
    """
    lines = path.read_text("utf-8").splitlines()
    names = next((line.split() for line in lines if line.split() and not line.strip().isdigit()), [])
    for name in wanted:
        if name not in names:
            hint = catalogue.nearest(name, names)
            raise UserError(f"data.attributes: {path} has no {name}{hint}\nIt has {', '.join(names)}")
    places = [names.index(name) for name in wanted]
    rows = _rows(path, len(names))
    for name, values in rows.items():
        if strange := next((value for value in values if value not in ("1", "-1", "0")), None):
            raise UserError(f"data.root: {path} says {strange} of {name}; it must say 1 or -1")
    return {name: [float(values[place] == "1") for place in places] for name, values in rows.items()}


def _rows(path: Path, count: int) -> dict[str, list[str]]:
    """The values after each image's name; lines before the first image are left out.

    Raises:
        UserError: If an image has another number of values.
    """
    rows = [line.split() for line in path.read_text("utf-8").splitlines()]
    rows = [row for row in rows if row and Path(row[0]).suffix]
    for name, *values in rows:
        if len(values) != count:
            raise UserError(f"data.root: {path} has {len(values)} values for {name}, and {count} are wanted")
    return {name: values for name, *values in rows}


def _check_listed(files: list[File], listed: dict[str, Any], path: Path) -> None:
    missing = [file.path.name for file in files if file.path.name not in listed]
    if missing:
        raise UserError(
            f"data.root: {len(missing)} of the {len(files)} images are not listed in {path}: "
            f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}\nTake them out, or add their lines"
        )
