"""Model folders, as `gan share` writes them: weights that are numbers alone, and a config of plain values.

`model.safetensors` has the weights of all players and of the average, by their names in the model. `config.json` has
what else a checkpoint tells (the variant, its arguments, the data's facts), and the SHA-256 of the weights. Nothing in
either file can run: the one format holds tensors, the other JSON.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import safetensors.torch
from safetensors import SafetensorError

from gan_cli import runs
from gan_cli._version import __version__
from gan_cli.errors import UserError
from gan_cli.files import replacing, write_text
from gan_cli.variants.record import RECORD, Counters

SUFFIX = ".safetensors"
WEIGHTS, CONFIG = f"model{SUFFIX}", runs.MODEL
LIBRARY = "gan-cli"
SHARED = "shared"
"""What a record has that was read from a model folder: nothing to go on with is there."""
ARGUMENTS = ("hyper_parameters", "datamodule_hyper_parameters")
PLACES = ("root", "cache_dir")
"""How names of arguments end that say where files lie on the machine that trained."""
TUPLE, FLOAT, ITEMS = "tuple", "float", "items"
"""The only key of what JSON has no words for: tuples, numbers that are not finite, dictionaries with other keys."""


def is_folder(folder: Path) -> bool:
    """Whether a folder looks like one of these: one of the two files is there."""
    return (folder / WEIGHTS).is_file() or (folder / CONFIG).is_file()


def write(content: Mapping[str, Any], folder: Path) -> None:
    """Writes a checkpoint's content as a model folder, without what only going on needs; the config comes last.

    Args:
        content: The checkpoint's, as `checkpoints.read` gives it.
        folder: Made if missing.

    Raises:
        OSError: If it cannot be written.
    """
    weights = {name: tensor.detach().clone().contiguous() for name, tensor in content["state_dict"].items()}
    with replacing(folder / WEIGHTS) as temporary:
        safetensors.torch.save_file(weights, temporary, {"format": "pt", "library": LIBRARY})
    arguments = {name: _without_places(content.get(name, {})) for name in ARGUMENTS}
    told = {
        "library_name": LIBRARY,
        "library_version": __version__,
        "weights": {"file": WEIGHTS, "sha256": _sum(folder / WEIGHTS)},
        RECORD: _without_folders(content[RECORD]),
        **arguments,
    }
    write_text(folder / CONFIG, json.dumps(_plain(told), indent=2, allow_nan=False) + "\n")


def read(path: Path, tensors: bool = True, option: str = "ckpt") -> dict[str, Any]:
    """The content of a model folder, as `checkpoints.read` gives that of a checkpoint.

    Args:
        path: Its weights, `.../model.safetensors`.
        tensors: Whether the weights are read and held against their sum; if not, there are none.
        option: What was typed.

    Raises:
        UserError: If a file is missing, damaged or changed, or was not written by gan-cli.
    """
    told = _config(path.parent / CONFIG, option)
    weights = _weights(path, told["weights"]["sha256"], option) if tensors else {}
    return {
        "state_dict": weights,
        RECORD: {**told[RECORD], SHARED: True},
        **{name: told.get(name) or {} for name in ARGUMENTS},
    }


def _config(path: Path, option: str) -> dict[str, Any]:
    try:
        told = _exact(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise UserError(f"{option}: {path} is missing, which says what the weights beside it are") from error
    except OSError as error:
        raise UserError(f"{option}: {path} cannot be read ({error.strerror})") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise UserError(f"{option}: {path} is damaged: it is no JSON as gan share writes it") from error
    if not isinstance(told, dict) or told.get("library_name") != LIBRARY:
        raise UserError(f"{option}: {path} was not written by gan share: it is of no model of gan-cli")
    if mistake := _mistake(told):
        raise UserError(f"{option}: {path} is damaged or was changed: {mistake}")
    return told


def _mistake(told: dict[str, Any]) -> str:
    """What a config lacks of what reading a model takes for granted; "" if nothing."""
    record, weights = told.get(RECORD), told.get("weights")
    if not isinstance(weights, dict) or not isinstance(weights.get("sha256"), str):
        return "it has no sum of the weights"
    if not isinstance(record, dict):
        return f"it has no {RECORD}"
    for name, kind in (("variant", str), ("module", str), ("data", dict), ("seed", int), ("format", int)):
        if not isinstance(record.get(name), kind):
            return f"{RECORD}.{name} is missing, or of another kind"
    try:
        if any(not isinstance(value, int) for value in vars(Counters(**record["counters"])).values()):
            return f"{RECORD}.counters are no whole numbers"
    except (KeyError, TypeError):
        return f"{RECORD}.counters are missing, or others"
    return next((f"{name} are no names with values" for name in ARGUMENTS if not isinstance(told.get(name), dict)), "")


def _weights(path: Path, expected: str, option: str) -> dict[str, Any]:
    try:
        found = _sum(path)
        if found != expected:
            raise UserError(
                f"{option}: {path} has other weights than {CONFIG} tells (SHA-256 {found[:12]}..., not "
                f"{expected[:12]}...)\nIt is damaged, cut short, or was changed; fetch it anew"
            )
        return safetensors.torch.load_file(path)
    except FileNotFoundError as error:
        raise UserError(f"{option}: {path} is missing: the folder has no weights") from error
    except OSError as error:
        raise UserError(f"{option}: {path} cannot be read ({error.strerror})") from error
    except SafetensorError as error:
        raise UserError(f"{option}: {path} is damaged: it holds no weights in the format safetensors") from error


def _sum(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _without_places(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments without folders of the machine that trained: they mean nothing elsewhere, and tell of its owner."""
    return {name: value for name, value in arguments.items() if not is_of_the_machine(name, value)}


def is_of_the_machine(name: str, value: Any) -> bool:
    """Whether a setting says where something lies on the machine that trained."""
    return name.endswith(PLACES) or (isinstance(value, str) and Path(value).is_absolute())


def _without_folders(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record in which the checkpoint that the run began with has the name of its run, and not the folders above."""
    origin = dict(record.get("origin") or {})
    if ckpt := str(origin.get("ckpt", "")):
        short = Path(*Path(ckpt).parts[-3:]).as_posix()
        origin |= {"ckpt": short, "told": str(origin.get("told", "")).replace(ckpt, short)}
    return {**record, "origin": origin}


def _plain(value: Any) -> Any:
    """A value as JSON has it, from which `_exact` makes the same again."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else {FLOAT: str(value)}
    if isinstance(value, tuple):
        return {TUPLE: [_plain(part) for part in value]}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and not _is_marked(value):
            return {key: _plain(part) for key, part in value.items()}
        return {ITEMS: [[_plain(key), _plain(part)] for key, part in value.items()]}
    raise TypeError(f"a checkpoint holds {type(value).__name__}, which is no plain value")


def _exact(value: Any) -> Any:
    """The value that `_plain` has made JSON of.

    Raises:
        ValueError: If it is marked as something that it is not.
        TypeError: Likewise.
    """
    if isinstance(value, list):
        return [_exact(part) for part in value]
    if not isinstance(value, dict):
        return value
    if not _is_marked(value):
        return {key: _exact(part) for key, part in value.items()}
    (mark, held) = next(iter(value.items()))
    if mark == FLOAT:
        return float(held)
    return tuple(map(_exact, held)) if mark == TUPLE else {_exact(key): _exact(part) for key, part in held}


def _is_marked(value: Mapping[Any, Any]) -> bool:
    return len(value) == 1 and next(iter(value)) in (TUPLE, FLOAT, ITEMS)
