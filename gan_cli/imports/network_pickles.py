"""Network pickles, as StyleGAN2-ADA and StyleGAN3 write them, read without running anything that they carry.

Karras et al. 2020, arXiv:2006.06676: each module of such a file is a call of a function with the source text of its
class, which is to be run, and the module's state. Here the call gives the state alone, and the text is dropped.
"""

import io
import pickle
import types
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import IO, Any

import numpy as np
import torch
from torch import Tensor

NUMPY = ("numpy.core.multiarray", "numpy._core.multiarray")
"""The module of NumPy's own reader of arrays, before NumPy 2 and since."""
MOST_DIMENSIONS = 8
"""A tensor of a network has no more of them."""


class Refused(pickle.UnpicklingError):
    """A pickle that asks for more than tensors, arrays and dictionaries; its text names what it asks for."""


@dataclass(frozen=True)
class Module:
    """What is kept of a module in a network pickle.

    Attributes:
        name: Its class, such as "SynthesisLayer".
        state: Its attributes as they were saved; weights are in "_parameters" and "_buffers", parts in "_modules".
    """

    name: str
    state: Mapping[str, Any]

    def weights(self) -> dict[str, Tensor]:
        """Parameters and buffers by their dotted names."""
        return dict(self._weights(""))

    def _weights(self, prefix: str) -> Iterator[tuple[str, Tensor]]:
        for kind in ("_parameters", "_buffers"):
            for name, tensor in _items(self.state.get(kind)):
                if isinstance(tensor, Tensor):
                    yield f"{prefix}{name}", tensor
        for name, part in _items(self.state.get("_modules")):
            if isinstance(part, Module):
                yield from part._weights(f"{prefix}{name}.")

    @property
    def arguments(self) -> dict[str, Any]:
        """The keyword arguments that it was made with, where the file has them."""
        return dict(_items(self.state.get("_init_kwargs")))


def load(file: IO[bytes]) -> Any:
    """The content of a network pickle: plain values, tensors, arrays, dictionaries, and `Module`s.

    Raises:
        Refused: If it asks for anything else; nothing of it has run.
        pickle.UnpicklingError: If it is damaged.
    """
    return _Unpickler(file).load()


def _items(mapping: object) -> list[tuple[str, Any]]:
    return [(str(name), part) for name, part in mapping.items()] if isinstance(mapping, Mapping) else []


class _Unpickler(pickle._Unpickler):
    """Python's own, whose memory is a dictionary: that in C takes 16 bytes for each number up to one that is named."""

    def find_class(self, module: str, name: str) -> Any:
        known = _ALLOWED.get((module, name))
        if known is None:
            raise Refused(f"{module}.{name}")
        return known

    def persistent_load(self, pid: Any) -> Any:
        raise Refused("an object that is kept elsewhere")


def _module(meta: Mapping[str, Any], *_: Any) -> Module:
    """A module's name and state; the source text beside them is dropped."""
    if not isinstance(meta, Mapping) or meta.get("type") != "class" or not isinstance(meta.get("state"), Mapping):
        raise Refused("a persistent object that is no module")
    return Module(str(meta.get("class_name")), meta["state"])


def _storage(content: bytes) -> torch.storage.TypedStorage:
    """The numbers of a tensor, which torch keeps as a file in the file."""
    read = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    if not isinstance(read, torch.storage.TypedStorage):
        raise Refused("a storage that is none")
    return read


def _tensor(storage: Any, offset: int, size: Sequence[int], stride: Sequence[int], *_: Any) -> Tensor:
    """A tensor as a view of its storage, which torch refuses if it would reach beyond it."""
    if not isinstance(storage, torch.storage.TypedStorage) or len(size) > MOST_DIMENSIONS:
        raise Refused("a tensor that is none")
    flat = torch.empty(0, dtype=storage.dtype)
    flat.set_(storage)
    if prod(size) > flat.numel():
        raise Refused("a tensor of more numbers than it has")
    return flat.as_strided(tuple(size), tuple(stride), offset).clone()


def _parameter(tensor: Tensor, *_: Any) -> Tensor:
    if not isinstance(tensor, Tensor):
        raise Refused("a parameter that is no tensor")
    return tensor


def _array(kind: type, shape: tuple[int, ...], code: bytes) -> np.ndarray[Any, Any]:
    """An empty array, which the pickle then gives its numbers."""
    if kind is not np.ndarray:
        raise Refused(f"an array of the kind {kind}")
    return np.ndarray.__new__(_NumbersOnly, 0, np.int8)


class _NumbersOnly(np.ndarray[Any, Any]):
    """An array that takes no objects."""

    def __setstate__(self, state: Any) -> None:
        if not isinstance(state, tuple) or any(isinstance(part, np.dtype) and part.hasobject for part in state):
            raise Refused("an array of objects")
        super().__setstate__(state)


def _scalar(dtype: Any, content: bytes = b"") -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject or not isinstance(content, bytes):
        raise Refused("a number that is none")
    return np.frombuffer(content, dtype)[0].item()


def _dtype(name: Any, *_: Any) -> np.dtype[Any]:
    if not isinstance(name, str) or np.dtype(name).hasobject:
        raise Refused("an array of objects")
    return np.dtype(name)


def _encoded(text: str, *_: Any) -> bytes:
    """Bytes as pickles of protocol 2 have them."""
    return text.encode("latin1")


class _Dictionary(dict[Any, Any]):
    """A dictionary that lets attributes be set by the pickle, which are dropped."""

    def __setstate__(self, state: Any) -> None:
        return


_ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = types.MappingProxyType(
    {
        ("collections", "OrderedDict"): OrderedDict,
        ("builtins", "set"): set,
        ("__builtin__", "set"): set,
        ("dnnlib.util", "EasyDict"): _Dictionary,
        ("torch_utils.persistence", "_reconstruct_persistent_obj"): _module,
        ("torch.storage", "_load_from_bytes"): _storage,
        ("torch._utils", "_rebuild_tensor_v2"): _tensor,
        ("torch._utils", "_rebuild_parameter"): _parameter,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): _dtype,
        ("_codecs", "encode"): _encoded,
        **{(module, "_reconstruct"): _array for module in NUMPY},
        **{(module, "scalar"): _scalar for module in NUMPY},
    }
)
"""All that a network pickle may name, with what takes its place here."""
