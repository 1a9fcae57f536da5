"""The user's own images: a flat folder or a folder for each class, in a folder or a zip archive."""

from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from torch import Tensor

from gan_cli.data import archives, folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Split
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.errors import UserError
from gan_cli.ranges import Seed, Share

LAYOUT = "images, a folder of images for each class, or train/ and test/ with either"


PARTS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Names of folders, with the part that each of them holds."""

Tree = dict[str, dict[Split, list[File]]]
"""The files of each class by part; without classes, the only one is ""."""


class ImageFolder(LabelledFileDataModule):
    """Your own images: a folder or .zip with images, or with a folder of them for each class; train/ test/ if there.

    Where there is no `val` or `test`, a share of each class is held out.

    Args:
        class_folders: Whether the first folders are classes: "yes", "no", or "auto", which is yes where there are two
            or more and no images beside them.
        held_out: Share of the training images held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "yours"
    layout = (
        "root (a folder or .zip) with images, with a folder of them for each class, or with train/ and test/ of either"
    )

    def __init__(
        self,
        class_folders: Literal["auto", "yes", "no"] = "auto",
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        self.class_folders = class_folders
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def classes(self) -> tuple[str, ...]:
        return tuple(name for name in self._tree if name)

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        return folders.labelled(self._tree.values(), split, self.held_out, self.split_seed)

    def not_used(self) -> list[File]:
        return self._parts[1]

    @cached_property
    def _parts(self) -> tuple[folders.Parts, list[File]]:
        """The files of each part, and those that are beside the parts."""
        root = Path(self.root)
        if not archives.is_archive(root):
            folders.existing(self.root, LAYOUT)
        files = archives.listing(root)
        return _by_part(_from_the_top(files) if archives.is_archive(root) else files)

    @cached_property
    def _tree(self) -> Tree:
        parts, _ = self._parts
        by_class = self.class_folders == "yes" or (self.class_folders == "auto" and _has_classes(parts["train"]))
        if not by_class:
            return {"": parts}
        names = sorted({_class_of(file, self.root) for file in parts["train"]})
        tree: Tree = {name: {split: [] for split in parts} for name in names}
        for split, files in parts.items():
            for file in files:
                name = _class_of(file, self.root)
                if name not in tree:
                    raise UserError(
                        f"data.root: {file.path} is of a class that train/ does not have: {', '.join(names)}"
                    )
                tree[name][split].append(file)
        return tree


def _from_the_top(files: list[File]) -> list[File]:
    """Files of an archive without the one folder that usually holds all of them."""
    tops = {file.name.partition("/")[0] for file in files}
    if len(tops) != 1 or not tops.isdisjoint(PARTS) or not all("/" in file.name for file in files):
        return files
    return _from_the_top([file._replace(name=file.name.partition("/")[2]) for file in files])


def _by_part(files: list[File]) -> tuple[folders.Parts, list[File]]:
    """Files below `train`, `val` and `test`, named from there, and the others; all train where there is no `train`."""
    if not any(file.name.startswith("train/") for file in files):
        return {"train": files}, []
    parts: folders.Parts = {"train": [], "val": [], "test": []}
    others = []
    for file in files:
        top, _, name = file.name.partition("/")
        if name and top in PARTS:
            parts[PARTS[top]].append(file._replace(name=name))
        else:
            others.append(file)
    return parts, others


def _has_classes(files: list[File]) -> bool:
    tops = {file.name.partition("/")[0] for file in files}
    return len(tops) > 1 and all("/" in file.name for file in files)


def _class_of(file: File, root: str) -> str:
    name, inner, _ = file.name.partition("/")
    if not inner:
        raise UserError(
            f"data.root: {file.path} is in none of the folders of {root} that are its classes\n"
            "Move it, or type --data.class_folders no"
        )
    return name
