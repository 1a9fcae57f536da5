"""The labels that a set's manifests give its images: classes or attributes, by the images' files."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import NamedTuple

from gan_cli.data import archives, manifests
from gan_cli.data.archives import File
from gan_cli.data.manifests import Manifest, Row, wrong
from gan_cli.errors import UserError
from gan_cli.media.image_files import SUFFIXES, stem_of, suffix_of

ENOUGH = 2
"""Texts are classes where each stands for at least this many images on average; otherwise they are captions."""


class Listed(NamedTuple):
    """What the manifests of a set tell.

    Attributes:
        source: Their names, for people.
        names: Of the classes or attributes, in the order of the labels; empty where there are none.
        remark: How the names are ordered, or why there are none.
        classes: The name of each image's class, by the image's key; empty where there are none.
        attributes: 0 or 1 for each attribute of each image, by its key; empty where there are none.
        settled: Whether they tell the labels, or that there are none; otherwise folders may still be classes.
    """

    source: str
    names: tuple[str, ...] = ()
    remark: str = ""
    classes: Mapping[str, str] = MappingProxyType({})
    attributes: Mapping[str, list[float]] = MappingProxyType({})
    settled: bool = True

    def lists(self, file: File) -> bool:
        """Whether an image has a label, or none is needed."""
        return not self.names or file.key in self.classes or file.key in self.attributes


Rows = dict[str, tuple[Manifest, Row]]
"""Rows of manifests by the keys of their images."""


def listed_below(
    root: Path, typed: str, places: Sequence[str], files: Sequence[File], partly: bool = False
) -> Listed | None:
    """The labels of a set's images, from its manifests; None where there are none.

    Args:
        root: The set's folder or archive.
        typed: The manifest below it, or "auto".
        places: Folders where manifests of the usual names may be, as beginnings of keys.
        files: The set's images.
        partly: Whether rows of images that are not among these are passed over, and not refused.

    Raises:
        UserError: If the one typed is not there, several are in one folder, or one is wrong.
    """
    found = [(typed, archives.content_of(root, typed))] if typed != "auto" else _usual(root, places)
    index = Index(files)
    read = []
    for key, content in found:
        if content is None:
            raise UserError(f"data.manifest: there is no {key} in {root}; take auto, none or another")
        start = key[: len(key) - len(key.rpartition("/")[2])]
        known = partial(_is_known, index, start)
        read.append((start, manifests.read(root / key, content, known)))
    return _listed(read, index, " and ".join(key for key, _ in found), partly) if read else None


def _usual(root: Path, places: Sequence[str]) -> list[tuple[str, bytes | None]]:
    """The manifests of the usual names, at most one in each place."""
    found: list[tuple[str, bytes | None]] = []
    for place in places:
        here = {f"{place}{name}": archives.content_of(root, f"{place}{name}") for name in manifests.USUAL}
        there = [(key, content) for key, content in here.items() if content is not None]
        if len(there) > 1:
            named = " and ".join(key for key, _ in there)
            raise UserError(f"data.manifest: there are {named} in {root}; type one of them, or none")
        found += there
    return found


def _is_known(index: "Index", start: str, name: str) -> bool:
    return bool(index.find(start, name))


def _listed(read: Sequence[tuple[str, Manifest]], index: "Index", source: str, partly: bool) -> Listed:
    if silent := next((manifest for _, manifest in read if manifest.remark), None):
        return Listed(source, remark=silent.remark, settled=silent.path.name == manifests.STYLEGAN)
    rows: Rows = {}
    for start, manifest in read:
        rows |= _placed(start, manifest, index, rows, partly)
    if not rows:
        return Listed(source, remark="it is empty", settled=False)
    if any(isinstance(row.label, list) for _, row in rows.values()):
        return _of_vectors(source, rows)
    return _of_classes(source, rows)


class Index:
    """Images by the ways in which a manifest may write them.

    Args:
        files: The images.
    """

    def __init__(self, files: Sequence[File]) -> None:
        self.files = files
        self.keys = {file.key: file for file in files}

    def find(self, start: str, name: str) -> list[File]:
        """The images that a name can mean: a path from the manifest's folder or the root, or a mere name, with or
        without its ending."""
        plain = str(PurePosixPath(name.replace("\\", "/")))
        for path in (f"{start}{plain}", plain):
            if path in self.keys:
                return [self.keys[path]]
        return next((found for path in (f"{start}{plain}", plain) if (found := self._loose.get(path))), [])

    @cached_property
    def _loose(self) -> dict[str, list[File]]:
        """Images by their paths without ending, their mere names, and these without ending."""
        found: dict[str, list[File]] = {}
        for file in self.files:
            last = file.key.rpartition("/")[2]
            for way in {stem_of(file.key), last, stem_of(last)}:
                found.setdefault(way, []).append(file)
        return found


def _placed(start: str, manifest: Manifest, index: Index, before: Rows, partly: bool) -> Rows:
    """The rows of a manifest, without those of other ones before it.

    Raises:
        UserError: If a row names no image, unless that is allowed, or one that was named before, or gives it no label.
    """
    placed: Rows = {}
    missing = []
    for row in manifest.rows:
        found = index.find(start, row.name)
        if not found:
            missing.append(row)
            continue
        if len(found) > 1:
            raise wrong(
                manifest.path, f"{row.place}: {row.name} can be {found[0].key} or {found[1].key}; write its path"
            )
        key = found[0].key
        if again := placed.get(key) or before.get(key):
            raise wrong(manifest.path, f"{row.place}: {row.name} was there before, in {again[1].place}")
        if row.label is None or row.label == "" or row.label == []:
            raise wrong(manifest.path, f"{row.place}: {row.name} has no label")
        placed[key] = (manifest, row)
    if missing and not partly:
        more = f" (and {len(missing) - 1:,} more)" if len(missing) > 1 else ""
        raise wrong(manifest.path, f"{missing[0].place}: {missing[0].name} {_why_missing(missing[0].name)}{more}")
    return placed


def _why_missing(name: str) -> str:
    suffix = suffix_of(name)
    return f"is no image ({suffix})" if suffix and suffix not in SUFFIXES else "is not among the set's images"


def _of_classes(source: str, rows: Rows) -> Listed:
    texts = [str(row.label) for manifest, row in rows.values() if manifest.texts]
    if texts and len(texts) < ENOUGH * len(set(texts)):
        return Listed(source, remark="its texts are captions, and no classes", settled=False)
    written = {key: _written(*entry) for key, entry in rows.items()}
    labels, order = _ordered(set(written.values()))
    declared = _declared(rows)
    names = {label: declared.get(int(label), label) if label.isdecimal() else label for label in labels}
    if len(set(names.values())) < len(names):
        raise wrong(_first(rows).path, "line 1: two of its classes have one name")
    told = f"{order}, named by it" if declared else order
    return Listed(source, tuple(names.values()), told, {key: names[label] for key, label in written.items()})


def _written(manifest: Manifest, row: Row) -> str:
    if not isinstance(row.label, int | float | str):
        raise wrong(manifest.path, f"{row.place}: {row.name} has {type(row.label).__name__}, which is no label")
    return str(row.label)


def _ordered(labels: Iterable[str]) -> tuple[list[str], str]:
    """Labels in their order: as numbers where all of them are numbers, otherwise by name."""
    try:
        return sorted(labels, key=lambda label: (float(label), label)), "in the order of their numbers"
    except ValueError:
        return sorted(labels), "in the order of their names"


def _of_vectors(source: str, rows: Rows) -> Listed:
    """Vectors of 0 and 1: classes where each has a single 1, otherwise attributes. Other vectors are no labels here."""
    vectors = {key: _vector(*entry) for key, entry in rows.items()}
    width = len(next(iter(vectors.values())))
    if uneven := next((key for key, vector in vectors.items() if len(vector) != width), None):
        manifest, row = rows[uneven]
        raise wrong(manifest.path, f"{row.place}: {row.name} has {len(vectors[uneven])} numbers, and others {width}")
    if any(value not in (0, 1) for vector in vectors.values() for value in vector):
        return Listed(source, remark=f"its {width} numbers an image are other than 0 and 1, and no classes")
    if width > 1 and all(sum(vector) == 1 for vector in vectors.values()):
        return _of_classes(
            source, {key: (m, row._replace(label=vectors[key].index(1))) for key, (m, row) in rows.items()}
        )
    declared = _declared(rows)
    names = tuple(declared.get(number, str(number)) for number in range(width))
    return Listed(source, names, "attributes, 0 or 1 each", attributes=vectors)


def _vector(manifest: Manifest, row: Row) -> list[float]:
    if isinstance(row.label, list) and all(isinstance(value, int | float) for value in row.label):
        return [float(value) for value in row.label]
    raise wrong(manifest.path, f"{row.place}: the label of {row.name} is no list of numbers, as others are")


def _declared(rows: Rows) -> dict[int, str]:
    return _first(rows).names


def _first(rows: Rows) -> Manifest:
    return next(manifest for manifest, _ in rows.values())
