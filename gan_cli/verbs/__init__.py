"""The verbs, one file each: a line on what it does (`SUMMARY`), its options (`add_options`), and `run`."""

from collections.abc import Sequence
from importlib import import_module
from typing import Protocol, cast

from gan_cli import home
from gan_cli.errors import UserError, nearest
from gan_cli.verbs.options import AddOptions, light_parser

VERBS = (
    "fit",
    "sweep",
    "validate",
    "test",
    "sample",
    "interpolate",
    "arithmetic",
    "mix",
    "blend",
    "project",
    "directions",
    "edit",
    "neighbours",
    "probe",
    "translate",
    "predict",
    "describe",
    "classify",
    "animate",
    "detect",
    "reconstruct",
    "augment",
    "share",
    "report",
    "compare",
    "evaluate",
    "serve",
    "data",
    "import",
    "export",
    "list",
)
"""The verbs in the order of the help; each is the name of a file in this folder."""

NEEDS_WORDS = ("data", "evaluate", "import", "sweep")
"""Verbs that show their help if nothing else is typed."""


class Verb(Protocol):
    """The content of a verb's file, which imports no torch.

    Attributes:
        SUMMARY: What it does, in a line.
        add_options: Adds its options to a parser; None where LightningCLI does.
    """

    SUMMARY: str
    add_options: AddOptions | None

    def run(self, words: Sequence[str]) -> None:
        """Runs the verb with the words that follow it."""


def verb(name: str) -> Verb:
    """The file of a verb.

    Raises:
        UserError: If there is none.
    """
    if name not in VERBS:
        raise UserError(f"{name} is no verb{nearest(name, VERBS)}\ngan --help shows them all")
    return cast(Verb, import_module(f"{__name__}.{name}"))


def run(words: Sequence[str]) -> None:
    """Runs a command line, such as `run(["sample", "--num", "4"])`, or shows the help of its verb.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the run went wrong, or was interrupted.
    """
    from gan_cli.command.running import short_errors

    home.settle()
    name, *rest = map(home.expanded, words)
    chosen = verb(name)
    asks = not {"--help", "-h"}.isdisjoint(rest) or (not rest and name in NEEDS_WORDS)
    if asks and chosen.add_options is not None:
        light_parser(name, chosen.SUMMARY, chosen.add_options).print_help()
        return
    with short_errors(name):
        chosen.run(rest)
