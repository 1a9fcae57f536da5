"""Which variant and which data set are meant, and which modules the user trusts: settled before anything is parsed."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from jsonargparse import get_loader

from gan_cli import plugins
from gan_cli.command import catalogue
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError, nearest
from gan_cli.variants import AdversarialModule

BASES: dict[str, type] = {"model": AdversarialModule, "data": GANDataModule}
"""`--model` and `--data` choose from the classes below these."""

NAMES: dict[str, Callable[[], Mapping[str, Any]]] = {"model": catalogue.variants, "data": catalogue.data_sets}
"""Our own variants and data sets, in the order they are shown."""

HELP = {f"--{kind}.help": kind for kind in BASES}
"""Options that show the arguments of a class."""

EXAMPLES = {"model": "DCGAN", "data": "MNIST", "module": "my_gan"}


class Config(NamedTuple):
    """A config as it was typed.

    Attributes:
        path: The file.
        content: What is in it, with classes by their whole paths.
    """

    path: Path
    content: Any


class Choices(NamedTuple):
    """What a command line chooses.

    Attributes:
        words: The command line as the parser takes it: classes by whole paths, configs by their files, no modules.
        modules: The modules that were named, or whose classes were, all of them imported.
        classes: The class that is named last, by a word or a config, for "model" and "data".
        configs: In the order they are merged.
    """

    words: list[str]
    modules: tuple[str, ...]
    classes: dict[str, type]
    configs: list[Config]


def choices(words: Sequence[str]) -> Choices:
    """The choices of a command line in its normal order.

    Raises:
        UserError: If a module, a config or a class is not there, or a config names a class whose module was not typed.
    """
    others, modules = named_modules(words)
    classes: dict[str, type] = {}
    configs: list[Config] = []
    found: list[str] = []
    pending = iter(others)
    for word in pending:
        option, equals, value = word.partition("=")
        if option in ("--config", "-c"):
            path = config_path(value if equals else next(pending, ""))
            configs.append(read_config(path, modules))
            classes |= classes_in(configs[-1].content, modules)
            found += ["--config", str(path)]
        elif (kind := chooses(option)) is not None:
            chosen, modules = _of_value(kind, value if equals else next(pending, ""), modules)
            classes[kind] = class_of(kind, chosen["class_path"], modules)
            found += [f"--{kind}", _written(chosen)]
        elif option in HELP and (value := value if equals else next(pending, "")):
            modules = _with_typed(value, modules)
            found += [option, plugins.path_of(class_of(HELP[option], value, modules))]
        else:
            found.append(word)
    return Choices(found, modules, classes, configs)


def named_modules(words: Sequence[str]) -> tuple[list[str], tuple[str, ...]]:
    """The words without `--module NAME`, and those modules, imported."""
    others: list[str] = []
    names: list[str] = []
    pending = iter(words)
    for word in pending:
        if word == "--module":
            names.append(name_after(word, next(pending, "")))
        elif word.startswith("--module="):
            names.append(name_after("--module", word.partition("=")[2]))
        else:
            others.append(word)
    return others, plugins.imported(tuple(dict.fromkeys(names)), here=True)


def name_after(option: str, word: str) -> str:
    """The name that follows an option.

    Raises:
        UserError: If none does.
    """
    if not word or word.startswith("--"):
        what = option.removeprefix("--")
        hint = "" if what == "module" else "; gan list shows them all"
        raise UserError(f"{what}: a name must follow, such as {option} {EXAMPLES[what]}{hint}")
    return word


def class_of(kind: str, said: str, modules: Sequence[str] = (), origin: str = "") -> type:
    """The variant or the data set that a name means.

    Args:
        kind: "model" or "data".
        said: A bare name or a whole path.
        modules: The modules that the user has named.
        origin: The file that says it; "" where it was typed.

    Raises:
        UserError: If there is none, it is abstract, or several are of that name.
    """
    found = plugins.matching(BASES[kind], said, modules)
    if len(found) == 1:
        return _concrete(kind, found[0])
    if found:
        paths = [plugins.path_of(one) for one in found]
        raise UserError(
            f"{kind}: {said} is the name of {' and of '.join(paths)}\n"
            f"Type the whole path of the one you mean, such as --{kind} {paths[-1]}"
        )
    module = said.rpartition(".")[0]
    if origin and module and not plugins.is_ours(module) and not plugins.is_trusted(said, modules):
        raise UserError(_not_imported(kind, said, origin))
    names = known(kind, modules)
    standing = f"\nThis stands in {origin}" if origin else ""
    raise UserError(
        f"{kind}: {said} is unknown{nearest(said.rpartition('.')[2], names)}\nThere are {', '.join(names)}{standing}"
    )


def known(kind: str, modules: Sequence[str] = ()) -> list[str]:
    """The names that there are: ours in the order they are shown, then those of the named modules."""
    theirs = (one.__name__ for one in plugins.classes(BASES[kind], modules))
    return list(dict.fromkeys([*NAMES[kind](), *theirs]))


def is_name(kind: str, said: str, modules: Sequence[str] = ()) -> bool:
    """Whether a word names a variant or a data set, and not a folder or a file."""
    return said in known(kind, modules) or ("." in said and bool(plugins.matching(BASES[kind], said, modules)))


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


def read_config(path: Path, modules: Sequence[str]) -> Config:
    """The content of a config, checked to name no class that must not be imported.

    Raises:
        UserError: If it is no YAML, no mapping, or names a class that is unknown or of a module that was not typed.
    """
    try:
        content = _loaded(path.read_text("utf-8"), str(path))
    except UnicodeDecodeError as error:
        raise UserError(f"config: {path} is no YAML\nIt is no text in UTF-8: {error}") from error
    except OSError as error:
        raise UserError(f"config: {path} cannot be read ({error.strerror})") from error
    if not isinstance(content, dict):
        raise UserError(f"config: {path} holds no settings; a line of one is such as trainer: {{max_steps: 1000}}")
    if "module" in content:
        raise UserError(
            f"module: {content['module']} stands in {path}, but nothing is imported because a file says so\n"
            f"If you trust it: --module {content['module']}"
        )
    return Config(path, resolved(content, modules, str(path)))


def resolved(content: dict[str, Any], modules: Sequence[str], origin: str) -> dict[str, Any]:
    """A config with the classes of its model and its data by their whole paths.

    Args:
        content: The config.
        modules: The modules that the user has named.
        origin: The file.

    Raises:
        UserError: If it names a class that is unknown, or that would have to be imported and was not typed.
    """
    found = dict(content)
    for key, value in content.items():
        value = _further(value, origin) if key in BASES else value
        if key in BASES and not _is_choice(value):
            raise UserError(
                f"{key}: {value} is no name of a class; such is class_path: {EXAMPLES[key]}\nThis stands in {origin}"
            )
        if key in BASES and (said := _class_path(value)) is not None:
            path = plugins.path_of(class_of(key, said, modules, origin))
            found[key] = {**value, "class_path": path} if isinstance(value, dict) else path
            value = value.get("init_args") if isinstance(value, dict) else None  # the path itself is trusted by now
        if mistake := untrusted(value, key, modules, origin):
            raise UserError(mistake)
    return found


def untrusted(value: Any, place: str, modules: Sequence[str], origin: str) -> str | None:
    """What to say if a part of a config names a class of a module that was not typed; None if it does not.

    Args:
        value: The part.
        place: Its name in the config.
        modules: The modules that the user has named.
        origin: The file.
    """
    for where, said in _class_paths(value, place):
        if "." in said and not plugins.is_trusted(said, modules):  # a bare name is looked up among the known classes
            return _not_imported(where, said, origin)
    return None


def classes_in(content: Any, modules: Sequence[str]) -> dict[str, type]:
    """The classes that a resolved config names for model and data."""
    said = {kind: _class_path(content.get(kind)) for kind in BASES}
    return {kind: class_of(kind, path, modules) for kind, path in said.items() if path is not None}


def chooses(option: str) -> str | None:
    """Which of the two an option chooses: "model" or "data"."""
    return next((kind for kind in BASES if option in (f"--{kind}", f"--{kind}.class_path")), None)


def _of_value(kind: str, value: str, modules: tuple[str, ...]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The choice of a word: a name, or the text or the file of a mapping with a class path and arguments.

    Typing a path names its module, so the modules are returned with the choice.
    """
    content = _further(name_after(f"--{kind}", value), "")
    typed = content is value
    if typed and value.lstrip().startswith("{"):
        content = _loaded(value, value)
    said = _class_path(content)
    if said is None:
        raise UserError(f"{kind}: {value} names no class; type --{kind} {EXAMPLES[kind]}, or a class_path: in it")
    if typed:
        modules = _with_typed(said, modules)
    chosen = resolved({kind: content}, modules, "" if typed else value)[kind]
    return chosen if isinstance(chosen, dict) else {"class_path": chosen}, modules


def _further(value: Any, origin: str) -> Any:
    """The content of a further file, if a value names one beside its own file; otherwise the value itself."""
    if not isinstance(value, str) or not value.endswith((".yaml", ".yml", ".json")):
        return value
    file = Path(origin).parent / Path(value).expanduser()
    return _loaded(file.read_text("utf-8"), str(file)) if file.is_file() else value


def _loaded(text: str, origin: str) -> Any:
    try:
        return get_loader("yaml")(text)
    except yaml.YAMLError as error:
        said = " ".join(f"Problems parsing config: {error}".split())
        raise UserError(f"config: {origin} is no YAML\n{said}") from error


def _written(chosen: dict[str, Any]) -> str:
    """A choice as one word."""
    if set(chosen) == {"class_path"}:
        return str(chosen["class_path"])
    return written(chosen, default_flow_style=True, width=1 << 20).strip()


def written(content: Any, **style: Any) -> str:
    """YAML that gives the same when it is read again: every value says its kind."""
    return str(yaml.safe_dump(content, default_style='"', **style))


def _with_typed(value: str, modules: tuple[str, ...]) -> tuple[str, ...]:
    """The modules with that of a typed path, because typing a path names its module."""
    module = value.rpartition(".")[0]
    if not module or not plugins.is_module_name(value) or plugins.is_ours(module) or Path(value).is_file():
        return modules
    return tuple(dict.fromkeys([*modules, *plugins.imported(module)]))


def _is_choice(value: Any) -> bool:
    """Whether a value can be a model or a data set: a name, or a mapping with one, with only arguments, or empty."""
    said = value.get("class_path", "") if isinstance(value, dict) else value
    return isinstance(said, str) or value is None


def _class_path(value: Any) -> str | None:
    said = value.get("class_path") if isinstance(value, dict) else value
    return said if isinstance(said, str) else None


def _class_paths(value: Any, place: str) -> Iterator[tuple[str, str]]:
    """Every class path in a part of a config, with where it stands."""
    if isinstance(value, dict):
        if isinstance(said := value.get("class_path"), str):
            yield place, said
        for key, part in value.items():
            yield from _class_paths(part, f"{place}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from _class_paths(part, place)


def _not_imported(place: str, said: str, origin: str) -> str:
    return (
        f"{place}: {said} stands in {origin}, but nothing is imported because a file says so\n"
        f"If you trust the module that defines it: --module {said.rpartition('.')[0]}"
    )


def _concrete(kind: str, found: type) -> type:
    missing = sorted(getattr(found, "__abstractmethods__", ()))
    if missing:
        raise UserError(f"{kind}: {found.__name__} of {found.__module__} is abstract: it lacks {', '.join(missing)}")
    return found
