"""`gan report`: a run as one page; torch is needed only to make the pictures that are missing."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from gan_cli import plugins
from gan_cli.errors import RunFailed, UserError, first_line
from gan_cli.verbs import options

SUMMARY = "One page of a run that opens offline: curves, pictures, scores, settings"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument(
        "run",
        type=str | None,
        nargs="?",
        help="A run's folder, a checkpoint in it, a shared folder, or hub:user/name; without it the newest run",
    )
    options.output(parser, "The page; default: report.html in the run")
    options.yes_no(parser, "--pictures", True, "Make the pictures that are missing, by the verbs for them")
    options.module(parser)


def run(words: Sequence[str]) -> None:
    """Makes the pictures that are missing, and writes the page.

    Raises:
        UserError: If the run is not there, or the page cannot be written.
    """
    asked = options.light("report", add_options, words)
    from gan_cli.reports import report, run_record

    output = options.page(asked.output)
    with options.writing_a_page():
        folder, checkpoint = run_record.find(asked.run)
        place = output or folder / report.FILE
        missing = _make_pictures(folder, checkpoint, asked.module) if asked.pictures and checkpoint else {}
        report.write(folder, place, checkpoint, missing)
    print(f"written: {place}")


def _make_pictures(folder: Path, checkpoint: Path, modules: Sequence[str]) -> dict[str, str]:
    """Runs the verbs whose pictures are missing; returns the reasons of those that fail."""
    from gan_cli.reports import report, run_record
    from gan_cli.verbs import run as run_verb

    record = run_record.read(folder, checkpoint)
    missing = {}
    lacking = [verb for verb in report.wanted_pictures(record) if not report.pictures_of(record, verb)]
    if lacking:
        plugins.imported(modules, here=True)
    for verb in lacking:
        print(f"making: gan {verb}", flush=True)
        try:
            run_verb([verb, "--ckpt", str(checkpoint), *(word for name in modules for word in ("--module", name))])
        except (UserError, RunFailed) as error:
            missing[verb] = first_line(error)
    return missing
