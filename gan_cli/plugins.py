"""Classes from outside: the modules that a user names, and what they add to our variants, data sets and media.

Nothing is imported because a file says so: what a checkpoint or a config names is looked up among the known classes.
"""

import importlib
import inspect
import os
import sys
import traceback
from collections.abc import Sequence
from inspect import Parameter
from pathlib import Path
from typing import Any

from gan_cli.errors import UserError, nearest

OURS = __name__.partition(".")[0]

TRUSTED = (OURS, "lightning", "torch")
"""Packages whose classes files may name: this one and those that it is built on."""


def imported(names: str | Sequence[str] | None, here: bool = False) -> tuple[str, ...]:
    """Imports the modules that the user trusts by naming them, and gives their names.

    Args:
        names: One name or several, such as "my_gan" or "my_package.models"; None for none.
        here: Whether they may lie in the current folder, which then comes first on the path, as a script's does.

    Raises:
        UserError: If one of them is not there, or fails while it is imported; then its own words are shown.
    """
    chosen = (names,) if isinstance(names, str) else tuple(names or ())
    if chosen and here and os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())
    importlib.invalidate_caches()
    for name in chosen:
        _import(name, here)
    return chosen


def classes(base: type, modules: Sequence[str] = ()) -> list[type]:
    """Every class below a base that can be chosen: ours, and those of the modules that the user has named.

    Args:
        base: Such as `AdversarialModule`; the package that holds our own ones must have been imported.
        modules: Names as `imported` gives them.
    """
    return [kind for kind in below(base, modules) if not inspect.isabstract(kind)]


def below(base: type, modules: Sequence[str] = ()) -> list[type]:
    """Like `classes`, with the user's abstract ones too; each is listed once, and can be found at its own path."""
    return list(dict.fromkeys(kind for kind in descendants(base) if _is_there(kind) and _counts(kind, modules)))


def descendants(base: type) -> list[type]:
    """Every class below a base that has been imported, whoever wrote it, each as often as paths lead to it."""
    kinds: list[type] = base.__subclasses__()
    return [found for kind in kinds for found in (kind, *descendants(kind))]


def matching(base: type, said: str, modules: Sequence[str] = ()) -> list[type]:
    """The classes that a name can mean, abstract ones included: none, one, or several of one name.

    Args:
        base: The class that they descend from.
        said: A bare name, or a whole path. Only the last part of a path of ours counts, because our modules move; any
            other path must lead to a class of the named modules.
        modules: Names as `imported` gives them.
    """
    module, _, name = said.rpartition(".")
    named = [kind for kind in below(base, modules) if kind.__name__ == name]
    if not module:
        return named
    if is_ours(module):
        return [kind for kind in named if is_ours(kind.__module__)]
    return [kind for kind in named if _found_at(said, kind)]


def path_of(kind: type) -> str:
    """The shortest path of a class, such as "gan_cli.variants.DCGAN"."""
    parts = kind.__module__.split(".")
    modules = [".".join(parts[: count + 1]) for count in range(len(parts))]
    paths = (f"{module}.{kind.__name__}" for module in modules)
    return next(path for path in paths if _found_at(path, kind))


def is_ours(module: str) -> bool:
    """Whether a module is of this package."""
    return _within(module, OURS)


def is_trusted(path: str, modules: Sequence[str]) -> bool:
    """Whether a path may be imported: it is ours, of a package that we build on, or of a named module."""
    return any(_within(path, root) for root in (*TRUSTED, *modules))


def home(kind: type, modules: Sequence[str]) -> str | None:
    """The name to type after `--module` for a class; None where it is one of ours, or of a script."""
    if is_ours(kind.__module__) or kind.__module__ == "__main__":
        return None
    return next((name for name in modules if _of_module(kind, name)), kind.__module__)


def options(modules: Sequence[str]) -> str:
    """What to append to a command whose classes are of these modules, such as " --module my_gan"."""
    return "".join(f" --module {name}" for name in modules)


def defaults(kind: type) -> dict[str, Any]:
    """Each argument's default: the class's own first, then those that its bases take of `**arguments`.

    A class names in `SETTLES` what it gives to its bases itself.
    """
    found: dict[str, Any] = {}
    for parent in kind.__mro__:
        if "__init__" in vars(parent):
            _, *parameters = inspect.signature(vars(parent)["__init__"]).parameters.values()
            for parameter in parameters:
                if parameter.kind not in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
                    found.setdefault(parameter.name, parameter.default)
            if all(parameter.kind is not Parameter.VAR_KEYWORD for parameter in parameters):
                break
    return {name: default for name, default in found.items() if name not in getattr(kind, "SETTLES", ())}


def settled(kind: type) -> set[str]:
    """The names of the bases' arguments that a class does not take, because it sets them itself."""
    return {name for parent in kind.__mro__ for name in defaults(parent)} - defaults(kind).keys()


def is_module_name(name: str) -> bool:
    """Whether a text can stand after `import`."""
    return all(part.isidentifier() for part in name.split("."))


def _import(name: str, here: bool) -> None:
    if not is_module_name(name):
        raise UserError(
            f"module: {name} is no name of a module; type it as after import, such as --module my_gan for my_gan.py"
        )
    try:
        module = importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not _within(name, error.name):
            raise UserError(_own_words(name, error)) from error
        lying_here = _modules_here()
        if not here and name.partition(".")[0] in lying_here:
            raise UserError(
                f"module: {name} cannot be imported: it is not installed, but lies in this folder\n"
                f"To take it from here, type --module {name}"
            ) from error
        raise UserError(
            f"module: {name} cannot be imported: there is no module {error.name} in this folder or among the "
            f"installed ones{nearest(name, lying_here)}"
        ) from error
    except (Exception, SystemExit) as error:  # whatever the user's module does, it is the user's to see
        raise UserError(_own_words(name, error)) from error
    file = Path(*name.split(".")).with_suffix(".py")
    if here and file.is_file() and file.resolve() != Path(module.__file__ or "").resolve():
        raise UserError(f"module: {name} is another one already, {module.__file__}; give {file} another name")


def _modules_here() -> list[str]:
    here = Path()
    return [*(file.stem for file in here.glob("*.py")), *(file.parent.name for file in here.glob("*/__init__.py"))]


def _own_words(name: str, error: BaseException) -> str:
    """What went wrong in a module: its last line that was reached, the line that failed, and the error itself."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if not frame.filename.startswith(("<frozen ", __file__, str(importlib.__file__)))
    ]
    shown = traceback.format_list(frames[:1] + frames[1:][-1:])
    lines = [f"module: {name} cannot be imported, because of an error in it\n", *shown]
    return "".join([*lines, *traceback.format_exception_only(error)]).rstrip()


def _counts(kind: type, modules: Sequence[str]) -> bool:
    """Whether a class can be chosen: our own bases, whose names end in Module, cannot."""
    if is_ours(kind.__module__):
        return not kind.__name__.endswith("Module")
    return any(_of_module(kind, name) for name in (*modules, "__main__"))


def _of_module(kind: type, name: str) -> bool:
    """Whether a module, or what lies below it, defines a class, or has it under its name."""
    return _within(kind.__module__, name) or _found_at(f"{name}.{kind.__name__}", kind)


def _is_there(kind: type) -> bool:
    """Whether a class can be found again: not one of a function, nor of a module that has been replaced."""
    return _found_at(f"{kind.__module__}.{kind.__name__}", kind)


def _found_at(path: str, kind: type) -> bool:
    module, _, name = path.rpartition(".")
    return getattr(sys.modules.get(module), name, None) is kind


def _within(path: str, root: str) -> bool:
    return path == root or path.startswith(f"{root}.")
