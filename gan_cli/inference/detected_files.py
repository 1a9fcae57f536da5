"""What was found in images, as pictures, as COCO's results, and as a table."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from PIL import Image
from torch import Tensor

from gan_cli.files import write_json, write_text
from gan_cli.inference.detector import Detection
from gan_cli.media import box_pictures, reading
from gan_cli.media.pictures import save_png

RESULTS = "results.json"
TABLE = "detections.csv"
COLUMNS = ("file", "class", "score", "left", "top", "right", "bottom")


class Looked(NamedTuple):
    """An image that was looked at.

    Attributes:
        place: Its file, or its name in the data set.
        size: Width and height in pixels.
        found: What is in it, the surest first.
    """

    place: str
    size: tuple[int, int]
    found: list[Detection]


def draw(image: Image.Image, rows: Tensor, names: Sequence[str], path: Path) -> None:
    """Writes an image with boxes on it as PNG.

    Args:
        image: As it was looked at.
        rows: The boxes, [B, 6] in its pixels.
        names: Of the classes.
        path: Where.
    """
    pixels = reading.to_tensor(image.convert("RGB"), 3)
    save_png(box_pictures.drawn(pixels[None], rows[None], names)[0], path)


def write_lists(looked: Sequence[Looked], folder: Path) -> list[Path]:
    """Writes all that was found in a folder, as COCO's results and as a CSV.

    COCO's results have numbers of images and of categories, from 1; the file's and the class's names stand beside them.

    Returns:
        The two files.
    """
    results = [
        {
            "image_id": number,
            "category_id": one.number + 1,
            "bbox": [round(value, 2) for value in _bbox(one)],
            "score": round(one.score, 5),
            "file_name": of_image.place,
            "category": one.name,
        }
        for number, of_image in enumerate(looked, 1)
        for one in of_image.found
    ]
    write_json(folder / RESULTS, results)
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for of_image in looked:
        for one in of_image.found:
            table.writerow([of_image.place, one.name, f"{one.score:.4f}", *(f"{edge:.2f}" for edge in one.box)])
    write_text(folder / TABLE, text.getvalue())
    return [folder / RESULTS, folder / TABLE]


def _bbox(one: Detection) -> tuple[float, float, float, float]:
    """Left, top, width and height."""
    left, top, right, bottom = one.box
    return left, top, right - left, bottom - top
