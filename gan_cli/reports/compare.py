"""`gan compare`: runs side by side on one page."""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError
from gan_cli.files import write_text
from gan_cli.media import pages
from gan_cli.reports import curves, facts, grids, scores
from gan_cli.reports.report import assembled, curves_section
from gan_cli.reports.run_record import RunRecord, flat, read

FILE = "compare.html"
PLACES = ("trainer.default_root_dir", "ckpt_path")
"""Settings that say where a run lies, not how it was trained."""


def write(found: Sequence[tuple[Path, Path | None]], output: Path) -> None:
    """Writes the page of several runs.

    Args:
        found: Their folders, each with the checkpoint meant.
        output: The file to write.

    Raises:
        UserError: If there are fewer than two, or one is named twice.
        OSError: If it cannot be written.
    """
    folders = [folder.resolve() for folder, _ in found]
    if len(folders) < 2:
        raise UserError("compare: name two runs or more, such as gan compare RUN RUN; `gan list` shows them")
    if twice := next((folder for folder, _ in found if folders.count(folder.resolve()) > 1), None):
        raise UserError(f"compare: {twice} is named twice; name different runs")
    text = page([read(folder, checkpoint) for folder, checkpoint in found])
    write_text(output, text)


def page(runs: Sequence[RunRecord]) -> str:
    """The page of runs as HTML."""
    named = dict(zip(_names(runs), runs, strict=True))
    charts = curves.charts_of_runs({name: run.series for name, run in named.items()})
    pictures = [
        grids.figure(run.grids[-1][1], f"{name}, step {run.grids[-1][0]:,}") if run.grids else _without(name)
        for name, run in named.items()
    ]
    sections = {
        "Curves": curves_section(charts, list(named)),
        "Final grids": f'<div class="pictures">{"".join(pictures)}</div>',
        "Scores": scores.compared({name: run.scores for name, run in named.items()}),
        "Settings that differ": _differences(named),
        "Runs": _runs(named),
    }
    problems = "".join(f'<p class="note">{escape(name)}: {escape(problem)}</p>' for name, problem in _problems(named))
    top = f"<header><h1>{escape(' | '.join(named))}</h1>{problems}</header>"
    return assembled(f"{len(named)} runs - gan compare", top, sections, with_curves=bool(charts))


def _names(runs: Sequence[RunRecord]) -> list[str]:
    """Short names, or the whole folders where those are not different."""
    short = [run.name for run in runs]
    return short if len(set(short)) == len(short) else [str(run.folder.resolve()) for run in runs]


def _problems(named: dict[str, RunRecord]) -> list[tuple[str, str]]:
    return [(name, problem) for name, run in named.items() for problem in run.problems]


def _differences(named: dict[str, RunRecord]) -> str:
    settings = {name: flat(run.config) for name, run in named.items() if run.config}
    if len(settings) < 2:
        return '<p class="note">Fewer than two runs have a config.yaml that can be read.</p>'
    keys = dict.fromkeys(key for told in settings.values() for key in told if key not in PLACES)
    rows = [[key, *(_shown(told, key) for told in settings.values())] for key in keys]
    different = [row for row in rows if len(set(row[1:])) > 1]
    if not different:
        return '<p class="note">None: the runs have the same settings.</p>'
    return pages.table(different, ("setting", *settings))


def _shown(told: dict[str, Any], key: str) -> str:
    return str(told[key]) if key in told else "-"


def _runs(named: dict[str, RunRecord]) -> str:
    told = {name: facts.headline(run) for name, run in named.items()}
    head = list(dict.fromkeys(key for facts_of_run in told.values() for key in facts_of_run))
    return pages.table([[name, *(known.get(key, "-") for key in head)] for name, known in told.items()], ("run", *head))


def _without(name: str) -> str:
    return f"<figure><figcaption>{escape(name)} has made no grids.</figcaption></figure>"
