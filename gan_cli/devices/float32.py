"""Whether a GPU may round the float32 numbers that it multiplies to TF32, which keeps ten of their 23 bits.

PyTorch lets convolutions be computed so unless it is told otherwise, and products of matrices not. Its flags belong to
the whole process, and there are two sets of them: `allow_tf32`, and the younger `fp32_precision`. What computes goes by
the second; but Lightning and PyTorch's compiler ask for the first, which fails where the two contradict each other. So
the second are read here, and both are set.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor


class Rounded(NamedTuple):
    """What may be computed in TF32: products of matrices, convolutions, recurrent layers."""

    products: bool
    convolutions: bool
    recurrent: bool


def rounded() -> Rounded:
    """What this process may compute in TF32 at this moment."""
    cuda, cudnn = _backends()
    return Rounded(*(kind.fp32_precision == "tf32" for kind in (cuda.matmul, cudnn.conv, cudnn.rnn)))


def allow_tf32(allowed: bool) -> None:
    """Lets this process compute everything of float32 in TF32 from now on, or nothing."""
    _allow(Rounded(allowed, allowed, allowed))


@contextmanager
def true_float32() -> Iterator[None]:
    """Within the block float32 has all of its bits; afterwards what was allowed before is allowed again.

    It does not reach a backward pass that comes after the block: that takes `true_float32_backward`.
    """
    before = rounded()
    allow_tf32(False)
    try:
        yield
    finally:
        _allow(before)


def true_float32_backward(*outputs: Tensor) -> None:
    """Has each backward pass through an output computed in true float32, from there to the end of the pass.

    Args:
        outputs: What has been computed, and may be differentiated later, by whomever.
    """
    for output in outputs:
        if output.requires_grad:
            output.register_hook(_until_the_end)


def _until_the_end(gradient: Tensor) -> None:
    """Turns TF32 off in the middle of a backward pass; at its end it is as before."""
    if any(before := rounded()):
        allow_tf32(False)
        engine: Any = torch.autograd.Variable._execution_engine
        engine.queue_callback(lambda: _allow(before))


def _allow(wanted: Rounded) -> None:
    """Sets what differs alone, because a compiled network is compiled anew for products set in another way."""
    here, (cuda, cudnn) = rounded(), _backends()
    if wanted.products != here.products:
        cuda.matmul.allow_tf32 = wanted.products  # fp32_precision with it
    if wanted[1:] != here[1:]:
        cudnn.allow_tf32 = wanted.convolutions
        cudnn.conv.fp32_precision = _name(wanted.convolutions)
        cudnn.rnn.fp32_precision = _name(wanted.recurrent)


def _backends() -> tuple[Any, Any]:
    """The holders of the flags, for which PyTorch has no types."""
    return torch.backends.cuda, torch.backends.cudnn


def _name(allowed: bool) -> str:
    return "tf32" if allowed else "ieee"
