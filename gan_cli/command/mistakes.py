"""Finds what is wrong with a command line that the parser has refused, by comparing it with what is possible."""

import inspect
from argparse import Action, ArgumentError
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import NoneType
from typing import Any, NamedTuple, get_args

import yaml
from jsonargparse import ArgumentParser, Namespace, get_loader

from gan_cli import plugins
from gan_cli.command.choices import BASES, Choices, Config, untrusted
from gan_cli.errors import nearest
from gan_cli.ranges import LONGEST, READABLE, check_one, readable, shown


class Known(NamedTuple):
    """What a command line may contain.

    Attributes:
        options: The parser's options by their names without dashes.
        arguments: The arguments of the chosen classes in the same way, by "model" and "data".
        kinds: Which of these two the parser takes.
        positions: How many words without a name it takes.
        nearby: Names to suggest.
    """

    options: dict[str, Action]
    arguments: dict[str, dict[str, Action]]
    kinds: list[str]
    positions: int
    nearby: set[str]


def said(error: ArgumentError, parser: ArgumentParser, chosen: Choices, required: bool) -> str:
    """One to three lines about what is wrong.

    Args:
        error: The library's own; its words are used if nothing here knows better, for example about a missing value.
        parser: The parser that has the options.
        chosen: The command line.
        required: Whether a variant and a data set must be chosen.
    """
    known = _known(parser, chosen)
    for config in chosen.configs:
        for mistake in _in_settings(config, config.content, known, chosen):
            return mistake
    for mistake in _in_words(chosen.words, known):
        return mistake
    if required and (missing := sorted(set(BASES) - set(chosen.classes))):
        return f"the following arguments are required: {', '.join(missing)}"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{' '.join(lines)[: 3 * LONGEST]}\ngan VERB --help shows what is possible"


def check_ranges(parser: ArgumentParser, settings: Namespace) -> None:
    """Holds numbers to the ranges of their options; those of a class and of the trainer are when these are made.

    Raises:
        UserError: If one lies outside.
    """
    for name, action in _options(parser).items():
        if not name.startswith("trainer.") and (value := settings.get(name)) is not None:
            check_one(name, _type(action), value)


def _known(parser: ArgumentParser, chosen: Choices) -> Known:
    options = _options(parser)
    kinds = [kind for kind in BASES if kind in options]
    arguments = {kind: _arguments(chosen.classes[kind]) for kind in kinds if kind in chosen.classes}
    families = [one for kind in kinds for one in plugins.classes(BASES[kind], chosen.modules)]
    nearby = {name.rpartition(".")[2] for name in options}
    positions = sum(not action.option_strings for action in parser._actions)
    return Known(options, arguments, kinds, positions, nearby | {name for one in families for name in _parameters(one)})


def _options(parser: ArgumentParser) -> dict[str, Action]:
    return {
        option.removeprefix("--"): action
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and not option.endswith(".help")
    }


def _arguments(kind: type) -> dict[str, Action]:
    """The library's options for the arguments of a class, including those that are only passed on."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, "of", fail_untyped=False)
    return {name.removeprefix("of."): action for name, action in _options(parser).items() if name.startswith("of.")}


def _type(action: Action | None) -> Any:
    """The type of an option; jsonargparse has no public name for it, and without it values are not explained."""
    return getattr(action, "_typehint", None) or (action.type if action and action.nargs != 0 else None)


def _parameters(kind: type) -> set[str]:
    """The names of arguments of a class and of those above it, to which it may pass some on."""
    return {name for above in kind.__mro__ for name in inspect.signature(above).parameters}


def _in_words(words: Sequence[str], known: Known) -> Iterator[str]:
    pending = deque(words)
    left_over: list[str] = []
    doubtful: list[str] = []  # names that may be arguments of a class given to the trainer
    while pending:
        word = pending.popleft()
        if not word.startswith("--"):
            left_over.append(word)
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        kind, _, argument = name.partition(".")
        if kind in known.kinds and argument and kind not in known.arguments and argument not in ("help", "class_path"):
            yield f"{name}: of which? --{kind} NAME is missing; gan list shows them all"
        within = kind in known.arguments and bool(argument)
        options = known.arguments[kind] if within else known.options
        short = (argument.removeprefix("init_args.") if within else name).removesuffix("+")
        nargs = options[short].nargs if short in options else None
        values = [value] if equals else []
        most = nargs if isinstance(nargs, int) else 1 if nargs in (None, "?") else len(words)
        while not equals and pending and len(values) < most and not pending[0].startswith("--"):
            values.append(pending.popleft())
        if short in options and not values and nargs in (None, "+"):
            yield f"argument --{name}: expected {'at least ' if nargs else ''}one argument"
        part = f"{kind}." if within else ""
        yield from _one(short, values[0] if values else None, options, known, part)
        if short not in options:
            doubtful.append(name)
    if extra := left_over[known.positions :]:
        yield f"unrecognized arguments: {' '.join(extra)}"
    for name in doubtful:
        yield f"{name}: this is not possible here; type the class first, such as --{name.rpartition('.')[0]} PATH"


def _in_settings(
    config: Config, settings: Mapping[str, Any], known: Known, chosen: Choices, within: str = ""
) -> Iterator[str]:
    for key, value in settings.items():
        name = f"{within}{key}"
        if name in known.kinds:
            given = value.get("init_args") if isinstance(value, dict) else None
            if given and name not in known.arguments:
                yield f"{name}: of which? class_path: NAME is missing in {config.path}; gan list shows them all"
            for argument, one in (given or {}).items() if name in known.arguments else ():
                mistakes = _one(str(argument), one, known.arguments[name], known, f"{name}.")
                yield from _standing(mistakes, config)
        elif isinstance(value, dict) and any(option.startswith(f"{name}.") for option in known.options):
            yield from _in_settings(config, value, known, chosen, f"{name}.")
        elif wanted := _wants_import(config, name, value, known, chosen):
            yield wanted
        else:
            yield from _standing(_one(name, value, known.options, known), config)


def _standing(mistakes: Iterator[str], config: Config) -> Iterator[str]:
    return (f"{mistake.replace(chr(10), ' ')}\nThis stands in {config.path}" for mistake in mistakes)


def _one(name: str, value: Any, options: Mapping[str, Action], known: Known, part: str = "") -> Iterator[str]:
    """What is wrong with an argument and its value; None is no value. `part` is what it is typed behind."""
    if name in options:
        type_ = _type(options[name])
        if value is not None and type_ is not None and not _is_possible(type_, value):
            yield f"{part}{name}: {shown(value)} is not possible; take {readable(type_)}"
    elif not any(name.startswith(f"{above}.") for above, action in options.items() if _type(action) is not None):
        last = name.rpartition(".")[2]
        here = {option.rpartition(".")[2] for option in options}
        hint = nearest(last, here) or nearest(last, known.nearby - {last} if options is known.options else ())
        yield f"{part}{name} is no argument here{hint}"


def _is_possible(type_: Any, value: Any) -> bool:
    """Whether the library takes a value for a type: it is asked about this type alone, so that no other is meant."""
    if any(map(_is_class, (type_, *get_args(type_)))) and "." in str(value):
        return True  # the path of a class, which alone may lack arguments
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=type_, sub_configs=True)
    try:
        parser.parse_args([f"--value={value}"]) if isinstance(value, str) else parser.parse_object({"value": value})
    except ArgumentError:
        return False
    return True


def _wants_import(config: Config, name: str, value: Any, known: Known, chosen: Choices) -> str | None:
    """What to say about a class path, or a file with one, that stands in a config where a class belongs."""
    type_ = _type(known.options.get(name))
    if not isinstance(value, str) or not any(map(_is_class, (type_, *get_args(type_)))):
        return None
    file = config.path.parent / Path(value).expanduser()
    if not file.is_file():
        return untrusted({"class_path": value}, name, chosen.modules, str(config.path))
    with suppress(yaml.YAMLError, OSError, UnicodeDecodeError):
        return untrusted(get_loader("yaml")(file.read_text("utf-8")), name, chosen.modules, str(file))
    return None


def _is_class(type_: Any) -> bool:
    return inspect.isclass(type_) and type_ not in READABLE and type_ is not NoneType
