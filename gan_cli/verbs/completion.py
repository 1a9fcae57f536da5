"""`gan --print_completion SHELL`: a script by which a shell completes verbs, options, configs, variants and runs.

The script knows all words from the moment it was made; only the runs are looked up at the prompt, by the shell itself,
so that nothing of Python is started there.
"""

import argparse
from collections.abc import Iterable, Iterator
from typing import Any, Literal, get_args, get_origin

from gan_cli import verbs
from gan_cli.command import catalogue
from gan_cli.errors import UserError
from gan_cli.verbs.options import light_parser

SHELLS = ("bash", "zsh", "fish")
OPTION = "--print_completion"
RUNS = {"bash": "_gan_runs", "zsh": "_gan_runs", "fish": "(_gan_runs)"}
"""What a shell calls for the checkpoints of runs, and other files."""
GOING_ON = {"bash": "_gan_last_or_runs", "zsh": "_gan_last_or_runs", "fish": "last (_gan_runs)"}
"""The same where `last` is the newest of the runs that fit."""
CONFIGS = {"bash": "_gan_configs", "zsh": "_gan_configs", "fish": "(_gan_configs)"}
OF_RUNS = {"ckpt", "init", "other", "run", "runs"}
"""Arguments that name a checkpoint or a run."""
FOLDERS = {"DIR", "PLACE", "ROOT"}
PLACES = (".root", "_dir")
FILES = {"FILE", "PATH", "FILE|FOLDER", "CKPT"}
"""Placeholders of arguments that name a folder, how names of such end, and placeholders of those that name a file."""

FUNCTIONS = {
    "bash": """
_gan_runs() {{  # any part of a run's name will do
  compgen -G "checkpoints/*/version_*/last.ckpt" | grep -F -- "$1"
  compgen -f -- "$1"
}}
_gan_last_or_runs() {{
  compgen -W "last" -- "$1"
  _gan_runs "$1"
}}
_gan_configs() {{
  compgen -W "{configs}" -- "$1"
  compgen -f -X '!*.yaml' -- "$1"
  compgen -d -S / -- "$1"
}}
""",
    "zsh": """
_gan_runs() {{
  local -a found
  found=(checkpoints/*/version_*/last.ckpt(N))
  compadd -- $found
  _files
}}
_gan_last_or_runs() {{
  compadd -- last
  _gan_runs
}}
_gan_configs() {{
  compadd -- {configs}
  _files -g '*.yaml'
}}
""",
    "fish": """
function _gan_runs
  for found in checkpoints/*/version_*/last.ckpt
    echo $found
  end
  __fish_complete_path (commandline -ct)
end
function _gan_configs
  printf '%s\\n' {configs}
  __fish_complete_suffix .yaml
end
""",
}
"""The functions of the script that each shell is given; runs are named from the folder that the prompt is in."""


def script(shell: str) -> str:
    """The script for a shell.

    Args:
        shell: One of `SHELLS`.

    Raises:
        UserError: If the shell is not known, or shtab is not installed.
    """
    if shell not in SHELLS:
        raise UserError(f"print_completion: {shell or 'no shell'} is not known; take {', '.join(SHELLS)}")
    try:
        import shtab
    except ImportError as error:
        raise UserError("print_completion: shtab is not installed: pip install 'gan-cli[completion]'") from error
    configs = " ".join(path.name for path in catalogue.config_files())
    if not hasattr(shtab, "SUPPORTED_SHELLS") or shell not in shtab.SUPPORTED_SHELLS:
        raise UserError(f"print_completion: this shtab does not know {shell}; a newer one does: pip install -U shtab")
    made: str = shtab.complete(_parser(shtab), shell, preamble=FUNCTIONS[shell].format(configs=configs))
    return made


def _parser(shtab: Any) -> argparse.ArgumentParser:
    """All verbs with all of their options, as a parser of Python's own."""
    whole = argparse.ArgumentParser(prog="gan")
    whole.add_argument("--version", action="store_true", help="The version")
    below = whole.add_subparsers()
    for name in verbs.VERBS:
        chosen = verbs.verb(name)
        part = below.add_parser(name, help=chosen.SUMMARY, description=chosen.SUMMARY)
        taken = light_parser(name, "", chosen.add_options)._actions if chosen.add_options is not None else []
        further = _of_fit() if name in ("fit", "sweep") else []
        for action in [*taken, *further]:
            _add(part, action, shtab)
    return whole


def _of_fit() -> Iterator[argparse.Action]:
    """The options of `gan fit`, and the arguments of all variants and sets."""
    from gan_cli import plugins
    from gan_cli.command.choices import BASES
    from gan_cli.command.cli import GANCLI

    class Parsers(GANCLI):
        """The command as far as its parsers."""

        def parse_arguments(self, parser: Any, args: Any) -> None:
            self.taken = self._subcommand_parsers["fit"]._actions
            raise _Known

    class _Known(Exception):
        pass

    made = Parsers.__new__(Parsers)
    try:
        made.__init__(["fit"])  # type: ignore[misc]
    except _Known:
        yield from made.taken
    for kind, base in BASES.items():
        names = (name for one in plugins.classes(base) for name in plugins.defaults(one))
        for name in dict.fromkeys(names):
            yield argparse.Action([f"--{kind}.{name}"], f"{kind}.{name}", help=f"{kind}: {name}")
    yield argparse.Action(["--ckpt"], "ckpt_path", help="Run to go on with, or last")


def _add(parser: argparse.ArgumentParser, action: argparse.Action, shtab: Any) -> None:
    """Adds an option, with what completes its value; one that is there already is left."""
    if isinstance(action, argparse._HelpAction) or set(action.option_strings) & set(parser._option_string_actions):
        return
    options: dict[str, Any] = {"help": _plain(action), "metavar": action.metavar}
    is_switch = action.nargs == 0 or "YesNo" in type(action).__name__
    names = [name for name in action.option_strings if not name.startswith("--print") and not name.endswith("+")]
    if not names and action.option_strings:
        return
    if is_switch and names:
        parser.add_argument(*names, action="store_true", help=options["help"])
        return
    if not names or action.nargs in ("+", "*"):
        options |= {"nargs": action.nargs}
    if choices := _choices(action):
        options |= {"choices": choices, "metavar": None}
    added = parser.add_argument(*(names or [action.dest]), **options)
    if (completer := _completer(action, shtab)) is not None:
        added.complete = completer  # type: ignore[attr-defined]


def _completer(action: argparse.Action, shtab: Any) -> Any:
    if action.dest == "ckpt_path":
        return GOING_ON
    if action.dest in OF_RUNS:
        return RUNS
    if action.dest == "config":
        return CONFIGS
    if action.metavar in FOLDERS or action.dest.endswith(PLACES):
        return shtab.DIRECTORY
    return shtab.FILE if action.metavar in FILES else None


def _choices(action: argparse.Action) -> list[str]:
    """The values that an option can have, where they can be listed."""
    if action.option_strings in (["--model"], ["--data"]) or action.dest in ("model", "data"):
        return list(catalogue.variants() if action.dest == "model" else catalogue.data_sets())
    if action.dest in ("model.help", "data.help"):
        return list(catalogue.variants() if action.dest == "model.help" else catalogue.data_sets())
    if action.choices is not None:
        return [str(choice) for choice in action.choices]
    return list(dict.fromkeys(_listed(getattr(action, "_typehint", None))))


def _listed(kind: Any) -> Iterable[str]:
    if kind is bool:
        return ["true", "false"]
    if get_origin(kind) is Literal:
        return [str(value) for value in get_args(kind)]
    return []


def _plain(action: argparse.Action) -> str:
    """An option's text in one line, without what argparse would fill in."""
    text = " ".join(str(action.help or action.dest).split())
    if text == argparse.SUPPRESS:
        text = action.dest
    return text.replace("%(default)s", "").replace("%", "%%")
