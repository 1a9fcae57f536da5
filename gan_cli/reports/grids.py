"""Pictures in a page: a slider through the grids of a run, and single pictures, none larger than a page can hold."""

import io
from collections.abc import Sequence
from html import escape
from pathlib import Path

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
    last = len(chosen) - 1
    shown = "".join(
        picture(path, f"Samples at step {step:,}", f'data-step="step {step:,}"{"" if number == last else " hidden"}')
        for number, (step, path) in enumerate(chosen)
    )
    left_out = len(grids) - len(chosen)
    note = (
        f'<p class="note">{len(chosen)} of {len(grids)} grids, evenly chosen; all are in samples/ of the run.</p>'
        if left_out
        else ""
    )
    return (
        f'<figure class="slider"><label><span>Samples at <output>step {chosen[-1][0]:,}</output></span>'
        f'<input type="range" min="0" max="{last}" step="1" value="{last}" aria-label="Step of the samples" /></label>'
        f"{shown}{note}</figure>"
    )


def figure(path: Path, text: str) -> str:
    """HTML of one picture with a line below it."""
    return f"<figure>{picture(path, text)}<figcaption>{escape(text)}</figcaption></figure>"


def picture(path: Path, text: str, attributes: str = "") -> str:
    """HTML that contains a picture; for a broken file, a line that says so."""
    try:
        content, kind, (width, height) = _content(path)
    except (OSError, ValueError) as error:
        return f'<img alt="{escape(path.name)} cannot be read: {escape(str(error))}" {attributes} />'
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


def _content(path: Path) -> tuple[bytes, str, tuple[int, int]]:
    content = path.read_bytes()
    with Image.open(io.BytesIO(content)) as image:
        if len(content) <= LARGE and max(image.size) <= 2 * SIDE:
            image.verify()
            return content, "png", image.size
        smaller = image.convert("RGB")
    smaller.thumbnail((SIDE, SIDE), reducing_gap=2.0)
    buffer = io.BytesIO()
    smaller.save(buffer, "JPEG", quality=85)
    return buffer.getvalue(), "jpeg", smaller.size
