"""The attributes of images that are translated, as far as somebody tells them: for all at once, or file by file."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from math import isnan, nan
from pathlib import Path
from typing import Any, NamedTuple

from gan_cli.data.archives import File
from gan_cli.data.images import celeba
from gan_cli.data.listed_labels import Listed, listed_below
from gan_cli.errors import UserError, nearest
from gan_cli.files import write_text
from gan_cli.inference.inputs import Input
from gan_cli.media.image_files import stem_of
from gan_cli.variants.translation import TranslationModule

LISTS = (".json", ".jsonl", ".csv", ".tsv", ".txt")
"""Endings of the files that list labels; `.txt` is CelebA's own."""

WRITTEN = "source_labels.json"
"""The list that is written beside translations."""

NONE = "none"
"""What stands for no attribute at all."""

Row = tuple[float, ...]
"""A number for each attribute, or label: 0, 1, or NaN where nothing is told."""


class Taken(NamedTuple):
    """The attributes that an input was taken to have.

    Attributes:
        item: The input.
        values: 0 or 1 for each attribute that its direction starts from, by name.
        assumed: Whether the model has read some of them, because nobody told them.
    """

    item: Input
    values: Mapping[str, float]
    assumed: bool

    @property
    def named(self) -> str:
        """Those that it has, as they can be typed."""
        return "+".join(name for name, value in self.values.items() if value > 0.5) or NONE


def told(typed: str, model: TranslationModule, directions: Sequence[str], items: Sequence[Input]) -> list[Input]:
    """The inputs with the labels that were typed for them; those that a file does not list stay as they are.

    Args:
        typed: Attributes such as `Blond_Hair+Young`, the others being absent, or a file that lists images with them.
        model: Has the labels, in the order of its directions.
        directions: Those that the inputs are translated in.
        items: The inputs.

    Raises:
        UserError: If there is no such file or attribute, or the file is wrong.
    """
    attributes = list(dict.fromkeys(name for direction in directions for name in model.starts_from(direction)))
    if not attributes:
        raise UserError("source_labels: these directions start from no attributes of an image; leave it out")
    if Path(typed).suffix.lower() in LISTS:
        found = _listed(Path(typed), attributes, items)
    else:
        row = _row(_names(typed, attributes, "source_labels"), attributes)
        found = {item.name.as_posix(): row for item in items}
    return [
        item._replace(labels=_placed(found[name], attributes, model.directions))
        if (name := item.name.as_posix()) in found
        else item
        for item in items
    ]


def named_row(names: str | Sequence[str], model: TranslationModule, direction: str) -> Row:
    """The labels of an image with these attributes and no others; NaN for those that the direction does not start from.

    Args:
        names: Such as `Blond_Hair+Young`, or a list of them.
        model: Has the labels.
        direction: The direction.

    Raises:
        UserError: If there is no such attribute.
    """
    attributes = model.starts_from(direction)
    if not attributes:
        raise UserError(f"source_labels: {direction} starts from no attributes of an image; leave it out")
    text = names if isinstance(names, str) else "+".join(names) or NONE
    return _placed(_row(_names(text, attributes, "source_labels"), attributes), attributes, model.directions)


def taken(model: TranslationModule, direction: str, item: Input, labels: Sequence[float]) -> Taken:
    """What an input was taken to have.

    Args:
        model: Has the labels.
        direction: What it was translated in.
        item: The input, with what was told of it.
        labels: What was taken, a number for each of the model's labels.
    """
    places = {name: model.directions.index(name) for name in model.starts_from(direction)}
    assumed = item.labels is None or any(isnan(item.labels[place]) for place in places.values())
    return Taken(item, {name: labels[place] for name, place in places.items()}, assumed)


def write(assumed: Sequence[Taken], folder: Path) -> Path:
    """Writes the attributes that were assumed beside the translations, as `--source_labels` takes them; gives the file.

    Args:
        assumed: The inputs, all with the same attributes.
        folder: Of the translations. What was written there of further inputs before is kept.
    """
    path, names = folder / WRITTEN, list(assumed[0].values)
    before: dict[str, Any] = {}
    with suppress(OSError, ValueError, LookupError, TypeError):  # none, or another file of that name
        content = json.loads(path.read_text("utf-8"))
        before = dict(content["labels"]) if content["class_names"] == names else {}
    rows = {one.item.name.as_posix(): [int(value > 0.5) for value in one.values.values()] for one in assumed}
    lines = ",\n".join(f"  {json.dumps(entry, ensure_ascii=False)}" for entry in sorted({**before, **rows}.items()))
    write_text(path, f'{{"class_names": {json.dumps(names)}, "labels": [\n{lines}\n]}}\n')
    return path


def _listed(path: Path, attributes: Sequence[str], items: Sequence[Input]) -> dict[str, Row]:
    """What a file tells of the attributes, by the inputs' names."""
    if not path.is_file():
        raise UserError(f"source_labels: {path} does not exist; type a file, or attributes such as {attributes[0]}")
    names = [item.name.as_posix() for item in items]
    try:
        if path.suffix.lower() == ".txt":
            by_name = celeba.attributes_of(path, tuple(attributes))
            return {name: tuple(row) for name in names if (row := by_name.get(name.rpartition("/")[2]))}
        files = [File(Path(), name, stem_of(name)) for name in dict.fromkeys(names)]
        listed = listed_below(path.parent, path.name, [], files, partly=True)
    except UserError as error:
        what = str(error).partition("\n")[0].partition(": ")[2]
        raise UserError(f"source_labels: {what}") from error
    assert listed is not None
    if listed.attributes:
        return _of_vectors(path, listed, attributes)
    numbered = dict(enumerate(attributes))  # a vector with a single 1 is told as its number
    said = {key: numbered.get(int(text), text) if text.isdecimal() else text for key, text in listed.classes.items()}
    return {key: _row(_names(text, attributes, f"source_labels: {path}"), attributes) for key, text in said.items()}


def _of_vectors(path: Path, listed: Listed, attributes: Sequence[str]) -> dict[str, Row]:
    names = list(listed.names)
    if all(name.isdecimal() for name in names) and len(names) == len(attributes):
        names = list(attributes)  # in the model's order, where the file names none
    if missing := [name for name in attributes if name not in names]:
        raise UserError(
            f"source_labels: {path} tells {', '.join(names)}, and not {', '.join(missing)}; name them in class_names"
        )
    places = [names.index(name) for name in attributes]
    return {key: tuple(vector[place] for place in places) for key, vector in listed.attributes.items()}


def _names(text: str, attributes: Sequence[str], where: str) -> list[str]:
    """The attributes that a text names.

    Raises:
        UserError: If there is no such attribute.
    """
    said = [] if text.strip() == NONE else [word.strip() for word in text.replace(",", "+").split("+")]
    for name in said:
        if name not in attributes:
            known = ", ".join(attributes)
            raise UserError(f"{where}: {name} is no attribute{nearest(name, attributes)}; there are {known} and {NONE}")
    return said


def _row(said: Sequence[str], attributes: Sequence[str]) -> Row:
    return tuple(float(name in said) for name in attributes)


def _placed(row: Row, attributes: Sequence[str], labels: Sequence[str]) -> Row:
    """The attributes' values at their places among all labels."""
    of_each = dict(zip(attributes, row, strict=True))
    return tuple(of_each.get(label, nan) for label in labels)
