"""Watches whether maps stay in the memory layout in which the networks are."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class LayoutWatch(TorchDispatchMode):
    """Within the block, notes what takes maps in channels_last memory and gives, or also takes, contiguous ones.

    A map of one channel, or of one pixel, has both layouts at once and is never noted.

    Maps of up to 4x4 pixels are not looked at, because heads want them in a row, nor are pictures in up to 3 channels.

    Attributes:
        operations: How many there were.
        changes: The operation and the shapes of its maps, once for each kind.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.operations = 0
        self.changes: set[str] = set()

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.operations += 1
        made = func(*args, **(kwargs or {}))
        taken, given = list(_maps([args, kwargs or {}])), list(_maps(made))
        if any(map(_only_channels_last, taken)) and any(map(_only_contiguous, [*taken, *given])):
            self.changes.add(f"{func}: {_said(taken)} -> {_said(given)}")
        return made


def _maps(values: Any) -> Iterator[Tensor]:
    if isinstance(values, Tensor):
        if values.ndim == 4:
            yield values
    elif isinstance(values, list | tuple):
        for value in values:
            yield from _maps(value)
    elif isinstance(values, Mapping):
        yield from _maps(list(values.values()))


def _only_channels_last(tensor: Tensor) -> bool:
    return _is_map(tensor) and not tensor.is_contiguous() and tensor.is_contiguous(memory_format=torch.channels_last)


def _only_contiguous(tensor: Tensor) -> bool:
    return _is_map(tensor) and tensor.is_contiguous() and not tensor.is_contiguous(memory_format=torch.channels_last)


def _is_map(tensor: Tensor) -> bool:
    _, channels, height, width = tensor.shape
    return channels > 3 and height * width > 16


def _said(maps: Sequence[Tensor]) -> str:
    """Their shapes, with a mark at those that are contiguous alone."""
    return " ".join(f"{list(tensor.shape)}{' contiguous' * _only_contiguous(tensor)}" for tensor in maps)
