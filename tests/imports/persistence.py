"""Network pickles as StyleGAN2-ADA's code writes them, made without it."""

import io
import pickle
import sys
import types
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from torch import nn


class Asks:
    """Pickled as a call."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> tuple[Any, tuple[Any, ...]]:
        return self.call


def _reconstruct_persistent_obj(meta: Any) -> None:
    exec(meta["module_src"])


class EasyDict(dict[Any, Any]):
    pass


@contextmanager
def installed() -> Iterator[None]:
    """Within the block the authors' modules are there, as they are when such a file is written."""
    modules = {
        name: types.ModuleType(name) for name in ("torch_utils", "torch_utils.persistence", "dnnlib", "dnnlib.util")
    }
    for one, name in ((_reconstruct_persistent_obj, "torch_utils.persistence"), (EasyDict, "dnnlib.util")):
        one.__module__ = name
        setattr(modules[name], one.__name__, one)
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in modules:
            del sys.modules[name]


def persistent(class_name: str, state: Any, source: str = "raise SystemExit('ran')") -> Asks:
    """A module as such a file has it; its source ends the process if it is run."""
    meta = EasyDict(type="class", version=6, module_src=source, class_name=class_name, state=state)
    return Asks(_reconstruct_persistent_obj, meta)


def pickled(content: Any, protocol: int = 3) -> bytes:
    """The bytes of a network pickle, of the protocol that the authors' Python has."""
    file = io.BytesIO()
    with installed():
        pickle.dump(content, file, protocol)
    return file.getvalue()


def as_persistent(network: nn.Module, **attributes: Any) -> Asks:
    """A network with all its parts as such a file has them."""
    kept = {name: value for name, value in vars(network).items() if isinstance(value, int | float | str)}
    return persistent(
        type(network).__name__,
        {
            **kept,
            "_parameters": OrderedDict(network._parameters),
            "_buffers": OrderedDict(network._buffers),
            "_modules": OrderedDict(
                (name, as_persistent(one)) for name, one in network._modules.items() if one is not None
            ),
            **attributes,
        },
    )
