"""A page that shows inputs beside their translations and needs nothing but itself: every image is inside it."""

import io
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from PIL import Image

from gan_cli.media import pages

SIDE = 320
"""A shown image has at most this many pixels on its longer side: a page of whole photographs would not open."""

STYLE = """
main { display: grid; gap: 1rem; align-items: start; margin-top: 1rem; }
main { grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)); }
figure div { display: grid; gap: .5rem; grid-template-columns: repeat(auto-fit, minmax(6rem, 1fr)); }
p { margin: 0; font-size: .8rem; }
img { max-height: 20rem; object-fit: contain; }
img { background: repeating-conic-gradient(#8884 0 25%, #0000 0 50%) 0 0 / 1rem 1rem; }
"""


class Shown(NamedTuple):
    """One input with its translations.

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
        entries: What it shows, in order.
    """
    figures = "\n".join(_figure(entry) for entry in entries)
    body = f"<h1>{escape(title)}</h1>\n<p>{escape(note)}</p>\n<main>\n{figures}\n</main>"
    return pages.page(title, body, STYLE)


def _figure(entry: Shown) -> str:
    parts = "".join(_part(entry.name, word, image) for word, image in entry.images)
    return f"<figure><div>{parts}</div><figcaption>{escape(entry.name)}</figcaption></figure>"


def _part(name: str, word: str, image: Image.Image) -> str:
    content = io.BytesIO()
    image.save(content, "WEBP", quality=80)
    width, height = image.size
    said, source = escape(f"{name}, {word}"), pages.embedded(content.getvalue(), "webp")
    shown = f'<img alt="{said}" width="{width}" height="{height}" src="{source}" />'
    return f"<section>{shown}<p>{escape(word)}</p></section>"
