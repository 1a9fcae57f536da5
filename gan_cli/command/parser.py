"""The argument parser: configs by name, dashes, flags that win, and errors of one to three lines."""

import re
from argparse import ArgumentError
from collections.abc import Iterable, Iterator, Sequence
from functools import reduce
from itertools import pairwise
from operator import or_
from pathlib import Path
from typing import Any, cast, get_args

from jsonargparse import ActionConfigFile, Namespace, get_loader, set_parsing_settings
from lightning.pytorch.cli import LightningArgumentParser

from gan_cli import home, plugins
from gan_cli.command import mistakes
from gan_cli.command.choices import Choices, chooses, name_after, resolved, written
from gan_cli.errors import UserError
from gan_cli.files import printable

NEGATIVE = re.compile(r"-\.?\d")
DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+")


class Parser(LightningArgumentParser):
    """LightningCLI's parser, which raises its errors and reads only what `choices` has allowed in a config.

    Attributes:
        modules: The modules that the user has named.
    """

    modules: tuple[str, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, "exit_on_error": False, **kwargs})

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("action") is ActionConfigFile:
            kwargs |= {"help": "A YAML file or a packaged config's name; several are merged"}
        return super().add_argument(*args, **kwargs)

    def parse_string(self, content: str, path: Any = "", *args: Any, **kwargs: Any) -> Namespace:
        settings = resolved(get_loader("yaml")(content), self.modules, str(path))
        found: Namespace = super().parse_string(written(settings), path, *args, **kwargs)
        return found


def parsed(
    parser: Parser, chosen: Choices, *, defaults: bool = True, options: Parser | None = None, required: bool = False
) -> Namespace:
    """The settings of a command line.

    Args:
        parser: The parser of the words.
        chosen: The words, with their modules, classes and configs.
        defaults: Whether what was not typed has its default, or is left out.
        options: The parser of the verb, where that is another one.
        required: Whether a variant and a data set must be chosen.

    Raises:
        UserError: If something is unknown, missing or not possible.
    """
    for word in chosen.words:
        if printable(word) != word:
            raise UserError(f"{printable(word)}: this name is no UTF-8; rename it, or type the folder above it")
    _import_nothing_else(chosen)
    for one in {parser, options or parser}:
        _whole_numbers_first(one)
    parser.modules = (options or parser).modules = chosen.modules
    try:
        found = cast(Namespace, _settled(parser.parse_args(chosen.words, defaults=defaults)))
    except ArgumentError as error:
        if options is not None:  # the verb itself is the first word
            chosen = chosen._replace(words=chosen.words[1:])
        raise UserError(mistakes.said(error, options or parser, chosen, required)) from error
    mistakes.check_ranges(options or parser, found if options is None else found[found.subcommand])
    return found


def _whole_numbers_first(parser: Parser) -> None:
    """Lets 8 be a whole number where a float is possible too: 1 and 1.0 are not the same to `limit_val_batches`.

    The first type of a union that takes a value has it, and their order is not that of the source: Python gives any
    equal union that was made before, by whatever library.
    """
    for action in parser._actions:
        kinds = get_args(getattr(action, "_typehint", None))
        if int in kinds and float in kinds[: kinds.index(int)]:
            action._typehint = reduce(or_, sorted(kinds, key=lambda kind: kind is float))  # type: ignore[attr-defined]


def _settled(settings: Any) -> Any:
    """The settings with `~` as the home folder, also in what a config says.

    Classes that take no arguments have an empty list of them, which the library leaves out.
    """
    if isinstance(settings, str):
        return home.expanded(settings)
    if isinstance(settings, Path):
        return settings.expanduser()
    if isinstance(settings, list | tuple):
        return type(settings)(map(_settled, settings))
    if isinstance(settings, dict):
        return {key: _settled(part) for key, part in settings.items()}
    if isinstance(settings, Namespace):
        vars(settings).update({key: _settled(part) for key, part in vars(settings).items()})
        if "class_path" in settings and "init_args" not in settings:
            settings.init_args = Namespace()
    return settings


def normalised(words: Sequence[str]) -> list[str]:
    """The command line in the order that the parser needs, whatever the order typed.

    Dashes in option names become underscores; values that begin with a minus are joined to their options, because a
    word such as -3..3 or -1e-3 would be taken for an option of its own. Configs come first, so that flags win, then
    the classes of model and data, so that their arguments may stand before them; the short names of fit become the
    whole ones.

    Raises:
        UserError: If no name follows `--model` or `--data`.
    """
    verb, *rest = words or [""]
    configs: list[str] = []
    classes: list[str] = []
    others: list[str] = []
    pending = iter(_joined(_underscored(word) for word in rest))
    for word in pending:
        option, equals, _ = word.partition("=")
        if option in ("--config", "-c"):
            configs += [word] if equals else [word, next(pending, "")]
        elif kind := chooses(option):
            classes += [word] if equals else [word, name_after(f"--{kind}", next(pending, ""))]
        elif verb == "fit" and option in _SHORT:
            others.append(word.replace(option, _SHORT[option], 1))
        else:
            others.append(word)
    return [verb, *configs, *classes, *others]


_SHORT = {"--ckpt": "--ckpt_path", "--monitor": "--evaluation.monitor"}


def _joined(words: Iterable[str]) -> list[str]:
    """The words, each value that begins with a minus and a digit joined to its option by an equals sign."""
    found: list[str] = []
    for word in words:
        if found and NEGATIVE.match(word) and found[-1].startswith("--") and "=" not in found[-1]:
            found[-1] = f"{found[-1]}={word}"
        else:
            found.append(word)
    return found


def _underscored(word: str) -> str:
    name, equals, value = word.partition("=")
    return name.replace("-", "_").replace("__", "--", 1) + equals + value if name.startswith("--") else word


def _import_nothing_else(chosen: Choices) -> None:
    """Keeps the library from importing a path that a file names, unless it is ours, Lightning's, torch's or typed.

    `choices` has looked at the configs already; this holds for whatever else is read, such as a file within a file.
    """
    classes = map(plugins.path_of, chosen.classes.values())
    typed = [path for path in _paths_for_trainer(chosen.words) if not path.startswith("jsonargparse")]
    allowed = [*plugins.TRUSTED, *chosen.modules, *classes, *typed]
    set_parsing_settings(import_path_denylist=["*"], import_path_allowlist=allowed)


def _paths_for_trainer(words: Sequence[str]) -> Iterator[str]:
    """Paths of classes that were typed for the trainer, such as a callback's: to type one is to trust it."""
    for option, following in pairwise([*words, ""]):
        if option.startswith("--trainer."):
            _, equals, value = option.partition("=")
            yield from DOTTED.findall(value if equals else following)
