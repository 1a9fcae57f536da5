"""Layouts of folders as lists of files, by part; nothing is opened."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import torch

from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.reading import find_images
from gan_cli.seeding import stream

SPLITS: tuple[Split, ...] = ("train", "val", "test")

T = TypeVar("T")


class File(NamedTuple):
    """An image file of a set.

    Attributes:
        path: Where it is.
        name: What it is called in its part: the path below the part's folder, without the ending.
    """

    path: Path
    name: str


Parts = dict[Split, list[File]]
"""Files by part; a part that is not there is left out."""


class Pair(NamedTuple):
    """Two sides of an example.

    Attributes:
        name: What it is called in its part.
        files: One with the sides beside each other, or two, the source first.
    """

    name: str
    files: tuple[Path, ...]


def existing(root: str, what: str) -> Path:
    """The folder of a set.

    Args:
        root: What was typed.
        what: The layouts that are understood, for the message.

    Raises:
        UserError: If there is no such folder.
    """
    folder = Path(root)
    if not folder.is_dir():
        raise UserError(f"data.root: {root} is no folder; type --data.root FOLDER, which must hold {what}")
    return folder


def plain_parts(root: Path, suffix: str = "") -> Parts:
    """The files below `train`, `val` and `test`; below `trainA`, `valA` and `testA` with the suffix "A"."""
    return _parts({split: root / f"{split}{suffix}" for split in SPLITS})


def domain_names(root: Path) -> tuple[str, ...]:
    """The folders below `train`, or where there are none those below the root; sorted, without hidden ones."""
    return _folders(root / "train") or tuple(name for name in _folders(root) if name not in SPLITS)


def domain_parts(root: Path, name: str) -> Parts:
    """The files of one domain, from `train/NAME test/NAME`, `NAME/train NAME/test` or just `NAME`."""
    for folders in ({split: root / split / name for split in SPLITS}, {split: root / name / split for split in SPLITS}):
        if folders["train"].is_dir():
            return _parts(folders)
    return {"train": _files(root / name)}


def names_in(folder: str) -> tuple[str, str]:
    """The domains that a folder's name tells, horse and zebra of `horse2zebra`; otherwise a and b."""
    found = re.fullmatch(r"([A-Za-z][^\W\d]*)2([A-Za-z]\w*)", folder)
    return (found[1], found[2]) if found else ("a", "b")


def two_of(names: Sequence[str], first: str, second: str, arguments: tuple[str, str]) -> tuple[str, str]:
    """The two folders meant, by the names typed for them; where there are just two, nothing must be typed.

    Args:
        names: The folders there are.
        first: What was typed for the first, or "".
        second: What was typed for the second, or "".
        arguments: What the two are called on the command line.

    Raises:
        UserError: If it is not clear which folders are meant.
    """
    for argument, typed in zip(arguments, (first, second), strict=True):
        if typed and typed not in names:
            raise UserError(f"data.{argument}: there is no folder {typed}, but {', '.join(names)}")
    if first and second:
        return first, second
    others = [name for name in names if name not in (first, second)]
    if len(others) != (not first) + (not second):
        found = f"there are {len(names)} folders ({', '.join(names[:5])})" if names else "there are no folders"
        raise UserError(f"data.root: {found}, and two are wanted; type --data.{arguments[0]} and --data.{arguments[1]}")
    return first or others.pop(0), second or others.pop(0)


def side_by_side(parts: Parts) -> dict[Split, list[Pair]]:
    """Pairs whose sides are beside each other in one file."""
    return {split: [Pair(file.name, (file.path,)) for file in files] for split, files in parts.items()}


def paired_by_name(source: Parts, target: Parts) -> dict[Split, list[Pair]]:
    """Pairs of the files that have one name.

    Raises:
        UserError: If a file has no partner, or more than one.
    """
    return {split: _paired(source.get(split, []), target.get(split, [])) for split in (source | target)}


def chosen(parts: dict[Split, list[T]], split: Split, held_out: float, seed: int) -> list[T]:
    """The files of a part. Where only a training folder is there, a share of it is held out.

    Args:
        parts: What there is.
        split: The part wanted. The one to watch and the one to judge on stand in for each other.
        held_out: The share, if one must be taken.
        seed: Chooses its files.
    """
    if split != "train" and (apart := _first(parts, split, "test" if split == "val" else "val")):
        return apart
    files = parts.get("train", [])
    if parts.get("val") or parts.get("test") or not files:
        return files
    count = max(1, round(held_out * len(files)))
    taken = set(torch.randperm(len(files), generator=stream(seed, "held out"))[:count].tolist())
    return [file for number, file in enumerate(files) if (number in taken) == (split != "train")]


def _first(parts: dict[Split, list[T]], *splits: Split) -> list[T]:
    return next((parts[split] for split in splits if parts.get(split)), [])


def _paired(source: list[File], target: list[File]) -> list[Pair]:
    sides = [_by_name(files) for files in (source, target)]
    lonely = [file for name, file in sides[0].items() if name not in sides[1]]
    lonely += [file for name, file in sides[1].items() if name not in sides[0]]
    if lonely:
        raise UserError(
            f"data.root: {len(lonely)} of {len(source) + len(target)} files have no partner of the same name, "
            f"such as {lonely[0].path}\nTake them out, or put their partners beside them"
        )
    return [Pair(name, (file.path, sides[1][name].path)) for name, file in sides[0].items()]


def _by_name(files: list[File]) -> dict[str, File]:
    named: dict[str, File] = {}
    for file in files:
        if file.name in named:
            raise UserError(f"data.root: {named[file.name].path} and {file.path} have one name; take one of them out")
        named[file.name] = file
    return named


def _parts(folders: dict[Split, Path]) -> Parts:
    return {split: _files(folder) for split, folder in folders.items() if folder.is_dir()}


def _files(folder: Path) -> list[File]:
    return [File(path, path.relative_to(folder).with_suffix("").as_posix()) for path in find_images(folder)]


def _folders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
