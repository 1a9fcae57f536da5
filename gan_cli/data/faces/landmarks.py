"""Lists of eyes, nose and mouth in pictures of faces."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, NamedTuple

import torch
from torch import Tensor

from gan_cli.data.archives import File
from gan_cli.data.faces.poses import POINTS
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.ranges import Range

NAME = "landmarks.csv"
COLUMNS = "file, then x and y of left eye, right eye, nose, left and right corner of the mouth, in pixels"
Edge = Annotated[float, Range(0, 1)]
Box = tuple[Edge, Edge, Edge, Edge]
"""The part of a file whose largest square is taken: left, top, right and bottom in shares of its sides."""
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)


class Landmarks(NamedTuple):
    """What a list tells.

    Attributes:
        points: By the keys of files, [5, 2] in shares of what is taken of them.
        wrong: What is wrong with it, line by line.
    """

    points: dict[str, Tensor]
    wrong: list[str]


def landmarks_below(root: Path, files: Mapping[str, File], box: Box) -> Landmarks | None:
    """The landmarks of a set; None where there is no list.

    Args:
        root: The set's folder.
        files: Its pictures by their keys.
        box: What is taken of them.

    Raises:
        UserError: If the list is no text of columns.
    """
    path = root / NAME
    if not path.is_file():
        return None
    try:
        with open(path, newline="", encoding="utf-8-sig") as lines:
            rows = list(csv.reader(lines))
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"data.root: {path} is no text of columns ({error}); write {COLUMNS}") from error
    found = Landmarks({}, [])
    for number, row in enumerate(rows, 1):
        if not row or (number == 1 and _is_heading(row)):
            continue
        try:
            key, points = _read(row, files, box)
            if key in found.points:
                raise UserError(f"{key} was there before")
        except UserError as error:
            found.wrong.append(f"{path}, line {number}: {error}")
        else:
            found.points[key] = points
    return found


def _is_heading(row: list[str]) -> bool:
    return len(row) > 1 and not _is_number(row[1])


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _read(row: list[str], files: Mapping[str, File], box: Box) -> tuple[str, Tensor]:
    """A row's file and points.

    Raises:
        UserError: If it is wrong; says what of it.
    """
    name, numbers = row[0].strip().replace("\\", "/"), row[1:]
    if len(numbers) != 2 * POINTS or not all(map(_is_number, numbers)):
        raise UserError(f"{name} needs {2 * POINTS} numbers, x and y of {POINTS} points, and {len(numbers)} are there")
    if name not in files:
        raise UserError(f"{name} is none of the set's pictures; write its path below the folder")
    width, height = _size(files[name])
    pixels = torch.tensor([float(number) for number in numbers]).view(POINTS, 2)
    shares = pixels / torch.tensor([width, height])
    if not bool(((shares >= 0) & (shares <= 1)).all()):
        raise UserError(f"{name} has a point outside its {width}x{height} pixels")
    left, top, right, bottom = box[0] * width, box[1] * height, box[2] * width, box[3] * height
    side = min(right - left, bottom - top)
    corner = torch.tensor([(left + right - side) / 2, (top + bottom - side) / 2])
    return name, (pixels - corner) / side


def _size(file: File) -> tuple[int, int]:
    """Width and height of a picture.

    Raises:
        UserError: If it cannot be read.
    """
    try:
        return reading.size(file.path)
    except reading.Unreadable as error:
        raise UserError(f"{file.key} cannot be read ({error.reason})") from error
