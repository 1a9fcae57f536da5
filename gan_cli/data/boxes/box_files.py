"""Boxes in the files that people keep them in: Pascal VOC's XML, COCO's JSON, YOLO's texts."""

from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from gan_cli.data import folders
from gan_cli.data.archives import File
from gan_cli.data.boxes import coco_files, voc_files, yolo_files
from gan_cli.data.boxes.told_boxes import Told
from gan_cli.data.datamodules import Split
from gan_cli.errors import UserError
from gan_cli.media import reading
from gan_cli.media.boxes import wrong

PARTS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "val",
    "valid": "val",
    "validation": "val",
    "test": "test",
    "testing": "test",
}
"""What folders of a part may be called."""
JPEG = (".jpg", ".jpeg")
"""Of images of one name, those that are so called are photographs, and others their maps or drawings."""


class Marked(NamedTuple):
    """An image with the boxes that are told of it.

    Attributes:
        file: The image.
        size: Width and height in pixels.
        boxes: Left, top, right and bottom in pixels, and the class of each.
    """

    file: File
    size: tuple[int, int]
    boxes: tuple[tuple[float, float, float, float, str], ...]


class Refused(NamedTuple):
    """A box that is not possible.

    Attributes:
        name: The class; "" where that is what is not known.
        why: The file, the line and the reason.
    """

    name: str
    why: str


class Found(NamedTuple):
    """What a folder holds.

    Attributes:
        layout: How it is kept, to be said.
        parts: The images of each part, those without a box too if a file says that they have none.
        refused: Boxes outside the picture, of no area or of no known class.
        unreadable: Images that cannot be read, each with the reason.
        mistakes: What else is wrong, by what is said of the places.
        notes: Lines on what was left out.
    """

    layout: str
    parts: dict[Split, list[Marked]]
    refused: list[Refused]
    unreadable: list[str]
    mistakes: dict[str, list[str]]
    notes: list[str]


def found_below(root: Path, max_pixels: int = reading.MAX_PIXELS) -> Found:
    """The images below a folder with their boxes, in whichever layout is there.

    Args:
        root: The folder.
        max_pixels: Files with more are not looked at.

    Raises:
        UserError: If there are no images or no boxes, or a file cannot be understood.
    """
    files = folders.files_below(root)
    if not files:
        raise UserError(f"data.root: there are no images below {root}")
    for read in (coco_files.told_below, voc_files.told_below, yolo_files.told_below):
        if (told := read(root, files)) is not None:
            return _matched(root, files, told, max_pixels)
    raise UserError(
        f"data.root: {root} has no boxes beside its {len(files):,} images; put Pascal VOC's NAME.xml there (in "
        "Annotations/, or beside each image),\nCOCO's JSON, or YOLO's NAME.txt (in labels/, or beside each image) with "
        "classes.txt or data.yaml"
    )


def _matched(root: Path, files: Iterable[File], told: Told, max_pixels: int) -> Found:
    """Images with what is told of them."""
    parts: dict[Split, list[Marked]] = {}
    refused = [Refused("", reason) for reason in told.unknown]
    unreadable: list[str] = []
    owners, alone = _owners(files, told)
    doubles = sum(len(of_one) - 1 for of_one in owners.values())
    if doubles:
        told.notes.append(f"of one name: {doubles:,} images have another ending than one that is taken, a JPEG first")
    for key, of_one in owners.items():
        file = min(of_one, key=lambda one: one.path.suffix.lower() not in JPEG)
        try:
            size = reading.size(file.path, file.content(), max_pixels)
        except reading.Unreadable as error:
            unreadable.append(f"{file} ({error.reason})")
            continue
        boxes = []
        for box in told.boxes[key]:
            edges = box.edges(*size)
            if reason := wrong(edges, *size, slack=told.slack):
                refused.append(Refused(box.name, f"{box.place}: {box.name}: {reason}"))
                continue
            held = (max(0.0, edges[0]), max(0.0, edges[1]), min(size[0], edges[2]), min(size[1], edges[3]))
            boxes.append((*held, box.name))
        parts.setdefault(told.parts.get(key) or _part_of(file), []).append(Marked(file, size, tuple(boxes)))
    if not parts and not unreadable:
        example = next(iter(told.boxes), "")
        raise UserError(
            f"data.root: none of the images below {root} is one that {told.layout} tells of, such as {example!r}\n"
            "The names must be those of the files, or their paths below the folder"
        )
    mistakes = {
        "told of boxes, but without the image": [name for name in told.boxes if name not in owners],
        "images of which nothing is told, not used": alone,
    }
    return Found(told.layout, parts, refused, unreadable, mistakes, told.notes)


def _owners(files: Iterable[File], told: Told) -> tuple[dict[str, list[File]], list[str]]:
    """The images of each name that something is told of, and those of which nothing is."""
    owners: dict[str, list[File]] = {}
    alone: list[str] = []
    for file in files:
        key = next((name for name in _names_of(file) if name in told.boxes), None)
        if key is None:
            alone.append(str(file))
        else:
            owners.setdefault(key, []).append(file)
    return owners, alone


def _part_of(file: File) -> Split:
    """The part whose folder an image is in."""
    names = (PARTS.get(name.lower()) for name in PurePosixPath(file.key).parts[:-1])
    return next((part for part in names if part is not None), "train")


def _names_of(file: File) -> list[str]:
    """What an image may be called: its path below the folder, its name, or these without the ending."""
    path = PurePosixPath(file.key)
    whole = [path, PurePosixPath(path.name)]
    return [str(name) for one in whole for name in (one, one.with_suffix(""))]
