"""`gan report`: one run as one page."""

from collections.abc import Mapping, Sequence
from html import escape
from importlib.resources import files
from pathlib import Path

from gan_cli.files import write_text
from gan_cli.media import pages
from gan_cli.reports import curves, facts, grids, scores
from gan_cli.reports.run_record import RunRecord, read

FILE = "report.html"
PICTURES = {
    "sample": "Samples",
    "interpolate": "Interpolation",
    "neighbours": "Nearest of the training set",
    "arithmetic": "Latent arithmetic",
    "mix": "Mixed styles",
    "directions": "Directions",
    "edit": "Moved along a direction",
}
"""Titles of the pictures that each verb makes of a run."""
MADE = ("sample", "interpolate", "neighbours")
"""The verbs that `gan report` runs if there is no picture of theirs."""
NEWEST = 4
"""At most this many pictures of each verb are shown."""
QUICK = 12
"""Slider positions in the page that ends a run; reducing the largest grids for so many takes two seconds."""


def write(
    folder: Path,
    output: Path,
    checkpoint: Path | None = None,
    missing: Mapping[str, str] | None = None,
    positions: int = grids.GRIDS,
) -> None:
    """Writes the page of a run.

    Args:
        folder: The run's folder.
        output: The file to write.
        checkpoint: The checkpoint that commands and pictures are about.
        missing: Verbs of `MADE` whose picture could not be made, with the reason.
        positions: The slider has at most so many.

    Raises:
        OSError: If it cannot be written.
    """
    text = page(read(folder, checkpoint), missing or {}, positions)
    write_text(output, text)


def page(run: RunRecord, missing: Mapping[str, str], positions: int = grids.GRIDS) -> str:
    """The page of a run as HTML; a line takes the place of what the run does not have."""
    sections = {
        "Curves": curves_section(curves.charts_of_run(run.series)),
        "Samples over time": _samples(run, positions),
        "Pictures": _pictures(run, missing),
        "Scores": scores.section(run.scores, facts.command(run, "test")),
        "Machine": _machine(run),
        "Reproduce": f"<pre>{escape(chr(10).join(facts.commands(run)))}</pre>",
        "Configuration": _configuration(run),
    }
    problems = "".join(_line(problem) for problem in run.problems)
    top = header(run.name, facts.headline(run), problems)
    return assembled(f"{run.name} - gan report", top, sections, with_curves=bool(run.series))


def curves_section(charts: Sequence[tuple[str, list[curves.Curve]]], colours: Sequence[str] = ()) -> str:
    """The curves, or a line where nothing has been logged."""
    return curves.drawn(charts, colours) if charts else _line("No curves: nothing has been logged yet.")


def header(title: str, told: Mapping[str, str], below: str = "") -> str:
    """The head of a page: its title, a card for each fact, and HTML below them."""
    cards = "".join(f"<div><dt>{escape(name)}</dt><dd>{escape(text)}</dd></div>" for name, text in told.items())
    return f'<header><h1>{escape(title)}</h1><dl class="facts">{cards}</dl>{below}</header>'


def assembled(title: str, top: str, sections: Mapping[str, str], with_curves: bool) -> str:
    """A page with a bar of links to its sections.

    Args:
        title: Plain text.
        top: HTML above the bar.
        sections: HTML by the sections' headings.
        with_curves: Whether there are curves to draw, which takes plotly.
    """
    names = {heading: heading.lower().replace(" ", "-") for heading in sections}
    links = "".join(f'<a href="#{name}">{heading}</a>' for heading, name in names.items())
    parts = "".join(
        f'<section aria-labelledby="{names[heading]}"><h2 id="{names[heading]}">{heading}</h2>{part}</section>'
        for heading, part in sections.items()
    )
    scripts = grids.SLIDER + (curves.script() if with_curves else "")
    style = files("gan_cli.reports").joinpath("report.css").read_text(encoding="utf-8")
    return pages.page(title, f'{top}<nav aria-label="Sections">{links}</nav><main>{parts}</main>{scripts}', style)


def wanted_pictures(run: RunRecord) -> list[str]:
    """The verbs that can show something of the run that its grids do not."""
    unwanted = {"interpolate"} if run.translates else set()
    if run.grids or run.translates:
        unwanted.add("sample")
    return [verb for verb in MADE if verb not in unwanted]


def pictures_of(run: RunRecord, verb: str) -> list[Path]:
    """The newest pictures that a verb has made of the run, at most `NEWEST`, none older than its checkpoint."""
    saved = run.checkpoint.stat().st_mtime if run.checkpoint else 0.0
    times = {path: path.stat().st_mtime for path in run.pictures if path.name.startswith(verb)}
    newest = sorted((path for path in times if times[path] >= saved), key=times.__getitem__)[-NEWEST:]
    return sorted(newest)


def _samples(run: RunRecord, positions: int) -> str:
    if not run.grids:
        return _line("No grids: the run has made none yet.")
    step, path = run.grids[-1]
    final = grids.figure(path, f"The final grid, of step {step:,}")
    playing = "".join(grids.film(path, f"The samples of step {step:,}, playing") for step, path in run.films[-1:])
    return f'<div class="pictures">{grids.slider(run.grids, positions)}{final}{playing}</div>'


def _pictures(run: RunRecord, missing: Mapping[str, str]) -> str:
    shown: list[str] = []
    left_out: list[str] = []
    for verb in [*wanted_pictures(run), *(verb for verb in PICTURES if verb not in MADE)]:
        made = pictures_of(run, verb)
        shown += [grids.figure(path, f"{PICTURES[verb]}: {path.name}") for path in made]
        if not made and verb in MADE:
            reason = missing.get(verb) or f"gan report {run.folder} makes what the checkpoint allows"
            left_out.append(_line(f"No picture by gan {verb}: {reason}"))
    if run.translates:
        left_out.append(_line(f"No interpolation: {run.variant} makes images from images."))
    return f'<div class="pictures">{"".join(shown)}</div>{"".join(left_out)}'


def _machine(run: RunRecord) -> str:
    if not run.sessions:
        return _line("Not recorded: the run is older than environment.json, has not begun to train, or was shared.")
    return pages.table(facts.sessions(run), facts.SESSION_HEAD)


def _configuration(run: RunRecord) -> str:
    if not run.config:
        return _line("No configuration: the run has no config.yaml that can be read.")
    file = run.settings_file
    text = file.read_text(encoding="utf-8")
    return f"<details><summary>{file.name}, all of it</summary><pre>{escape(text)}</pre></details>"


def _line(text: str) -> str:
    return f'<p class="note">{escape(text)}</p>'
