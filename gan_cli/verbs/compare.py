"""`gan compare`: runs side by side on one page, read from their folders alone."""

from collections.abc import Sequence

from jsonargparse import ArgumentParser

from gan_cli.verbs import options

SUMMARY = "One page of several runs, side by side"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument("runs", type=str, nargs="+", metavar="run", help="Two or more, each as for gan report")
    options.output(parser, "The page; default: compare.html here")


def run(words: Sequence[str]) -> None:
    """Writes the page.

    Raises:
        UserError: If a run is not there, or the page cannot be written.
    """
    asked = options.light("compare", add_options, words)
    from pathlib import Path

    from gan_cli.reports import compare, run_record

    place = options.page(asked.output) or Path(compare.FILE)
    with options.writing_a_page():
        compare.write([run_record.find(name) for name in asked.runs], place)
    print(f"written: {place}")
