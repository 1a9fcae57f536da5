"""The user's own images, in a folder or a zip archive: without classes, or with those of a manifest or of folders."""

import re
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor

from gan_cli.data import archives, folders
from gan_cli.data.archives import File
from gan_cli.data.datamodules import Facts, Split
from gan_cli.data.images.labelled_sets import LabelledFileDataModule
from gan_cli.data.listed_labels import Listed, listed_below
from gan_cli.errors import UserError
from gan_cli.files import printable
from gan_cli.ranges import Seed, Share

LAYOUT = "images, a folder of images for each class, or train/ and test/ with either"


PARTS: dict[str, Split] = {"train": "train", "val": "val", "valid": "val", "validation": "val", "test": "test"}
"""Names of folders, with the part that each of them holds."""

Tree = dict[str, dict[Split, list[File]]]
"""The files of each class by part; without classes, the only one is ""."""


class ImageFolder(LabelledFileDataModule):
    """Your own images: a folder or .zip with images, or with a folder of them for each class; train/ test/ if there.

    A `dataset.json` (StyleGAN), `metadata.jsonl`, `metadata.csv` (Hugging Face) or `labels.csv` at the top, or in
    `train` and `test`, gives the labels. Where there is no `val` or `test`, a share of each class is held out.

    Args:
        class_folders: Whether the first folders are classes: "yes", "no", or "auto", which is yes where there is no
            manifest, there are two or more of them, no images are beside them, and they are not mere shards of a
            numbered set (`00000/img00000123.png`).
        manifest: The file that lists images with their labels, below the root (.json, .jsonl, .csv, .tsv); "auto" finds
            one of the usual names, "none" takes none.
        held_out: Share of the training images held out where there are no others, between 0 and 1.
        split_seed: Chooses them.
        **loading: Further arguments of `LabelledFileDataModule`.

    Raises:
        UserError: If a value is not possible, or the folder has another layout.
    """

    home = "your own"
    licence = "yours"
    layout = (
        "root (a folder or .zip) with images, with a folder of them for each class or a manifest of their labels, or "
        "with train/ and test/ of either"
    )

    def __init__(
        self,
        class_folders: Literal["auto", "yes", "no"] = "auto",
        manifest: str = "auto",
        held_out: Share = 0.1,
        split_seed: Seed = 0,
        **loading: Any,
    ) -> None:
        super().__init__(**loading)
        if class_folders == "yes" and manifest not in ("auto", "none"):
            raise UserError(f"data.manifest: {manifest} and data.class_folders yes do not agree; leave one out")
        self.class_folders = class_folders
        self.manifest = "none" if class_folders == "yes" else manifest
        self.held_out, self.split_seed = held_out, split_seed

    @property
    def classes(self) -> tuple[str, ...]:
        if self._listed and self._listed.attributes:
            return self._listed.names
        return tuple(name for name in self._tree if name)

    @property
    def facts(self) -> Facts:
        return {**super().facts, **({"attributes": True} if self._listed and self._listed.attributes else {})}

    def labelled_files(self, split: Split) -> tuple[list[File], Tensor]:
        files, labels = folders.labelled(self._tree.values(), split, self.held_out, self.split_seed)
        if self._listed and self._listed.attributes:
            labels = torch.tensor([self._listed.attributes[file.key] for file in files])
        return files, labels

    def not_used(self) -> list[File]:
        return self._parts[1]

    def unlisted(self) -> list[File]:
        every = [file for files in self._parts[0].values() for file in files]
        return [file for file in every if self._listed and not self._listed.lists(file)]

    def notes(self) -> list[str]:
        if told := self._listed:
            return [f"labels: {len(told.names) or 'none'} from {told.source}: {told.remark}"]
        if self.classes:
            return [f"labels: {len(self.classes)} from the folders, in the order of their names"]
        return ["labels: none, the folders are shards of one set"] if _are_shards(self._parts[0]["train"]) else []

    @cached_property
    def _files(self) -> list[File]:
        root = Path(self.root)
        if not archives.is_archive(root):
            folders.existing(self.root, LAYOUT)
        files = archives.listing(root)
        return _from_the_top(files) if archives.is_archive(root) else files

    @cached_property
    def _parts(self) -> tuple[folders.Parts, list[File]]:
        """The files of each part, and those that are beside the parts."""
        return _by_part(self._files)

    @cached_property
    def _listed(self) -> Listed | None:
        """The labels that manifests give; None where there is none, or none is to be used."""
        if self.manifest == "none" or not self._files:
            return None
        first = self._files[0]
        top = first.key[: first.key.rindex(first.name)]
        above = [top[: end + 1] for end, letter in enumerate(top) if letter == "/"]
        places = ["", *above, *(f"{top}{part}/" for part in PARTS)]
        return listed_below(Path(self.root), self.manifest, places, self._files)

    @cached_property
    def _tree(self) -> Tree:
        parts, _ = self._parts
        told = self._listed
        if told and told.settled:
            kept: folders.Parts = {split: list(filter(told.lists, files)) for split, files in parts.items()}
            return _by_class(kept, told.names, lambda file: told.classes[file.key]) if told.classes else {"": kept}
        if self.class_folders == "no" or not (self.class_folders == "yes" or _has_classes(parts["train"])):
            return {"": parts}
        names = sorted({_class_of(file, self.root) for file in parts["train"]})
        return _by_class(parts, names, lambda file: _class_of(file, self.root))


def _by_class(parts: folders.Parts, names: Sequence[str], name_of: Callable[[File], str]) -> Tree:
    """The files of each class that there are files to train on of.

    Raises:
        UserError: If there are files of another class.
    """
    train = {name_of(file) for file in parts["train"]}
    tree: Tree = {name: {split: [] for split in parts} for name in names if name in train}
    for split, files in parts.items():
        for file in files:
            name = name_of(file)
            if name not in tree:
                known = ", ".join(list(tree)[:20])
                raise UserError(f"data.root: {file.path} ({name}) is of a class that train/ does not have: {known}")
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
    return len(tops) > 1 and all("/" in file.name for file in files) and not _are_shards(files)


def _are_shards(files: list[File]) -> bool:
    """Whether the folders only cut one numbered set into thousands, as StyleGAN's and FFHQ's do.

    Image 12345 is `00012/img00012345.png` or `12000/12345.png`.
    """
    return bool(files) and all(
        (found := re.fullmatch(r"(\d{5})/\D*(\d+)", file.name))
        and int(found[1]) in (int(found[2]) // 1000, int(found[2]) // 1000 * 1000)
        for file in files
    )


def _class_of(file: File, root: str) -> str:
    name, inner, _ = file.name.partition("/")
    if not inner:
        raise UserError(
            f"data.root: {file.path} is in none of the folders of {root} that are its classes\n"
            "Move it, or type --data.class_folders no"
        )
    return printable(name)
