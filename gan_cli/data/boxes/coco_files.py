"""Boxes in COCO's JSON: one file, or one for each part."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from gan_cli.data.archives import File
from gan_cli.data.boxes.told_boxes import Told, ToldBox
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError

WORDS: tuple[tuple[str, Split], ...] = (("train", "train"), ("val", "val"), ("test", "test"))
"""What the name of a part's file, or of its folder, holds."""


def told_below(root: Path, files: Sequence[File]) -> Told | None:
    """What COCO's files below a folder tell; None if there are none."""
    told = Told("COCO's JSON")
    found = False
    crowds = 0
    for path in sorted(root.rglob("*.json")):
        record = _record(path)
        if record is None:
            continue
        found = True
        crowds += _add(told, path, record, root)
    if crowds:
        told.notes.append(f"crowds: {crowds:,} boxes are around several things (iscrowd), and left out")
    return told if found else None


def _record(path: Path) -> dict[str, Any] | None:
    """The content of a file if it has images and annotations; None if it has others.

    Raises:
        UserError: If it is no JSON.
    """
    try:
        record = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UserError(f"data.root: {path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise UserError(f"data.root: {path} is no JSON ({error})") from error
    return record if isinstance(record, dict) and {"images", "annotations"} <= record.keys() else None


def _add(told: Told, path: Path, record: dict[str, Any], root: Path) -> int:
    """Adds what a file tells; gives how many of its boxes are of crowds."""
    try:
        names = {one["id"]: _named(one["file_name"], path, root) for one in record["images"]}
        classes = {one["id"]: str(one["name"]) for one in record.get("categories", [])}
    except (KeyError, TypeError) as error:
        raise UserError(
            f"data.root: {path} is not as COCO's files are: images need id and file_name, categories id and name"
        ) from error
    where = str(path.relative_to(root)).lower()
    part = next((split for word, split in WORDS if word in where), None)
    for name in names.values():
        told.boxes.setdefault(name, [])
        if part is not None:
            told.parts[name] = part
    crowds = 0
    for number, one in enumerate(record["annotations"]):
        place = f"{path}, annotations[{number}]"
        try:
            if one.get("iscrowd"):
                crowds += 1
                continue
            left, top, width, height = map(float, one["bbox"])
            image, category = one["image_id"], one["category_id"]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(
                f"data.root: {place}: it needs image_id, category_id and bbox [left, top, width, height]"
            ) from error
        if category not in classes or image not in names:
            what = f"category_id {category}" if category not in classes else f"image_id {image}"
            told.unknown.append(f"{place}: {what} is not among those that the file lists")
            continue
        told.boxes[names[image]].append(ToldBox(place, classes[category], (left, top, left + width, top + height)))
    return crowds


def _named(name: str, path: Path, root: Path) -> str:
    """What an image is called: its path below the folder, where it lies beside the file."""
    beside = path.parent / name
    return beside.relative_to(root).as_posix() if beside.is_file() else name
