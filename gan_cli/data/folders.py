"""Layouts of folders as lists of files, by part; nothing is opened."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import torch
from torch import Tensor

from gan_cli.data.archives import File, listing
from gan_cli.data.datamodules import Split
from gan_cli.data.decoding import Pair
from gan_cli.errors import UserError
from gan_cli.seeding import stream

SPLITS: tuple[Split, ...] = ("train", "val", "test")

T = TypeVar("T")


Parts = dict[Split, list[File]]
"""Files by part; a part that is not there is left out."""


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


def files_below(folder: Path) -> list[File]:
    """The images below a folder; none if it is not there."""
    return listing(folder) if folder.is_dir() else []


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
    return {"train": listing(root / name)}


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
    return {split: [Pair(file.name, (file,)) for file in files] for split, files in parts.items()}


def paired_by_name(source: Parts, target: Parts) -> tuple[dict[Split, list[Pair]], list[File]]:
    """Pairs of the files that have one name, and the files that have no partner.

    Raises:
        UserError: If two files of one side have one name.
    """
    pairs: dict[Split, list[Pair]] = {}
    lonely: list[File] = []
    for split in source | target:
        here, there = (_by_name(parts.get(split, [])) for parts in (source, target))
        pairs[split] = [Pair(name, (file, there[name])) for name, file in here.items() if name in there]
        lonely += [file for name, file in here.items() if name not in there]
        lonely += [file for name, file in there.items() if name not in here]
    return pairs, lonely


def chosen(parts: dict[Split, list[T]], split: Split, held_out: float, seed: int) -> list[T]:
    """The files of a part. Where only a training folder is there, a share of it is held out.

    Args:
        parts: The files of each part.
        split: The part wanted. The one to watch and the one to judge on stand in for each other.
        held_out: The share, if one must be taken.
        seed: Chooses its files.
    """
    if split != "train" and (apart := _first(parts, split, "test" if split == "val" else "val")):
        return apart
    files = parts.get("train", [])
    if parts.get("val") or parts.get("test") or not files:
        return files
    count = min(max(1, round(held_out * len(files))), len(files) - 1)
    taken = set(torch.randperm(len(files), generator=stream(seed, "held out"))[:count].tolist())
    return [file for number, file in enumerate(files) if (number in taken) == (split != "train")]


def labelled(classes: Iterable[Parts], split: Split, held_out: float, seed: int) -> tuple[list[File], Tensor]:
    """The files of a part of all classes, with the classes' numbers, int64 [M].

    Args:
        classes: The files of each class, by part.
        split: The part wanted.
        held_out: The share of each class, if one must be taken.
        seed: Chooses its files.
    """
    files: list[File] = []
    labels: list[int] = []
    for label, parts in enumerate(classes):
        found = chosen(parts, split, held_out, seed)
        files += found
        labels += [label] * len(found)
    return files, torch.tensor(labels, dtype=torch.int64)


def _first(parts: dict[Split, list[T]], *splits: Split) -> list[T]:
    return next((parts[split] for split in splits if parts.get(split)), [])


def _by_name(files: list[File]) -> dict[str, File]:
    named: dict[str, File] = {}
    for file in files:
        if file.name in named:
            raise UserError(f"data.root: {named[file.name].path} and {file.path} have one name; take one of them out")
        named[file.name] = file
    return named


def _parts(folders: dict[Split, Path]) -> Parts:
    return {split: listing(folder) for split, folder in folders.items() if folder.is_dir()}


def _folders(folder: Path) -> tuple[str, ...]:
    if not folder.is_dir():
        return ()
    return tuple(sorted(path.name for path in folder.iterdir() if path.is_dir() and not path.name.startswith(".")))
