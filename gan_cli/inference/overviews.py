"""What `gan translate` shows of many translations at once: a gallery, and a table of sources and styles."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import Image

from gan_cli.files import write_text
from gan_cli.inference import gallery
from gan_cli.inference.inputs import Input
from gan_cli.inference.jobs import Job
from gan_cli.inference.source_media import drawn
from gan_cli.inference.ways import Way
from gan_cli.media.films import VIDEOS, first_frame
from gan_cli.media.images import Images
from gan_cli.media.medium import Medium
from gan_cli.media.picture_files import picture_of, thumbnail, write_picture
from gan_cli.media.reading import Unreadable

SHOWN = 500
"""A gallery shows at most this many inputs; with more it would not open."""
TABLED = 100
"""A table shows at most this many sources, and as many styles."""
IMAGES = Images()
WIDEST = 8_192
"""No side of a table has more pixels."""


def write_gallery(
    jobs: Sequence[Job], directions: Sequence[str], folder: Path, attributes: Mapping[Input, str], medium: Medium
) -> Path:
    """Shows each input once, with the attributes that it was taken to have, beside all that was made of it.

    Args:
        jobs: Those that are done.
        directions: Which there are.
        folder: Where the page goes.
        attributes: Of inputs, in words.
        medium: Of the inputs.
    """
    made: dict[Input, list[Job]] = {}
    for job in jobs:
        made.setdefault(job.item, []).append(job)
    entries = []
    for item, outputs in list(made.items())[:SHOWN]:
        with suppress(Unreadable):  # a skipped older file may be no picture
            word = f"input, {attributes[item]}" if item in attributes else "input"
            images = [
                (word, small(item.content, medium=medium)),
                *((job.way.title, small(job.target)) for job in outputs),
            ]
            entries.append(gallery.Shown(item.name.as_posix(), images))
    counted = f"{len(made)} inputs" if len(made) <= SHOWN else f"The first {SHOWN} of {len(made)} inputs"
    text = gallery.page(
        f"Translations: {', '.join(directions)}", f"{counted}, reduced; films by their first frame", entries
    )
    path = folder / "gallery.html"
    write_text(path, text)
    return path


def write_table(jobs: Sequence[Job], ways: Sequence[Way], path: Path, medium: Medium) -> Path:
    """Writes a picture with a row for each source and a column for each style, as figure 1 of StarGAN v2 has it.

    The first column has the sources, the first row the references. What could not be made is left white.

    Args:
        jobs: Those that are done.
        ways: The styles, in the order of the columns.
        path: The file.
        medium: Of the sources.
    """
    ways = ways[:TABLED]
    items = list(dict.fromkeys(job.item for job in jobs))[:TABLED]
    targets = {(job.item, id(job.way)): job.target for job in jobs}
    rows: list[list[Any]] = [[None, *(way.reference for way in ways)]] if any(way.reference for way in ways) else []
    side = min(gallery.SIDE, WIDEST // max(len(rows) + len(items), len(ways) + 1))
    cells = [[_cell(content, side, IMAGES) for content in row] for row in rows]
    for item in items:
        made = (targets.get((item, id(way))) for way in ways)
        cells.append([_cell(item.content, side, medium), *(_cell(content, side, IMAGES) for content in made)])
    side = max(max(cell.size) for row in cells for cell in row if cell)
    page = Image.new("RGB", (side * len(cells[0]), side * len(cells)), "white")
    for top, row in enumerate(cells):
        for left, cell in enumerate(row):
            if cell:
                page.paste(cell, (left * side + (side - cell.width) // 2, top * side + (side - cell.height) // 2), cell)
    write_picture(picture_of(page), path)
    return path


def small(content: Any, side: int = gallery.SIDE, medium: Medium = IMAGES) -> Image.Image:
    """An input or output of a medium as a gallery shows it.

    Raises:
        Unreadable: If it is no picture.
    """
    film = isinstance(content, Path) and content.suffix.lower() in VIDEOS
    return thumbnail(first_frame(content) if film else drawn(medium, content), side)


def _cell(content: Any, side: int, medium: Medium) -> Image.Image | None:
    if content is None:
        return None
    with suppress(Unreadable):
        return small(content, side, medium).convert("RGBA")
    return None
