"""`gan data check` and `gan data prepare`: a look at a data set, and its cache on disk, before anything is trained."""

from collections.abc import Sequence
from pathlib import Path

from jsonargparse import ArgumentParser

from gan_cli.errors import UserError, nearest
from gan_cli.verbs import options

SUMMARY = "check NAME-or-folder: what is there and what is wrong with it; prepare: decode it into a cache"


def add_options(parser: ArgumentParser) -> None:
    """Adds the options of the verb."""
    parser.add_argument(
        "action",
        type=str,
        metavar="check|prepare",
        help="check looks at every file: counts, sizes, colours, duplicates, what cannot be read or looks wrong, the "
        "room it takes, and a contact sheet of what a network will see; prepare decodes it into a cache on disk, which "
        "gan fit takes with --data.cache disk, and goes on where it was broken off",
    )
    parser.add_argument(
        "target",
        type=str,
        metavar="NAME-or-folder",
        help="A data set, or a folder or .zip, whose layout is recognised; gan list data shows the sets",
    )
    options.output(parser, "The contact sheet, a .png; default: here")
    options.module(parser)
    options.data_set(parser, named=False)
    parser.epilog = "Exit code 0: nothing is wrong, 1: there are findings."


def run(words: Sequence[str]) -> None:
    """Checks a data set, or prepares it.

    Raises:
        UserError: If something asked for cannot be done.
        RunFailed: If the check has findings.
    """
    action, target, *rest = [*words, "", ""]
    if action not in ("check", "prepare") or not target or target.startswith("-"):
        raise UserError("data: type gan data check NAME-or-folder, or gan data prepare NAME-or-folder")
    from gan_cli.command import checking

    chosen = _chosen(target, rest)
    asked = options.parsed("data", add_options, [action, target, *chosen, *(word for word in rest if word)]).all
    (checking.check if action == "check" else checking.prepare)(asked)


def _chosen(target: str, rest: Sequence[str]) -> list[str]:
    """The words that choose a set by its name, or by its folder."""
    from gan_cli.command.checking import guessed
    from gan_cli.command.choices import is_name, known, named_modules
    from gan_cli.data import archives

    _, modules = named_modules(rest)
    if is_name("data", target, modules):
        return ["--data", target]
    path = Path(target)
    if not path.is_dir() and not archives.is_archive(path):
        hint = nearest(target, known("data", modules))
        raise UserError(f"data: {target} is no folder, no .zip and no data set{hint}")
    return ["--data", guessed(path), "--data.root", target]
