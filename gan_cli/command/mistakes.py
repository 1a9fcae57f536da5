"""What is wrong with a command line that the parser has refused, found by comparing it with what there is."""

import inspect
from argparse import Action, ArgumentError
from collections.abc import Iterator, Mapping
from contextlib import suppress
from types import NoneType, UnionType
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin

import yaml
from jsonargparse import ArgumentParser, get_loader
from jsonargparse.typing import NonNegativeInt, PositiveInt

from gan_cli import plugins
from gan_cli.command.choices import BASES, Choices, Config, untrusted
from gan_cli.errors import nearest

LONGEST = 100
"""Characters of a refused value that are shown."""

READABLE: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    tuple: "a list such as [A,B]",
    PositiveInt: "a whole number from 1",
    NonNegativeInt: "a whole number from 0",
}


class Known(NamedTuple):
    """What a command line may say.

    Attributes:
        options: The type of each option of the parser, None where it has none, by its name without dashes.
        arguments: The same of the arguments of the chosen classes, by "model" and "data".
        kinds: Which of these two the parser takes.
        nearby: Names to suggest.
    """

    options: dict[str, Any]
    arguments: dict[str, dict[str, Any]]
    kinds: list[str]
    nearby: set[str]


def said(error: ArgumentError, parser: ArgumentParser, chosen: Choices, required: bool) -> str:
    """One to three lines about what is wrong.

    Args:
        error: The library's own; its words are taken where nothing here knows better, such as of a missing value.
        parser: What has the options.
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


def readable(kind: Any) -> str:
    """A type as a person says it: `float` is "a number", `Literal["a", "b"]` is "a, b"."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(map(str, parts))
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(readable(part) for part in parts if part is not NoneType))
    if (origin or kind) in READABLE:
        return READABLE[origin or kind]
    if origin is not None:
        return "a list"
    return f"a {kind.__name__} by its path" if inspect.isclass(kind) else str(kind)


def _known(parser: ArgumentParser, chosen: Choices) -> Known:
    options = _types(parser)
    kinds = [kind for kind in BASES if kind in options]
    arguments = {kind: _arguments(chosen.classes[kind]) for kind in kinds if kind in chosen.classes}
    families = [one for kind in kinds for one in plugins.classes(BASES[kind], chosen.modules)]
    nearby = {name.rpartition(".")[2] for name in options}
    return Known(options, arguments, kinds, nearby | {name for one in families for name in _parameters(one)})


def _types(parser: ArgumentParser) -> dict[str, Any]:
    return {
        option.removeprefix("--"): _type(action)
        for action in parser._actions
        for option in action.option_strings
        if option.startswith("--") and not option.endswith(".help")
    }


def _type(action: Action) -> Any:
    """The type of an option; jsonargparse has no public word for it, so without this one values are not explained."""
    return getattr(action, "_typehint", action.type)


def _arguments(kind: type) -> dict[str, Any]:
    """What the library knows of the arguments of a class, those included that are only passed on."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_class_arguments(kind, "of", fail_untyped=False)
    return {name.removeprefix("of."): type_ for name, type_ in _types(parser).items() if name.startswith("of.")}


def _parameters(kind: type) -> set[str]:
    """The names of arguments of a class and of those above it, of which it may pass further ones on."""
    return {name for above in kind.__mro__ for name in inspect.signature(above.__init__).parameters}  # type: ignore[misc]


def _in_words(words: list[str], known: Known) -> Iterator[str]:
    for place, word in enumerate(words):
        if not word.startswith("--"):
            continue
        name, equals, value = word.removeprefix("--").partition("=")
        following = words[place + 1 : place + 2]
        given = value if equals else following[0] if following and not following[0].startswith("--") else None
        kind, _, argument = name.partition(".")
        if kind not in known.kinds or argument in ("", "help", "class_path"):
            yield from _one(name.removesuffix("+"), given, known.options, known)
        elif kind not in known.arguments:
            yield f"{name}: of which? --{kind} NAME is missing; gan list shows them all"
        else:
            yield from _one(argument.removeprefix("init_args.").removesuffix("+"), given, known.arguments[kind], known)


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
                yield from _standing(_one(str(argument), one, known.arguments[name], known), config)
        elif isinstance(value, dict) and any(option.startswith(f"{name}.") for option in known.options):
            yield from _in_settings(config, value, known, chosen, f"{name}.")
        elif wanted := _wants_import(config, name, value, known, chosen):
            yield wanted
        else:
            yield from _standing(_one(name, value, known.options, known), config)


def _standing(mistakes: Iterator[str], config: Config) -> Iterator[str]:
    return (f"{mistake.replace(chr(10), ' ')}\nThis stands in {config.path}" for mistake in mistakes)


def _one(name: str, value: Any, types: Mapping[str, Any], known: Known) -> Iterator[str]:
    """What is wrong with an argument and its value; None is no value."""
    if name in types:
        if value is not None and types[name] is not None and not _is_possible(types[name], value):
            yield f"{name}: {_short(value)} is not possible\ntake {readable(types[name])}"
    elif not any(name.startswith(f"{above}.") for above, type_ in types.items() if type_ is not None):
        yield f"{name} is no argument here{nearest(name.rpartition('.')[2], known.nearby)}"


def _is_possible(type_: Any, value: Any) -> bool:
    """Whether the library takes a value for a type: asked for this one alone, so that no other is meant."""
    parser = ArgumentParser(exit_on_error=False)
    parser.add_argument("--value", type=type_, sub_configs=True)
    try:
        parser.parse_args([f"--value={value}"]) if isinstance(value, str) else parser.parse_object({"value": value})
    except ArgumentError:
        return False
    return True


def _wants_import(config: Config, name: str, value: Any, known: Known, chosen: Choices) -> str | None:
    """What to say of a path of a class, or a file with one, that stands in a config where a class belongs."""
    type_ = known.options.get(name)
    if not isinstance(value, str) or not any(map(_is_class, (type_, *get_args(type_)))):
        return None
    file = config.path.parent / value
    if not file.is_file():
        return untrusted({"class_path": value}, name, chosen.modules, str(config.path))
    with suppress(yaml.YAMLError, OSError, UnicodeDecodeError):
        return untrusted(get_loader("yaml")(file.read_text("utf-8")), name, chosen.modules, str(file))
    return None


def _is_class(type_: Any) -> bool:
    return inspect.isclass(type_) and type_ not in READABLE and type_ is not NoneType


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
