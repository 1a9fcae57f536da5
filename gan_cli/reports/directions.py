"""The page of directions: a slider for each, several things moving with it."""

import shlex
from collections.abc import Iterator
from html import escape
from pathlib import Path

from gan_cli.errors import UserError
from gan_cli.files import write_text
from gan_cli.inference.directions.files import Directions, Method, usual_file
from gan_cli.inference.directions.finding import Found
from gan_cli.inference.directions.strips import frames, overview
from gan_cli.inference.numbers import as_typed
from gan_cli.media.pictures import save_png
from gan_cli.reports import grids
from gan_cli.reports.report import assembled, header

HOW: dict[Method, str] = {
    "sefa": "closed form, of the weights that read the latents (arXiv:2007.06600)",
    "pca": "principal components of styles (arXiv:2004.02546)",
    "learned": "planes between samples of known kinds (arXiv:1907.10786)",
}


def told(directions: Directions) -> str:
    """What is known of each direction, a line each."""
    head = f"{directions.method} in {_where(directions)}"
    width = max(map(len, directions.names))
    lines = [f"{name:>{width}}  {note}" for name, note in zip(directions.names, directions.notes, strict=True)]
    return "\n".join([head, *lines])


def write(found: Found, checkpoint: Path, output: Path | None) -> list[Path]:
    """Writes directions, their page and a picture of the first thing.

    Args:
        found: With its pictures.
        checkpoint: The model's.
        output: The directions' file; None is beside the run.

    Returns:
        What was written.

    Raises:
        OSError: If it cannot be written.
    """
    file = output or usual_file(checkpoint.parent / "pictures", found.directions.method)
    page, picture = file.with_suffix(".html"), file.with_suffix(".png")
    assert found.pictures is not None
    found.directions.save(file)
    save_png(overview(found.pictures, found.directions.names), picture)
    write_text(page, _page(found, checkpoint, file, picture))
    return [file, page, picture]


def output_of(typed: str | None) -> Path | None:
    """The file of directions that was typed.

    Raises:
        UserError: If its name does not end in .npz.
    """
    if typed is not None and Path(typed).suffix.lower() != ".npz":
        raise UserError(f"output: {typed} has no ending this verb writes; take a .npz")
    return Path(typed) if typed is not None else None


def _page(found: Found, checkpoint: Path, file: Path, picture: Path) -> str:
    directions = found.directions
    first, *_, last = (f"{strength:+.3g}" for strength in found.strengths)
    facts = {
        "method": directions.method,
        "how": HOW[directions.method],
        "space": _where(directions),
        "strengths": f"{first} to {last}",
    }
    sections = {
        "Sliders": f'<div class="pictures">{"".join(_sliders(found))}</div>',
        "Overview": grids.figure(
            picture, f"The first of these things from {first} to {last}, a row for each direction"
        ),
        "Edit": f"<pre>{escape(_command(found, checkpoint, file))}</pre>",
    }
    title = f"Directions of {checkpoint}"
    return assembled(f"{title} - gan directions", header(title, facts), sections, with_curves=False)


def _sliders(found: Found) -> Iterator[str]:
    """A slider for each direction, which starts in the middle."""
    assert found.pictures is not None
    texts = [f"at {strength:+.3g}" for strength in found.strengths]
    for name, note, strip in zip(found.directions.names, found.directions.notes, found.pictures, strict=True):
        shown = [grids.Position(text, frame) for text, frame in zip(texts, frames(strip), strict=True)]
        yield grids.slid(f"Direction {name}", f"Strength of direction {name}", shown, len(shown) // 2, note)


def _command(found: Found, checkpoint: Path, file: Path) -> str:
    """A command that goes on with the first direction."""
    words = {
        "ckpt": str(checkpoint),
        "seeds": "0-3",
        "directions": str(file),
        "direction": found.directions.names[0],
        "strength": f"{found.strengths[0]:g}..{found.strengths[-1]:g}",
    }
    return shlex.join(["gan", "edit", *(word for name, value in words.items() for word in (f"--{name}", value))])


def _where(directions: Directions) -> str:
    return f"w, layers {as_typed(directions.layers)}" if directions.space == "w" else directions.space
