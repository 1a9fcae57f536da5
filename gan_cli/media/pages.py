"""The frame of every page that is written: one file of HTML that opens offline. No torch is needed."""

import base64
from collections.abc import Sequence
from html import escape

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { margin: 0 auto; padding: 1rem; max-width: 96rem; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
img { display: block; width: 100%; height: auto; }
figure { margin: 0; padding: .5rem; border: 1px solid #8886; border-radius: .5rem; }
figcaption { margin-top: .5rem; font-size: .85rem; overflow-wrap: anywhere; }
"""

POLICY = "default-src 'none'; img-src data: blob:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
"""The content security policy of every page: a browser fetches nothing, whatever the page holds."""


def page(title: str, body: str, style: str = "") -> str:
    """A page as HTML, with no link to anything outside it; well-formed XML where the body is.

    Args:
        title: Its title, as plain text.
        body: HTML.
        style: CSS that follows the common one.
    """
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}" />\n'
        '<link rel="icon" href="data:," />\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}{style}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def embedded(content: bytes, kind: str) -> str:
    """The content of a file as a data address, such as that of an image of kind "png"."""
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """A table of plain texts that scrolls within itself where it is too wide; the first cell names its row."""
    header = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    lines = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(text)}</td>" for text in rest)}</tr>'
        for first, *rest in rows
    )
    return (
        f'<div class="wide" tabindex="0"><table>{f"<thead><tr>{header}</tr></thead>" if head else ""}'
        f"<tbody>{lines}</tbody></table></div>"
    )
