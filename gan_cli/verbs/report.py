"""`gan report` and `gan compare`: pages of runs; torch is needed only to make the pictures that are missing."""

from argparse import ArgumentError
from collections.abc import Sequence
from pathlib import Path

from jsonargparse import Namespace

from gan_cli.command import options as verbs
from gan_cli.errors import RunFailed, UserError
from gan_cli.reports import compare, report, run_record


def run(verb: str, words: Sequence[str]) -> None:
    """Runs `report` or `compare` with what follows them.

    Raises:
        UserError: If a run is not there, or the page cannot be written.
    """
    try:
        options = verbs.plain_parser(verb).parse_args(list(words))
    except ArgumentError as error:
        reason = str(error).splitlines()[0]
        raise UserError(f"{verb}: {reason}\ngan {verb} --help shows what it takes") from error
    output = _output(options.output)
    try:
        place = _report(options, output) if verb == "report" else _compare(options, output)
    except OSError as error:
        raise UserError(f"output: {error.filename} cannot be used ({error.strerror}); name another --output") from error
    print(f"written: {place}")


def _output(typed: str | None) -> Path | None:
    if typed is not None and Path(typed).suffix.lower() not in (".html", ".htm"):
        raise UserError(f"output: {typed} is no page; take a name that ends in .html")
    return Path(typed) if typed is not None else None


def _report(options: Namespace, output: Path | None) -> Path:
    folder, checkpoint = run_record.find(options.run)
    place = output or folder / report.FILE
    missing = _make_pictures(folder, checkpoint, options.module) if options.pictures and checkpoint else {}
    report.write(folder, place, checkpoint, missing)
    return place


def _compare(options: Namespace, output: Path | None) -> Path:
    place = output or Path(compare.FILE)
    compare.write([run_record.find(name) for name in options.runs], place)
    return place


def _make_pictures(folder: Path, checkpoint: Path, module: str | None) -> dict[str, str]:
    """Has the verbs make what there is no picture of; gives the reasons of those that cannot."""
    record = run_record.read(folder, checkpoint)
    missing = {}
    for verb in report.wanted_pictures(record):
        if report.pictures_of(record, verb):
            continue
        from gan_cli.command.cli import run as run_verb

        print(f"making: gan {verb}", flush=True)
        try:
            run_verb([verb, "--ckpt", str(checkpoint), *(["--module", module] if module else [])])
        except (UserError, RunFailed) as error:
            missing[verb] = str(error).splitlines()[0]
    return missing
