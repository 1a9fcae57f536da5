"""Boxes in YOLO's texts: a line for each, with the class's number and the middle, width and height as shares of 1."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import yaml

from gan_cli.data.archives import File
from gan_cli.data.boxes.told_boxes import Told, ToldBox
from gan_cli.errors import UserError

LISTS = ("classes.txt", "obj.names", "names.txt")
"""Texts with the name of a class in each line."""
RECORDS = ("data.yaml", "dataset.yaml", "data.yml")
"""YAML with `names`."""


def told_below(root: Path, files: Sequence[File]) -> Told | None:
    """What the texts beside images, or in `labels` where the images are in `images`, tell; None if there are none."""
    found = {file.key: path for file in files if (path := _text_of(root, file)) is not None}
    if not found:
        return None
    names = _names(root)
    told = Told("YOLO's texts")
    for key, path in found.items():
        told.boxes[key] = []
        for number, line in enumerate(_lines(path), 1):
            if words := line.split():
                _add(told, key, words, f"{path}, line {number}", names)
    for file in files:  # an image without a text has nothing in it
        told.boxes.setdefault(file.key, [])
    without = len(files) - len(found)
    if without:
        told.notes.append(f"without a text: {without:,} images, which are taken to show nothing")
    return told


def _text_of(root: Path, file: File) -> Path | None:
    """The text of an image."""
    if file.kind != "folder":
        return None
    path = PurePosixPath(file.key).with_suffix(".txt")
    other = PurePosixPath(*("labels" if name == "images" else name for name in path.parts))
    return next((root / one for one in (other, path) if one.name not in LISTS and (root / one).is_file()), None)


def _add(told: Told, key: str, words: Sequence[str], place: str, names: Sequence[str]) -> None:
    """Adds the box of a line.

    Raises:
        UserError: If there are no five numbers in it.
    """
    try:
        number, (x, y, width, height) = int(words[0]), map(float, words[1:])
    except ValueError as error:
        raise UserError(
            f"data.root: {place}: {' '.join(words)[:60]!r} is none of YOLO's; write CLASS X Y WIDTH HEIGHT, the last "
            "four as shares of 1"
        ) from error
    if not 0 <= number < len(names):
        told.unknown.append(f"{place}: class {number} is unknown; there are {len(names)} names, from 0 on")
        return
    edges = (x - width / 2, y - height / 2, x + width / 2, y + height / 2)
    told.boxes[key].append(ToldBox(place, names[number], edges, shares=True))


def _names(root: Path) -> list[str]:
    """What the classes are called, by their numbers.

    Raises:
        UserError: If no file says it.
    """
    for name in LISTS:
        for path in (root / name, root / "labels" / name):
            if path.is_file():
                return [line.strip() for line in _lines(path) if line.strip()]
    for name in RECORDS:
        if (path := root / name).is_file():
            return _of_yaml(path)
    raise UserError(
        f"data.root: {root} has YOLO's texts, but no file says what classes are called; put a classes.txt there with a "
        "name in each line, or a data.yaml with names"
    )


def _of_yaml(path: Path) -> list[str]:
    try:
        names = yaml.safe_load("\n".join(_lines(path)))["names"]
        found = [names[number] for number in range(len(names))] if isinstance(names, dict) else list(names)
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise UserError(f"data.root: {path} has no names of classes; write names: [first, second]") from error
    return [str(name) for name in found]


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"data.root: {path} cannot be read as UTF-8 ({error})") from error
