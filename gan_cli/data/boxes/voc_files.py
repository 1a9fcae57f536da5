"""Boxes in XML: Pascal VOC's, and those of the CMP facades, which are many objects without a root."""

from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple
from xml.parsers import expat

from gan_cli.data.archives import File
from gan_cli.data.boxes.told_boxes import Told, ToldBox
from gan_cli.data.datamodules import Split
from gan_cli.data.folders import SPLITS
from gan_cli.errors import UserError

ANNOTATIONS, IMAGE_FOLDERS = "Annotations", ("JPEGImages", "images", "Annotations")
"""Where VOC keeps its XML, and where the images of the same names may be."""
LISTS = Path("ImageSets", "Main")
"""Where VOC lists the images of each part."""


class Object(NamedTuple):
    """An object of a file.

    Attributes:
        line: The line it begins in.
        values: The texts of its elements by their names, in the order of the file; parts of it are left out.
    """

    line: int
    values: dict[str, list[str]]


def told_below(root: Path, files: Sequence[File]) -> Told | None:
    """What the XML files below a folder tell; None if there are none."""
    paths = sorted(path for path in root.rglob("*.xml") if not path.name.startswith("."))
    if not paths:
        return None
    told = Told("Pascal VOC's XML")
    known = {str(PurePosixPath(file.key).with_suffix("")) for file in files}
    stems = {PurePosixPath(name).name for name in known}
    difficult = 0
    for path in paths:
        objects, named = objects_of(path)
        key = _key(path.relative_to(root), named, known, stems)
        told.boxes[key] = []
        for number, one in enumerate(objects, 1):
            place = (
                f"{path}, line {one.line}"
                if len(objects) < 2 or objects[0].line != objects[-1].line
                else (f"{path}, line {one.line}, object {number}")
            )
            told.boxes[key].append(_box(one, place))
            difficult += one.values.get("difficult") == ["1"]
    if difficult:
        told.notes.append(f"difficult: {difficult:,} boxes are marked so, and taken as the others")
    told.parts = _listed(root)
    return told


def objects_of(path: Path) -> tuple[list[Object], str]:
    """The objects of a file, and the name of the image that it is of; "" if it says none.

    Raises:
        UserError: If it is no XML.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise UserError(f"data.root: {path} cannot be read ({error.strerror})") from error
    reader = _Reader()
    # The facades' files have many roots; around them, and around a single one, another does no harm.
    head, _, rest = text.partition(b"?>") if text.lstrip().startswith(b"<?xml") else (b"", b"", text)
    before = b"\n" * head.count(b"\n")
    try:
        reader.parser.Parse(b"<all>" + before + rest + b"</all>", True)
    except (expat.ExpatError, ValueError) as error:
        line = getattr(error, "lineno", reader.parser.CurrentLineNumber)
        raise UserError(f"data.root: {path}, line {line}, is no XML of boxes ({error})") from error
    return reader.objects, reader.named


class _Reader:
    """Collects objects with the lines that they begin in."""

    def __init__(self) -> None:
        self.objects: list[Object] = []
        self.named = ""
        self._path: list[str] = []
        self._text = ""
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._said
        self.parser.StartDoctypeDeclHandler = self._refuse

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._path.append(name)
        self._text = ""
        if name == "object":
            self.objects.append(Object(self.parser.CurrentLineNumber, {}))

    def _said(self, text: str) -> None:
        self._text += text

    def _end(self, name: str) -> None:
        text, self._text = self._text.strip(), ""
        if name == "filename" and "object" not in self._path:
            self.named = text
        elif "object" in self._path and "part" not in self._path and text:
            self.objects[-1].values.setdefault(name, []).append(text)
        self._path.pop()

    def _refuse(self, *_: object) -> None:
        raise ValueError("it declares a type of document, which none of boxes needs")


def _box(one: Object, place: str) -> ToldBox:
    """A box of VOC's, or of the facades', whose x is vertical and whose points are shares of 1.

    Raises:
        UserError: If an edge or the class is missing.
    """
    values = one.values
    try:
        if "x" in values and "y" in values:
            (top, bottom), (left, right) = (sorted(map(float, values[name])) for name in ("x", "y"))
            return ToldBox(place, values["labelname"][0], (left, top, right, bottom), shares=True)
        left, top, right, bottom = (float(values[name][0]) for name in ("xmin", "ymin", "xmax", "ymax"))
        return ToldBox(place, values["name"][0], (left, top, right, bottom))
    except (KeyError, ValueError) as error:
        raise UserError(
            f"data.root: {place}: the object has no name, xmin, ymin, xmax and ymax as Pascal VOC has them ({error})"
        ) from error


def _key(path: Path, named: str, known: set[str], stems: set[str]) -> str:
    """What an XML calls its image: the path that both have below the folder, its own name, or what it says itself.

    Args:
        path: The XML, below the folder.
        named: What it says; "" if nothing.
        known: The images below the folder, without their endings.
        stems: Their names alone.
    """
    beside = PurePosixPath(path.as_posix()).with_suffix("")
    for images in IMAGE_FOLDERS:
        apart = str(PurePosixPath(*(images if part == ANNOTATIONS else part for part in beside.parts)))
        if apart in known:
            return apart
    return path.stem if path.stem in stems or not named else Path(named.replace("\\", "/")).name


def _listed(root: Path) -> dict[str, Split]:
    """The part of each image that VOC lists."""
    parts: dict[str, Split] = {}
    for split in SPLITS:
        path = root / LISTS / f"{split}.txt"
        if path.is_file():
            words = (line.split() for line in path.read_text(encoding="utf-8").splitlines())
            named: dict[str, Split] = {word[0]: split for word in words if word}
            parts.update(named)
            parts.update({f"{folder}/{name}": split for folder in IMAGE_FOLDERS for name in named})
    return parts
