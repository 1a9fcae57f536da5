"""The argument parser: bare config names, dashes, flags that win, and errors of one to three lines."""

import inspect
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from jsonargparse import ActionConfigFile
from lightning.pytorch.cli import LightningArgumentParser

from gan_cli.command import catalogue
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.variants import AdversarialModule


class ConfigByName(ActionConfigFile):
    """Takes a file, or the bare name of a packaged config, with or without `.yaml`."""

    @staticmethod
    def apply_config(parser: Any, cfg: Any, dest: str, value: str) -> None:
        path = config_path(value)
        try:
            ActionConfigFile.apply_config(parser, cfg, dest, str(path))
        except UserError as error:
            said = " ".join(str(error).split())
            if said.startswith("Problems parsing config"):
                raise UserError(f"config: {path} is no YAML\n{said}") from error
            raise UserError(f"{said}\nThis stands in {path}") from error


def config_path(name: str) -> Path:
    """The file of a config.

    Raises:
        UserError: If there is neither such a file nor a packaged config of that name.
    """
    if Path(name).is_file():
        return Path(name)
    packaged = {path.name: path for path in catalogue.config_files()}
    found = packaged.get(name) or packaged.get(f"{name}.yaml")
    if found is None:
        hint = nearest(name, packaged)
        raise UserError(f"config: {name} is no file and no packaged config{hint}\ngan list shows the packaged ones")
    return found


class Parser(LightningArgumentParser):
    """LightningCLI's parser with short errors: no usage, no list of subtypes, the nearest name suggested."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def add_argument(self, *args: Any, **kwargs: Any) -> Any:
        if kwargs.get("action") is ActionConfigFile:
            kwargs |= {"action": ConfigByName, "help": "A YAML file or a packaged config's name; several are merged"}
        return super().add_argument(*args, **kwargs)

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        raise UserError(self._short(message)) from ex

    def _short(self, message: str) -> str:
        # The parser of the model or the data has said it already, and the outer one has wrapped it up.
        if found := re.search(r"- (\S+ is no argument here.*|\S+: .+ is not possible\n.+)", message):
            return "\n".join(line.strip() for line in found[1].splitlines())
        if found := re.search(r'Parser key "(model|data)".*is abstract.*NestedArg\(key=.(\w+)', message, re.DOTALL):
            return f"{found[1]}.{found[2]}: of which? --{found[1]} NAME is missing; gan list shows them all"
        if found := re.search(r"Option '([\w.]+)' is not accepted|unrecognized arguments: --([\w.]+)", message):
            name = found[1] or found[2]
            return f"{name} is no argument here{nearest(name.rpartition('.')[2], set(self._known()))}"
        if found := re.search(r'Parser key "(model|data)":.*Given value: (\w+)$', message, re.DOTALL):
            kind, name = found[1], found[2]
            known = catalogue.variants() if kind == "model" else catalogue.data_sets()
            return f"{kind}: {name} is unknown{nearest(name, known)}\nThere are {', '.join(known)}"
        return _value_error(message)

    def _known(self) -> Iterator[str]:
        """Every argument's last name: of this parser, of its verbs, and of all variants and data sets."""
        parsers = [self, *((getattr(self, "_subparsers", None) and self._verb_parsers()) or [])]
        for parser in parsers:
            yield from (action.dest.rpartition(".")[2] for action in parser._actions)
        for base in (AdversarialModule, GANDataModule):
            for kind in _family(base):
                yield from inspect.signature(kind).parameters

    def _verb_parsers(self) -> Iterable["Parser"]:
        return [p for action in self._actions for p in (getattr(action, "_name_parser_map", None) or {}).values()]


def _family(base: type) -> Iterator[type]:
    yield base
    kinds: list[type] = base.__subclasses__()
    for kind in kinds:
        yield from _family(kind)


def _value_error(message: str) -> str:
    """jsonargparse's account of a value that does not fit, which lists every type tried, in two lines."""
    keys = re.findall(r'Parser key "([\w.]+)"', message)
    for kind, least in (("PositiveInt", 1), ("NonNegativeInt", 0)):
        said = rf"Not of type {kind}: (?:invalid literal for int\(\) with base 10: )?'?([^\s']+).*"
        message = re.sub(said, rf"Expected a whole number from {least}. Got value: \1", message)
    if not keys:
        return "\n".join(line.strip() for line in message.splitlines() if line.strip()).replace("fit.", "")
    expected = re.findall(r"Expected (?:an? (?=[<t]))?(.+?)(?:\. Got value: .*)?$", message, re.MULTILINE)
    readable = [_readable(text) for text in expected if "NoneType" not in text]
    value = re.search(r"(?:Got|Given) value: (.*)", message)
    wanted = f"take {' or '.join(readable)}" if readable else "gan VERB --help shows what is"
    return f"{keys[-1]}: {value[1] if value else 'the value'} is not possible\n{wanted}"


def _readable(kind: str) -> str:
    """A type as a person says it: <class 'float'> is float, typing.Literal['a', 'b'] is a, b."""
    names = {
        "int": "a whole number",
        "float": "a number",
        "str": "a text",
        "bool": "true or false",
        "tuple": "a list such as [A,B]",
    }
    kind = re.sub(r"<class '([\w.]+)'>", lambda found: names.get(found[1], found[1]), kind)
    return re.sub(r"typing\.Literal\[(.*)\]", r"\1", kind).replace("'", "")


def normalised(words: Sequence[str]) -> list[str]:
    """The command line in the order that is understood, whatever the order typed.

    Dashes in option names become underscores; configs come first, so that flags win, then the classes of model and
    data, so that their arguments may stand before them; what fit has short names for gets its whole one.

    Raises:
        UserError: If no name follows `--model` or `--data`.
    """
    verb, *rest = words or [""]
    configs: list[str] = []
    classes: list[str] = []
    others: list[str] = []
    pending = iter(_underscored(word) for word in rest)
    for word in pending:
        if word in ("--config", "-c"):
            configs += [word, next(pending, "")]
        elif word.startswith("--config="):
            configs.append(word)
        elif word in ("--model", "--data"):
            classes += [word, _name_after(word, next(pending, ""))]
        elif word.startswith(("--model=", "--data=")):
            classes.append(word)
        elif verb == "fit" and (short := word.partition("=")[0]) in _SHORT:
            others.append(word.replace(short, _SHORT[short], 1))
        else:
            others.append(word)
    return [verb, *configs, *classes, *others]


def _name_after(option: str, word: str) -> str:
    if not word or word.startswith("--"):
        raise UserError(
            f"{option[2:]}: a name must follow, such as {option} {_EXAMPLES[option]}; gan list shows them all"
        )
    return word


_SHORT = {"--ckpt": "--ckpt_path", "--monitor": "--evaluation.monitor"}
_EXAMPLES = {"--model": "DCGAN", "--data": "MNIST"}


def _underscored(word: str) -> str:
    name, equals, value = word.partition("=")
    return name.replace("-", "_").replace("__", "--", 1) + equals + value if name.startswith("--") else word
