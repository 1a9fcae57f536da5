"""Text files that list images with their labels, as the usual tools write them: JSON, lines of JSON, or columns.

A row that is wrong is refused by its line, or by its number in `dataset.json`, which is written in one line.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.errors import UserError
from gan_cli.media.image_files import SUFFIXES, suffix_of

STYLEGAN = "dataset.json"
USUAL = (STYLEGAN, "metadata.jsonl", "metadata.csv", "labels.csv")
"""The names of manifests that are found without being named."""

FILES = (
    "file_name",
    "file",
    "image",
    "image_name",
    "image_file",
    "image_path",
    "path",
    "img",
    "name",
    "image_id",
    "id",
)
"""Names of the column of files, the surest first; case and `_` do not count."""

LABELS = ("label", "labels", "class", "class_name", "label_name", "category", "target", "class_id", "label_id", "y")
"""Names of the column of labels, the surest first."""

TEXTS = ("text", "caption", "prompt")
"""Names of columns of texts, which are classes only where several images share one."""

NAMES = ("class_names", "label_names", "classes", "names", "categories")
"""Keys of `dataset.json` that some tools add for the names of the classes: a list, or a name for each number."""


class Row(NamedTuple):
    """An image and its label.

    Attributes:
        place: Where it stands, in words, such as "line 3".
        name: The image's file, as it is written there.
        label: A number, a name, or a list of numbers.
    """

    place: str
    name: str
    label: Any


class Manifest(NamedTuple):
    """A manifest's content.

    Attributes:
        path: The file.
        rows: Its rows; none where it tells no labels.
        names: Names of the classes by number, if it tells them.
        remark: Why it tells no labels; "" if it does.
        texts: Whether its labels are texts, and may be captions.
    """

    path: Path
    rows: list[Row]
    names: dict[int, str]
    remark: str = ""
    texts: bool = False


def read(path: Path, content: bytes, is_image: Callable[[str], bool]) -> Manifest:
    """Reads a manifest.

    Args:
        path: The file, whose ending tells how it is written.
        content: Its bytes.
        is_image: Whether a name is that of one of the set's images: so a first line that is no header is known.

    Raises:
        UserError: If it is not written as its ending says.
    """
    text = _text(path, content)
    match path.suffix.lower():
        case ".json":
            return _of_json(path, text)
        case ".jsonl":
            return _of_columns(path, *_lines_of_json(path, text))
        case ".csv" | ".tsv":
            return _of_columns(path, *_cells(path, text, is_image))
        case other:
            raise UserError(f"data.manifest: {path} ends in {other or 'nothing'}; take .json, .jsonl, .csv or .tsv")


def wrong(path: Path, what: str) -> UserError:
    """The error that a manifest's content is."""
    return UserError(f"data.manifest: {path}, {what}\nMend it, or type --data.manifest none to do without it")


def _text(path: Path, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise wrong(path, f"line {line}: this is not UTF-8 ({error.reason}); save it as UTF-8") from error


def _of_json(path: Path, text: str) -> Manifest:
    """StyleGAN's `{"labels": [["00000/img00000000.png", 6], ...]}`, or `null` for the list where there are none."""
    try:
        told = json.loads(text)
    except json.JSONDecodeError as error:
        raise wrong(path, f"line {error.lineno}: this is no JSON ({error.msg})") from error
    if not isinstance(told, dict) or "labels" not in told:
        raise wrong(path, 'line 1: there is no "labels" as StyleGAN\'s dataset_tool.py writes them')
    labels = told["labels"]
    if labels is None or labels == []:
        return Manifest(path, [], {}, "it says that there are no labels")
    pairs = list(labels.items()) if isinstance(labels, dict) else labels
    if not isinstance(pairs, list):
        raise wrong(path, f'line 1: "labels" is no list of [file, label], but {type(pairs).__name__}')
    return Manifest(path, list(_pairs(path, pairs)), _names(next((told[key] for key in NAMES if key in told), None)))


def _pairs(path: Path, pairs: list[Any]) -> Iterator[Row]:
    for number, pair in enumerate(pairs, start=1):
        if not (isinstance(pair, list | tuple) and len(pair) == 2 and isinstance(pair[0], str)):
            raise wrong(path, f"entry {number}: {json.dumps(pair)[:60]} is not [file, label]")
        yield Row(f"entry {number}", *pair)


def _names(told: Any) -> dict[int, str]:
    """Names by number, from a list, {"0": "cat"} or {"cat": 0}."""
    if isinstance(told, list):
        return {number: str(name) for number, name in enumerate(told)}
    if not isinstance(told, dict):
        return {}
    if all(str(key).isdecimal() for key in told):
        return {int(key): str(name) for key, name in told.items()}
    return {number: str(name) for name, number in told.items() if isinstance(number, int)}


Cells = list[tuple[str, dict[str, Any]]]
"""Places and what stands there, by the columns' names."""


def _lines_of_json(path: Path, text: str) -> tuple[list[str], Cells]:
    found: Cells = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            told = json.loads(line)
        except json.JSONDecodeError as error:
            raise wrong(path, f"line {number}: this is no JSON ({error.msg})") from error
        if not isinstance(told, dict):
            raise wrong(path, f'line {number}: {line[:60]} is not {{"file_name": ..., "label": ...}}')
        found.append((f"line {number}", told))
    return list(dict.fromkeys(key for _, told in found for key in told)), found


def _cells(path: Path, text: str, is_image: Callable[[str], bool]) -> tuple[list[str], Cells]:
    first = text.partition("\n")[0]
    reader = csv.reader(io.StringIO(text), delimiter=max(",;\t", key=first.count), skipinitialspace=True)
    rows = []
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((reader.line_num, [cell.strip() for cell in cells]))
    except csv.Error as error:
        raise wrong(path, f"line {reader.line_num}: these are no columns ({error})") from error
    if not rows:
        return [], []
    header = rows[0][1]
    if suffix_of(header[0]) in SUFFIXES or is_image(header[0]):
        header = [FILES[0], LABELS[0]]
    else:
        rows = rows[1:]
    for line, cells in rows:
        if len(cells) != len(header):
            raise wrong(path, f"line {line}: there are {len(cells)} columns, and {len(header)} are wanted")
    return header, [(f"line {line}", dict(zip(header, cells, strict=True))) for line, cells in rows]


def _of_columns(path: Path, header: list[str], cells: Cells) -> Manifest:
    files = _column(header, FILES)
    labels = _column(header, LABELS) or _column(header, TEXTS)
    if files and not labels and len(header) == 2:
        labels = next(name for name in header if name != files)
    if files and not labels and path.name.startswith("metadata"):  # it may be about anything
        return Manifest(path, [], {}, f"none of {', '.join(header)} is a label")
    if not files or not labels:
        wanted, usual = ("labels", LABELS) if files else ("files", FILES)
        raise wrong(
            path, f"line 1: none of {', '.join(header) or 'nothing'} is the column of {wanted}; call it {usual[0]}"
        )
    rows = [Row(place, _file(path, place, told.get(files)), told.get(labels)) for place, told in cells]
    return Manifest(path, rows, {}, texts=labels == _column(header, TEXTS))


def _file(path: Path, place: str, name: Any) -> str:
    if not (isinstance(name, str) and name):
        raise wrong(path, f"{place}: there is no file's name")
    return name


def _column(header: list[str], usual: tuple[str, ...]) -> str:
    """The first of the usual names that is there, as it is written; "" if none is."""
    plain = {re.sub(r"[\s_-]", "", name.lower()): name for name in header}
    return next((plain[key] for name in usual if (key := name.replace("_", "")) in plain), "")
