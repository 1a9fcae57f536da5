"""The files that others' weights come in, read without running anything in them."""

import hashlib
import pickle
import re
import struct
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports import network_pickles

ENDING = ".pkl"
"""How names of network pickles end."""
FREELY, TIMES = 64 * 2**20, 8
"""Files of weights hardly shrink when they are packed: one of N bytes holds no more than FREELY + TIMES N bytes."""
IN_PARALLEL = "module."
"""What torch's DataParallel puts before each name."""


@dataclass(frozen=True, eq=False)
class Source:
    """A file of somebody's weights.

    Attributes:
        path: The file.
        sha256: Of its bytes, in hexadecimal digits.
        content: What it holds: dictionaries, lists, plain values, tensors, and `network_pickles.Module`s.
    """

    path: Path
    sha256: str
    content: Any

    def tensors(self, *keys: str) -> dict[str, Tensor]:
        """The tensors by name, under the first of the keys that the file has, or of the whole file.

        Raises:
            UserError: If there are none.
        """
        content = self.content
        for key in keys:
            if isinstance(content, Mapping) and isinstance(content.get(key), Mapping):
                content = content[key]
                break
        found = tensors_in(content)
        if not found:
            raise UserError(f"import: {self.path} holds no weights by name; is it the file of a network?")
        return found


def tensors_in(content: Any) -> dict[str, Tensor]:
    """The tensors of a dictionary, by name; without what DataParallel puts before each."""
    if not isinstance(content, Mapping):
        return {}
    found = {str(name): tensor for name, tensor in content.items() if isinstance(tensor, Tensor)}
    if found and all(name.startswith(IN_PARALLEL) for name in found):
        return {name.removeprefix(IN_PARALLEL): tensor for name, tensor in found.items()}
    return found


class _OnlyNamed:
    """Takes the place of a class that a file names and never makes an object of."""

    def __new__(cls, *_: Any) -> "_OnlyNamed":
        raise pickle.UnpicklingError("objects of classes that are only named are not made")


NAMED: list[Callable[..., Any] | tuple[Callable[..., Any], str]] = [
    (_OnlyNamed, f"{package}.callbacks.{file}.{name}")
    for package in ("pytorch_lightning", "lightning.pytorch")
    for file, name in (("model_checkpoint", "ModelCheckpoint"), ("base", "Callback"))
]
"""Classes that Lightning's old checkpoints have as keys of a dictionary."""


def read(path: Path) -> Source:
    """A file of weights: what torch saves, safetensors, an archive of arrays (.npz), or a network pickle.

    Raises:
        UserError: If it is not there, is damaged, or asks for code to be run, which is then named.
    """
    try:
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            size = path.stat().st_size
            _check_unpacked(path, file, size)
            content = _content(path, file)
            _check_size(path, sum(one.numel() * one.element_size() for one in _all_tensors(content)), size)
    except UserError:  # which is a ValueError
        raise
    except FileNotFoundError as error:
        raise UserError(f"import: {path} does not exist") from error
    except network_pickles.Refused as error:
        raise UserError(
            f"import: {path} was not read: it asks for {error}, and only tensors, arrays and dictionaries are taken"
        ) from error
    except pickle.UnpicklingError as error:
        raise UserError(_why_not(path, str(error))) from error
    except OSError as error:
        raise UserError(f"import: {path} cannot be read ({error.strerror or 'it is no file of weights'})") from error
    except (
        *(RuntimeError, EOFError, ValueError, LookupError, AttributeError, TypeError, MemoryError, OverflowError),
        *(RecursionError, ImportError, AssertionError, struct.error, zipfile.BadZipFile),
    ) as error:
        raise UserError(f"import: {path} is cut short, damaged, or no file of weights") from error
    return Source(path, sha256, content)


def _check_unpacked(path: Path, file: IO[bytes], size: int) -> None:
    """Refuses an archive of more than its file could hold, before anything in it is unpacked."""
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            _check_size(path, sum(entry.file_size for entry in archive.infolist()), size)
    file.seek(0)


def _check_size(path: Path, unpacked: int, size: int) -> None:
    if unpacked > FREELY + TIMES * size:
        raise UserError(
            f"import: {path} was not read: of its {size:,} bytes {unpacked:,} would be made, as of no file of weights"
        )


def _all_tensors(content: Any) -> Iterator[Tensor]:
    """The tensors within dictionaries and lists, however deep."""
    waiting, seen = [content], set()
    while waiting:
        one = waiting.pop()
        if isinstance(one, Tensor):
            yield one
        elif id(one) not in seen and isinstance(one, Mapping | list | tuple):
            seen.add(id(one))
            waiting.extend(one.values() if isinstance(one, Mapping) else one)


def _content(path: Path, file: IO[bytes]) -> Any:
    if path.suffix == ENDING:
        return network_pickles.load(file)
    if path.suffix == ".safetensors":
        return _safetensors(path)
    if path.suffix == ".npz":
        return _arrays(path, file)
    with warnings.catch_warnings(action="ignore"), torch.serialization.safe_globals(NAMED):
        return torch.load(file, map_location="cpu", weights_only=True)


def _arrays(path: Path, file: IO[bytes]) -> dict[str, Tensor]:
    try:
        with np.load(file, allow_pickle=False) as archive:
            return {name: torch.from_numpy(np.array(archive[name])) for name in archive.files}
    except ValueError as error:
        if "Object arrays" in str(error):
            raise UserError(f"import: {path} was not read: it holds objects, and only arrays are taken") from error
        raise


def _safetensors(path: Path) -> dict[str, Tensor]:
    try:
        from safetensors import SafetensorError
        from safetensors.torch import load_file
    except ImportError as error:
        raise UserError(f"import: {path} needs safetensors: pip install 'gan-cli[export]'") from error
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ValueError(str(error)) from error


def _why_not(path: Path, error: str) -> str:
    """What torch found in a file that it does not take; it names classes and functions as GLOBAL."""
    named = re.search(r"GLOBAL ([\w.]+)", error)
    if named:
        return f"import: {path} was not read: it asks for {named[1]}, and nothing in a file is ever run"
    return f"import: {path} is damaged, or no file of weights"
