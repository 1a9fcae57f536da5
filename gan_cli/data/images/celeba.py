"""CelebA as it is published: faces, and text files with forty attributes and the identity of each."""

from functools import cached_property
from pathlib import Path
from random import Random
from typing import Annotated, Any, Literal, NamedTuple

import torch
from torch import Tensor

from gan_cli.data import archives, folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.folders import SPLITS
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.ranges import Range

IMAGES, ARCHIVE = "img_align_celeba", "img_align_celeba.zip"
ATTRIBUTES, PARTITIONS, IDENTITIES = "list_attr_celeba.txt", "list_eval_partition.txt", "identity_CelebA.txt"

Labels = Literal["attributes", "classes", "identity", "none"]


class Faces(NamedTuple):
    """Faces with their labels.

    Attributes:
        files: The images.
        labels: int64 [M], or float [M, K].
    """

    files: list[File]
    labels: Tensor


class CelebA(LabelledFileDataModule):
    """202,599 faces with attributes (Liu et al. 2015), or some of them; to be fetched by hand.

    `root/celeba` or the root itself holds `img_align_celeba/` (or the published .zip), `list_attr_celeba.txt` and, if
    wanted, `list_eval_partition.txt` and `identity_CelebA.txt`. Where all images are in one partition, the last tenth
    by name is held out.

    Args:
        attributes: Which of the forty; the default are those of StarGAN's authors.
        labels: What the labels say. "attributes": 0 or 1 for each attribute. "classes": which one of the attributes an
            image has; those with none or several are left out, and a single attribute makes two classes, without and
            with it. "identity": the person. "none": nothing.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible.
    """

    home = "https://mmlab.ie.cuhk.edu.hk/projects/CelebA.html"
    licence = "for non-commercial research only; not to be passed on"
    layout = (
        "fetch the aligned and cropped images, the attributes, partitions and identities by hand from its home; "
        "root/celeba/ with img_align_celeba/ (or the .zip), list_attr_celeba.txt, and if wanted "
        "list_eval_partition.txt and identity_CelebA.txt"
    )
    square = 178  # what is left of 178x218 (Choi et al. 2018, section 5.2)

    def __init__(
        self,
        attributes: tuple[str, ...] = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Male", "Young"),
        labels: Labels = "attributes",
        num_test: Annotated[int, Range(0, 1_000_000)] = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        if len(set(attributes)) < max(1, len(attributes)):
            raise UserError(f"data.attributes: {list(attributes)} is not possible; take one or more, each once")
        self.attributes = tuple(attributes)
        self.labels: Labels = labels
        self.num_test = num_test

    @property
    def classes(self) -> tuple[str, ...]:
        match self.labels:
            case "none":
                return ()
            case "identity":
                return tuple(f"person {number}" for number in self._people())
            case "classes" if len(self.attributes) == 1:
                return (f"not {self.attributes[0]}", self.attributes[0])
            case _:
                return self.attributes

    @property
    def facts(self) -> Facts:
        return {**super().facts, "attributes": self.labels == "attributes"}

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        every, (files, labels) = self._faces
        mine = set(self._partition(self._folder(), every, split))
        return [file for file in files if file in mine], labels[[file in mine for file in files]]

    @cached_property
    def _faces(self) -> tuple[list[File], Faces]:
        """All images, and those with labels; read once for all parts."""
        folder = self._folder()
        every = archives.listing(folder / IMAGES if (folder / IMAGES).is_dir() else folder / ARCHIVE)
        return every, self._labelled(folder, every)

    def _labelled(self, folder: Path, files: list[File]) -> Faces:
        if self.labels == "none":
            return Faces(files, torch.zeros(len(files), dtype=torch.int64))
        if self.labels == "identity":
            people = {number: label for label, number in enumerate(self._people())}
            identities = _rows(folder / IDENTITIES, 1)
            _check_listed(files, identities, folder / IDENTITIES)
            return Faces(files, torch.tensor([people[int(identities[_name(file)][0])] for file in files]))
        told = attributes_of(folder / ATTRIBUTES, self.attributes)
        _check_listed(files, told, folder / ATTRIBUTES)
        values = torch.tensor([told[_name(file)] for file in files]).reshape(-1, len(self.attributes))
        return Faces(files, values) if self.labels == "attributes" else _of_one_class(files, values)

    def _people(self) -> list[int]:
        """The numbers of all persons, sorted."""
        path = self._folder() / IDENTITIES
        try:
            return sorted({int(number) for (number,) in _rows(path, 1).values()})
        except ValueError as error:
            raise UserError(f"data.root: {path} must give each image a number ({error})") from error

    def _folder(self) -> Path:
        text = {"identity": IDENTITIES, "none": ""}.get(self.labels, ATTRIBUTES)
        for place in (Path(self.root) / "celeba", Path(self.root)):
            has_images = (place / IMAGES).is_dir() or (place / ARCHIVE).is_file()
            if has_images and (not text or (place / text).is_file()):
                return place
        beside = f" and {text}" if text else ""
        raise UserError(f"data.root: {self.root} must hold {IMAGES}/ (or {ARCHIVE}){beside} of CelebA ({self.home})")

    def _drawn(self, files: list[File], split: Split) -> list[File]:
        """A part as StarGAN's authors draw it: all faces mixed by Python from their seed, the first for tests."""
        if self.num_test >= len(files):
            raise UserError(f"data.num_test: {self.num_test} is too many of the {len(files)} faces; take fewer, or 0")
        mixed = list(files)
        Random(1234).shuffle(mixed)
        return mixed[self.num_test :] if split == "train" else mixed[: self.num_test]

    def _partition(self, folder: Path, files: list[File], split: Split) -> list[File]:
        if self.num_test:
            return self._drawn(files, split)
        parts: folders.Parts = {"train": files}
        if (folder / PARTITIONS).is_file():
            numbers = _rows(folder / PARTITIONS, 1)
            _check_listed(files, numbers, folder / PARTITIONS)
            if strange := next((name for name, values in numbers.items() if values[0] not in ("0", "1", "2")), None):
                raise UserError(
                    f"data.root: {folder / PARTITIONS} says {numbers[strange][0]} of {strange}; it must say 0, 1 or 2"
                )
            parts = {
                kind: [file for file in files if numbers[_name(file)] == [str(number)]]
                for number, kind in enumerate(SPLITS)
            }
        if sum(map(bool, parts.values())) == 1:
            (whole,) = filter(None, parts.values())
            last = max(1, len(whole) // 10)
            return whole[:-last] if split == "train" else whole[-last:]
        return folders.chosen(parts, split, held_out=0.1, seed=0)


def _of_one_class(files: list[File], values: Tensor) -> Faces:
    """The faces that have just one of the attributes; of a single attribute all, without it and with it."""
    if values.shape[1] == 1:
        return Faces(files, values[:, 0].long())
    kept = values.sum(1) == 1
    chosen = [file for file, keep in zip(files, kept.tolist(), strict=True) if keep]
    return Faces(chosen, values[kept].argmax(1))


def _name(file: File) -> str:
    """What the text files call an image."""
    return file.key.rpartition("/")[2]


def attributes_of(path: Path, wanted: tuple[str, ...]) -> dict[str, list[float]]:
    """The attributes of each image in CelebA's file: 1.0 or 0.0 for each attribute wanted, by the image's name.

    The count in the first line is not needed, and wrong in most copies of a part of the set.

    Raises:
        UserError: If there is no such attribute, or the file contradicts itself.
    """
    lines = _text(path).splitlines()
    names = next((line.split() for line in lines if line.split() and not line.strip().isdigit()), [""])
    if any(Path(name).suffix or not name.isprintable() or not name for name in names):
        raise UserError(f"data.root: {path} does not begin with the attributes' names; fetch it anew")
    for name in wanted:
        if name not in names:
            hint = nearest(name, names)
            raise UserError(f"data.attributes: {path} has no {name}{hint}\nIt has {', '.join(names)}")
    places = [names.index(name) for name in wanted]
    rows = _rows(path, len(names))
    for name, values in rows.items():
        if strange := next((value for value in values if value not in ("1", "-1", "0")), None):
            raise UserError(f"data.root: {path} says {strange} of {name}; it must say 1 or -1")
    return {name: [float(values[place] == "1") for place in places] for name, values in rows.items()}


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UserError(
            f"data.root: {path} is no text ({error.reason} at byte {error.start}); fetch it anew"
        ) from error
    except OSError as error:
        raise UserError(f"data.root: {path} cannot be read ({error.strerror})") from error


def _rows(path: Path, count: int) -> dict[str, list[str]]:
    """The values after each image's name; lines before the first image are left out.

    Raises:
        UserError: If an image has another number of values.
    """
    rows = [line.split() for line in _text(path).splitlines()]
    rows = [row for row in rows if row and Path(row[0]).suffix]
    for name, *values in rows:
        if len(values) != count:
            raise UserError(f"data.root: {path} has {len(values)} values for {name}, and {count} are wanted")
    return {name: values for name, *values in rows}


def _check_listed(files: list[File], listed: dict[str, Any], path: Path) -> None:
    missing = [_name(file) for file in files if _name(file) not in listed]
    if missing:
        raise UserError(
            f"data.root: {len(missing)} of the {len(files)} images are not listed in {path}: "
            f"{', '.join(missing[:3])}{', ...' if len(missing) > 3 else ''}\nTake them out, or add their lines"
        )
