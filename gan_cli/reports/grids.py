"""Pictures in a page: a slider through the grids of a run, and single pictures, none larger than a page can hold."""

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from gan_cli.media import pages

GRIDS = 40
"""A slider has at most this many positions."""
SIDE = 1024
"""Larger pictures are reduced to this many pixels on the longer side."""
LARGE = 200_000
"""A picture file of more than this many bytes is not embedded as it is."""
PIXELATED = 512
"""Pictures narrower than this many pixels are shown with sharp pixels."""

MOST_OF_FILM = 8_000_000
"""A film of more than this many bytes is not embedded."""

SLIDER = """<script>
document.querySelectorAll(".slider").forEach((slider) => {
  const pictures = slider.querySelectorAll("img"), output = slider.querySelector("output");
  slider.querySelector("input").addEventListener("input", (event) => {
    pictures.forEach((picture, number) => { picture.hidden = number !== Number(event.target.value); });
    output.textContent = pictures[event.target.value].dataset.step;
  });
});
</script>"""


def slider(grids: Sequence[tuple[int, Path]], most: int = GRIDS) -> str:
    """HTML of the grids of a run with a slider from the first to the last; the page needs `SLIDER` once, after it.

    Args:
        grids: Steps and files, ascending; one at least.
        most: Positions of the slider.
    """
    chosen = evenly(grids, most)
    left_out = len(grids) - len(chosen)
    note = f"{len(chosen)} of {len(grids)} grids, evenly chosen; all are in samples/ of the run." if left_out else ""
    shown = [Position(f"step {step:,}", path) for step, path in chosen]
    return slid("Samples at", "Step of the samples", shown, len(shown) - 1, note)


class Position(NamedTuple):
    """A position of a slider.

    Attributes:
        text: What it is called, beside the slider's title.
        picture: A picture's file, or the content of one.
    """

    text: str
    picture: Path | bytes


def slid(title: str, label: str, positions: Sequence[Position], start: int, note: str = "") -> str:
    """HTML of pictures with a slider from the first to the last; the page needs `SLIDER` once, after it.

    Args:
        title: What is in front of a position's text.
        label: What the slider changes.
        positions: One at least.
        start: The one that is shown first.
        note: A line below; "" for none.
    """
    shown = "".join(
        picture(one.picture, f"{title} {one.text}", f'data-step="{escape(one.text)}"{"" if k == start else " hidden"}')
        for k, one in enumerate(positions)
    )
    below = f'<p class="note">{escape(note)}</p>' if note else ""
    return (
        f'<figure class="slider"><label><span>{escape(title)} <output>{escape(positions[start].text)}</output></span>'
        f'<input type="range" min="0" max="{len(positions) - 1}" step="1" value="{start}" aria-label="{escape(label)}" '
        f"/></label>{shown}{below}</figure>"
    )


def figure(path: Path, text: str) -> str:
    """HTML of one picture with a line below it."""
    return f"<figure>{picture(path, text)}<figcaption>{escape(text)}</figcaption></figure>"


def film(path: Path, text: str) -> str:
    """HTML of a GIF that plays, with a line below it; one that is broken or too large is named instead."""
    try:
        content = path.read_bytes()
        with Image.open(io.BytesIO(content)) as image:
            image.verify()
            width, height = image.size
    except (OSError, ValueError, SyntaxError) as error:
        return f'<p class="note">{escape(path.name)} cannot be read: {escape(str(error))}</p>'
    if len(content) > MOST_OF_FILM:
        return f'<p class="note">{escape(text)}: samples/{escape(path.name)} ({len(content) / 1e6:.0f} MB)</p>'
    style = ' class="small"' if width < PIXELATED else ""
    shown = (
        f'<img{style} alt="{escape(text)}" width="{width}" height="{height}" src="{pages.embedded(content, "gif")}" />'
    )
    return f"<figure>{shown}<figcaption>{escape(text)}</figcaption></figure>"


def picture(source: Path | bytes, text: str, attributes: str = "") -> str:
    """HTML that contains a picture, of a file or of one's content; for a broken file, a line that says so."""
    try:
        content, kind, (width, height) = _content(source.read_bytes() if isinstance(source, Path) else source)
    except (OSError, ValueError) as error:
        name = source.name if isinstance(source, Path) else text
        return f'<img alt="{escape(name)} cannot be read: {escape(str(error))}" {attributes} />'
    style = ' class="small"' if width < PIXELATED else ""
    return (
        f'<img{style} alt="{escape(text)}" width="{width}" height="{height}" {attributes} '
        f'src="{pages.embedded(content, kind)}" />'
    )


def evenly(items: Sequence[tuple[int, Path]], most: int) -> list[tuple[int, Path]]:
    """At most `most` of the items, with the first and the last."""
    if len(items) <= most:
        return list(items)
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def _content(content: bytes) -> tuple[bytes, str, tuple[int, int]]:
    with Image.open(io.BytesIO(content)) as image:
        if len(content) <= LARGE and max(image.size) <= 2 * SIDE:
            image.verify()
            return content, "png", image.size
        smaller = image.convert("RGB")
    smaller.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=85)
    return buffer.getvalue(), "jpeg", smaller.size
