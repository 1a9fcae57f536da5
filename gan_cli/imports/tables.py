"""Weights under others' names, brought under ours."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError

SHOWN = 3
"""At most this many names are listed in a message."""
STATISTICS = ("running_mean", "running_var", "num_batches_tracked")
"""What batch normalisation keeps beside its weights."""

Layers = Sequence[tuple[str, str]]
"""Pairs of a layer's name there and here, such as ("model.1", "layers.0")."""


@dataclass(frozen=True)
class Network:
    """A network of a file, under our names.

    Attributes:
        path: The file.
        weights: Its tensors by our names.
        theirs: Their names by ours.
        left: Their names that no layer of ours has.
        layers: The table.
    """

    path: Path
    weights: dict[str, Tensor]
    theirs: dict[str, str]
    left: tuple[str, ...]
    layers: dict[str, str]

    def fill(self, network: nn.Module) -> None:
        """Gives a network of ours these weights: all of them, and nothing else.

        Raises:
            UserError: If a weight is missing, has another shape, or has no place.
        """
        wanted = network.state_dict()
        missing = [name for name in wanted if name not in self.weights and not name.endswith(STATISTICS[-1])]
        if missing:
            raise UserError(f"import: {self.path} lacks {_listed(map(self._there, missing))}")
        left = [*self.left, *(self.theirs[name] for name in self.weights if name not in wanted)]
        if left:
            raise UserError(f"import: {self.path} holds {_listed(left)}, which such a network does not have")
        for name, tensor in self.weights.items():
            if tensor.shape != wanted[name].shape:
                raise UserError(
                    f"import: {self.theirs[name]} of {self.path} has the shape {list(tensor.shape)}, "
                    f"and it is to be {list(wanted[name].shape)}"
                )
            if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
                raise UserError(f"import: {self.theirs[name]} of {self.path} holds numbers that are not finite")
        with torch.no_grad():
            for name, tensor in self.weights.items():
                wanted[name].copy_(tensor)

    def _there(self, ours: str) -> str:
        """Their name of a tensor of ours."""
        by_ours = {here: there for there, here in self.layers.items()}
        parts = ours.split(".")
        for length in range(len(parts), 0, -1):
            there = by_ours.get(".".join(parts[:length]))
            if there is not None:
                return ".".join([there, *parts[length:]])
        return ours


def renamed(path: Path, tensors: Mapping[str, Tensor], layers: Layers, dropped: Iterable[str] = ()) -> Network:
    """A network under our names.

    Args:
        path: The file.
        tensors: Its tensors by their names.
        layers: The table; what is below a layer there is below it here.
        dropped: Their names that change nothing here.
    """
    table, without = dict(layers), set(dropped)
    found = {name: _ours(name, table) for name in tensors if name not in without}
    return Network(
        path,
        {ours: tensors[name] for name, ours in found.items() if ours is not None},
        {ours: name for name, ours in found.items() if ours is not None},
        tuple(name for name, ours in found.items() if ours is None),
        table,
    )


def numbers_of(tensors: Mapping[str, Tensor], before: str, after: str = "") -> list[int]:
    """The numbers k, ascending, for which there is a name that begins with `before`, k and `after`."""
    tails = (name.removeprefix(before) for name in tensors if name.startswith(before))
    heads = ((tail.partition(".")[0], tail) for tail in tails)
    return sorted({int(head) for head, tail in heads if head.isdecimal() and tail[len(head) + 1 :].startswith(after)})


def shape_of(path: Path, tensors: Mapping[str, Tensor], name: str, dimensions: int) -> Sequence[int]:
    """The shape of a tensor that a format has.

    Raises:
        UserError: If it is not there, or is none of so many dimensions.
    """
    if name not in tensors:
        raise UserError(f"import: {path} lacks {name}")
    if tensors[name].ndim != dimensions:
        raise UserError(f"import: {name} of {path} has {tensors[name].ndim} dimensions, and it is to have {dimensions}")
    return tensors[name].shape


def _listed(names: Iterable[str]) -> str:
    all_of_them = list(names)
    more = f" and {len(all_of_them) - SHOWN} more" if len(all_of_them) > SHOWN else ""
    return ", ".join(all_of_them[:SHOWN]) + more


def _ours(name: str, table: Mapping[str, str]) -> str | None:
    """Our name of a tensor: that of the longest beginning of its name that is a layer there."""
    layer, rest = name, ""
    while layer:
        if layer in table:
            return table[layer] + rest
        layer, dot, last = layer.rpartition(".")
        rest = f"{dot}{last}{rest}" if dot else f".{last}{rest}"
    return None
