"""Finds what would make the processor wait for a GPU, on a machine without one."""

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.nn.functional import one_hot
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

READS = {
    *(Tensor.item, Tensor.tolist, Tensor.cpu, Tensor.numpy, Tensor.__bool__, Tensor.__int__, Tensor.__float__),
    *(Tensor.__index__, Tensor.__contains__, Tensor.nonzero, torch.nonzero, torch.equal, torch.unique),
}
"""What needs the numbers themselves, or how many there are."""


class Waited(AssertionError):
    """Something has waited for numbers of the device."""


class _Computed(TorchDispatchMode):
    """Refuses it where it is not Python that asks, such as in a backward pass."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.looks = True

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if self.looks and func in (torch.ops.aten._local_scalar_dense.default, torch.ops.aten.nonzero.default):
            raise Waited(str(func))
        return func(*args, **(kwargs or {}))


class _Asked(TorchFunctionMode):
    """Refuses reading of tensors by Python; those that were drawn with a generator of the CPU's lie there anyway."""

    def __init__(self, computed: _Computed) -> None:
        super().__init__()
        self.computed = computed
        self.drawn: list[Tensor] = []

    def __torch_function__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        if func in READS and not any(args[0] is tensor for tensor in self.drawn):
            raise Waited(f"{getattr(func, '__name__', func)} of a tensor of shape {tuple(args[0].shape)}")
        self.computed.looks = func is not one_hot  # which looks at its labels on the CPU alone
        result = func(*args, **kwargs)
        self.computed.looks = True
        if isinstance(kwargs.get("generator"), torch.Generator):
            self.drawn.append(result)
        return result


class NothingWaits(Callback):
    """Refuses, from the start of every batch to the hooks at its end, whatever would wait for the device.

    One begins before the other callbacks, and another ends after them.

    Args:
        begun: The one that has begun, for the other.

    Attributes:
        batches: How many have gone by, of the first one.
    """

    def __init__(self, begun: "NothingWaits | None" = None) -> None:
        self.begun = begun
        self.modes = ExitStack()
        self.batches = 0

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        if self.begun is None:
            computed = self.modes.enter_context(_Computed())
            self.modes.enter_context(_Asked(computed))

    def on_train_batch_end(self, *_: Any) -> None:
        if self.begun is not None:
            self.begun.modes.close()
            self.begun.batches += 1

    def on_exception(self, *_: Any) -> None:
        self.modes.close()
