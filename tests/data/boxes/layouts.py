"""Folders with images of 40x20 and boxes, in the layouts that people keep them in."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.data import pictures

WIDTH, HEIGHT = 40, 20
BOX = (4, 2, 24, 12)
"""Of each image: left, top, right, bottom."""


def images(root: Path, below: str = "images", count: int = 10) -> list[str]:
    names = [f"{number}.png" for number in range(count)]
    for name in names:
        pictures.write(root / below / name, WIDTH, HEIGHT)
    return names


def name_of(image: str) -> str:
    return ("cat", "dog")[int(image[0]) % 2]


def voc(root: Path, box: Sequence[float] = BOX) -> None:
    (root / "Annotations").mkdir(parents=True)
    for image in images(root, "JPEGImages"):
        named = zip(("xmin", "ymin", "xmax", "ymax"), box, strict=True)
        edges = "".join(f"<{edge}>{value}</{edge}>" for edge, value in named)
        text = (
            f'<?xml version="1.0"?>\n<annotation>\n<filename>{image}</filename>\n<size><width>1</width></size>\n'
            f"<object>\n<name>{name_of(image)}</name>\n<part><name>head</name></part>\n<bndbox>{edges}</bndbox>\n"
            "</object>\n</annotation>"
        )
        (root / "Annotations" / f"{image[0]}.xml").write_text(text)


def facades(root: Path, box: Sequence[float] = BOX) -> None:
    """XML without a root, in shares of 1; x is vertical."""
    left, top, right, bottom = box
    for image in images(root, "base"):
        points = (
            f"<x>{bottom / HEIGHT}</x><x>{top / HEIGHT}</x><y>{left / WIDTH}</y><y>{right / WIDTH}</y>"  # in any order
        )
        text = f"<object><points>{points}</points><label>3</label><labelname>{name_of(image)}</labelname></object>"
        (root / "base" / f"{image[0]}.xml").write_text(text)


def coco(root: Path, box: Sequence[float] = BOX) -> None:
    names = images(root, "photos")
    left, top, right, bottom = box
    record: dict[str, list[dict[str, Any]]] = {
        "images": [{"id": 7 * number, "file_name": name} for number, name in enumerate(names)],
        "categories": [{"id": 3, "name": "cat"}, {"id": 9, "name": "dog"}],
        "annotations": [
            {"image_id": 7 * number, "category_id": (3, 9)[number % 2], "bbox": [left, top, right - left, bottom - top]}
            for number in range(len(names))
        ],
    }
    record["annotations"].append({"image_id": 0, "category_id": 3, "bbox": [0, 0, 9, 9], "iscrowd": 1})
    (root / "annotations.json").write_text(json.dumps(record))


def yolo(root: Path, box: Sequence[float] = BOX) -> None:
    left, top, right, bottom = box
    (root / "labels").mkdir(parents=True)
    (root / "classes.txt").write_text("cat\ndog\n")
    for image in images(root):
        x, y = (left + right) / 2 / WIDTH, (top + bottom) / 2 / HEIGHT
        line = f"{int(image[0]) % 2} {x} {y} {(right - left) / WIDTH} {(bottom - top) / HEIGHT}\n"
        (root / "labels" / f"{image[0]}.txt").write_text(line)


LAYOUTS: list[Callable[..., None]] = [voc, facades, coco, yolo]
