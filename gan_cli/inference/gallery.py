"""A page that shows inputs beside their translations and needs nothing but itself: every image is inside it."""

import base64
import io
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from PIL import Image

SIDE = 320
"""Pixels of the longer side of a shown image; a page of whole photographs would not open."""

STYLE = """
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 96rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
main { display: grid; gap: 1rem; align-items: start; margin-top: 1rem; }
main { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
figure { margin: 0; padding: .5rem; border: 1px solid #8886; border-radius: .5rem; }
figure div { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fit, minmax(6rem, 1fr)); }
p { margin: 0; font-size: .8rem; }
img { display: block; width: 100%; height: auto; max-height: 20rem; object-fit: contain; }
img { background: repeating-conic-gradient(#8884 0 25%, #0000 0 50%) 0 0 / 1rem 1rem; }
figcaption { margin-top: .5rem; font-size: .85rem; overflow-wrap: anywhere; }
"""


class Shown(NamedTuple):
    """One input and what became of it.

    Attributes:
        name: The input's name.
        images: What to show, each with a word for it, such as "input" or the direction.
    """

    name: str
    images: Sequence[tuple[str, Image.Image]]


def page(title: str, note: str, entries: Sequence[Shown]) -> str:
    """The page as HTML that is also well-formed XML, with no link to anything outside it.

    Args:
        title: Its heading.
        note: A line below it.
        entries: In order.
    """
    figures = "\n".join(_figure(entry) for entry in entries)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
        '<link rel="icon" href="data:," />\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n<p>{escape(note)}</p>\n<main>\n{figures}\n</main>\n</body>\n</html>\n"
    )


def _figure(entry: Shown) -> str:
    parts = "".join(_part(entry.name, word, image) for word, image in entry.images)
    return f"<figure><div>{parts}</div><figcaption>{escape(entry.name)}</figcaption></figure>"


def _part(name: str, word: str, image: Image.Image) -> str:
    content = io.BytesIO()
    image.save(content, "WEBP", quality=80)
    embedded = f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"
    width, height = image.size
    said = escape(f"{name}, {word}")
    shown = f'<img alt="{said}" width="{width}" height="{height}" src="{embedded}" />'
    return f"<section>{shown}<p>{escape(word)}</p></section>"
