"""Reading checkpoints: nothing in the file is executed, no class is imported because a file names it."""

import pickle
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import torch

from gan_cli import plugins, runs
from gan_cli.data import GANDataModule
from gan_cli.errors import UserError
from gan_cli.inference import hub, shared_models
from gan_cli.inference.older import renewed
from gan_cli.variants import AdversarialModule
from gan_cli.variants.base import RECORD

Modules = str | Sequence[str] | None
"""Names of the modules that the user trusts."""

OURS = "gan-cli's"


def resolve(ckpt: str | None, root: str = "checkpoints", option: str = "ckpt") -> Path:
    """The checkpoint to read: the one typed, or the newest run's.

    Args:
        ckpt: What was typed: a file, a run's folder, a folder of `gan share`, or `hub:user/name`; None for the newest
            run's.
        root: Where runs are kept.
        option: What it was typed for.

    Raises:
        UserError: If it does not exist, or there is no run yet.
        OSError: If there is no place for a model of the hub below `root`.
    """
    if ckpt is not None:
        return hub.beside_runs(ckpt, Path(root), option) if hub.is_there(ckpt) else _file(Path(ckpt), option)
    newest = runs.newest_checkpoint(Path(root))
    if newest is None:
        raise UserError(f"no run under {root}/ yet: type --ckpt FILE, or train one with gan fit --config dcgan.yaml")
    return newest


def located(ckpt: str | Path, option: str = "ckpt") -> Path:
    """The checkpoint that is meant in Python, where nothing is written: a model of the hub stays in the hub's cache.

    Args:
        ckpt: As for `resolve`.
        option: What it was given for.

    Raises:
        UserError: If it does not exist.
    """
    if hub.is_there(str(ckpt)):
        return hub.fetched(str(ckpt), option)
    return _file(Path(ckpt).expanduser(), option)


def _file(path: Path, option: str) -> Path:
    found = path
    if path.is_dir():
        shared = shared_models.is_folder(path) and not (path / runs.LAST).is_file()
        found = path / (shared_models.WEIGHTS if shared else runs.LAST)
    if not found.is_file() and found.name != shared_models.WEIGHTS:
        raise UserError(f"{option}: {path} does not exist; `gan list` shows the runs there are")
    return found


def read(path: Path, tensors: bool = True, option: str = "ckpt") -> dict[str, Any]:
    """The content of one of our checkpoints.

    Args:
        path: The file.
        tensors: Whether the weights are read too; if not, they must not be used.
        option: What the file was typed for.

    Raises:
        UserError: If the file cannot be read, is damaged, holds code, was not written by gan-cli, or its networks are
            no more.
    """
    if path.suffix == shared_models.SUFFIX:
        return renewed(shared_models.read(path, tensors, option), path)
    try:
        with warnings.catch_warnings(action="ignore"):  # about pickle protocols, in files that were never ours
            content = torch.load(path, map_location="cpu", weights_only=True, mmap=not tensors)
    except FileNotFoundError as error:
        raise UserError(f"{option}: {path} does not exist; `gan list` shows the runs there are") from error
    except (PermissionError, IsADirectoryError) as error:
        raise UserError(f"{option}: {path} cannot be read ({error.strerror})") from error
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{option}: {path} was not loaded: it is damaged, or holds objects that would run code (never done here)"
        ) from error
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError) as error:
        raise UserError(f"{option}: {path} is cut short or damaged; take an older one from its folder") from error
    if not isinstance(content, dict) or RECORD not in content:
        raise UserError(f"{option}: {path} is no checkpoint of gan-cli: it does not say which variant it holds")
    return renewed(content, path)


def variant_class(record: dict[str, Any], path: Path, module: Modules = None) -> type[AdversarialModule]:
    """The class a checkpoint names: one of this package's, or of a module that the user trusts by typing its name.

    Raises:
        UserError: If there is no such variant.
    """
    name, origin = str(record["variant"]), str(record["module"])
    modules = plugins.imported(module)
    found = [kind for kind in plugins.classes(AdversarialModule, modules) if kind.__name__ == name]
    if not plugins.is_ours(origin):  # a class of ours with the same name is a different one
        found = [kind for kind in found if not plugins.is_ours(kind.__module__)]
    elif any(plugins.is_ours(kind.__module__) for kind in found):
        found = [kind for kind in found if plugins.is_ours(kind.__module__)]
    found = [kind for kind in found if kind.__module__ == origin] or found
    if not found:
        hint = origin if plugins.is_module_name(origin) and origin != "__main__" else "NAME"
        raise UserError(
            f"ckpt: {path} holds the variant {name} of {origin}, which is none of {' or of '.join([OURS, *modules])}\n"
            f"If you trust the module that defines it: --module {hint}"
        )
    if len(found) > 1:
        raise UserError(
            f"ckpt: {path} holds the variant {name} of {origin}, which may be "
            f"{' or '.join(map(plugins.path_of, found))}\nType --module for one of them alone"
        )
    return cast(type[AdversarialModule], found[0])


def data_set(path: Path, module: Modules = None) -> GANDataModule:
    """The data set that a checkpoint was trained on, with the arguments that it had.

    Args:
        path: The checkpoint.
        module: Modules that the user trusts, where the set is none of this package's.

    Raises:
        UserError: If the checkpoint names no data set that is known.
    """
    content = read(path)
    saved = content.get("datamodule_hyper_parameters", {})
    return _data_set(content[RECORD]["data"], saved, plugins.imported(module))


def data_set_of(model: AdversarialModule) -> GANDataModule:
    """The data set that a model was trained on, with the arguments that it had.

    Raises:
        UserError: If the model names no data set that is known.
    """
    return _data_set(model.data_facts, model.data_arguments, model.trusted)


def knows_data_set(model: AdversarialModule) -> bool:
    """Whether the data set that a model was trained on is packaged, or of a module that was named."""
    return bool(_sets_called(model.data_facts.get("name", ""), model.trusted))


def _sets_called(name: str, modules: Sequence[str]) -> list[type]:
    return [kind for kind in plugins.classes(GANDataModule, modules) if kind.__name__ == name]


def _data_set(facts: dict[str, Any], saved: dict[str, Any], modules: Sequence[str]) -> GANDataModule:
    name = facts.get("name", "")
    found = _sets_called(name, modules)
    if not found:
        raise UserError(
            f"data: the checkpoint was trained on {name or 'data it does not name'}; type --data"
            + (", or --module NAME for the module that defines it" if name else "")
        )
    if len(found) > 1:
        raise UserError(
            f"data: the checkpoint was trained on {name}, which may be {' or '.join(map(plugins.path_of, found))}\n"
            f"Type the one you mean, such as --data {plugins.path_of(found[-1])}"
        )
    kind = cast(type[GANDataModule], found[0])
    arguments = {"image_size": facts.get("image_size"), **saved}
    taken = plugins.defaults(kind)
    return kind(**{name: value for name, value in arguments.items() if name in taken and value is not None})


def arguments_of(content: dict[str, Any], kind: type) -> dict[str, Any]:
    """The arguments that a checkpoint's model was made with.

    A variant says in `FORMERLY` what was done before it had an argument, where that is not today's default: a
    checkpoint that does not name the argument was made so.
    """
    return {**getattr(kind, "FORMERLY", {}), **content["hyper_parameters"]}


def load_model(path: Path, module: Modules = None) -> AdversarialModule:
    """The model of a checkpoint, in eval mode on the CPU, with the data's facts in `data_facts`.

    Args:
        path: The checkpoint.
        module: Name of a trusted module that defines the variant, or several, where it is none of this package's.

    Raises:
        UserError: If the file is no whole checkpoint of a known variant.
    """
    content = read(path)
    model_class = variant_class(content[RECORD], path, module)
    try:
        model = model_class(**arguments_of(content, model_class))
        model.load_state_dict(content["state_dict"])
    except (TypeError, KeyError, RuntimeError) as error:
        version = content[RECORD].get("gan_cli")
        raise UserError(
            f"ckpt: {path} does not fit this version's {model_class.__name__}; gan-cli {version} wrote it"
        ) from error
    model.on_load_checkpoint(content)
    model.trusted = plugins.imported(module)
    return model.eval()
