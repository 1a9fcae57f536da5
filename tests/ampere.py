"""A CPU that computes as a GPU with TF32 units does: it rounds what it multiplies, where PyTorch's flags allow that.

Within `on_ampere`, inputs of convolutions and of products of matrices are rounded to the ten bits of TF32 before they
are multiplied, forward and backward, whenever the flags of the moment say so. The sums are float32's, as a GPU's are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from gan_cli.devices.float32 import allow_tf32, rounded, true_float32

ATEN: Any = torch.ops.aten
CONVOLUTIONS = {ATEN.convolution.default: (0, 1), ATEN.convolution_backward.default: (0, 1, 2)}
"""By the operation: which of its inputs are multiplied."""
PRODUCTS = {
    ATEN.mm.default: (0, 1),
    ATEN.bmm.default: (0, 1),
    ATEN.addmm.default: (1, 2),
    ATEN.baddbmm.default: (1, 2),
}


class Computed(NamedTuple):
    """An operation that has multiplied something.

    Attributes:
        name: Of PyTorch's operation, such as "convolution_backward".
        rounded: Whether its inputs were rounded.
    """

    name: str
    rounded: bool


def to_tf32(values: Tensor) -> Tensor:
    """Float32 rounded to the nearest number with ten bits after the point; anything else as it is."""
    if values.dtype != torch.float32:
        return values
    return ((values.contiguous().view(torch.int32) + 0x1000) & ~0x1FFF).view(torch.float32)


class _Ampere(TorchDispatchMode):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.computed: list[Computed] = []

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        products, convolutions, _ = rounded()
        for multiplied, rounds in ((CONVOLUTIONS.get(func), convolutions), (PRODUCTS.get(func), products)):
            if multiplied is not None:
                self.computed.append(Computed(func.overloadpacket.__name__, rounds))
                args = [to_tf32(value) if rounds and place in multiplied else value for place, value in enumerate(args)]
        return func(*args, **(kwargs or {}))


@contextmanager
def on_ampere(allowed: bool = True) -> Iterator[list[Computed]]:
    """Within the block the CPU has such units, and may use them or not; gives what it multiplies, as it goes."""
    with true_float32(), _Ampere() as units:  # which restores what was allowed before
        allow_tf32(allowed)
        yield units.computed
