"""Things that are made again when their gradient is wanted, so that their graph need not be kept until then."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any, TypeVar

from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

Input = TypeVar("Input")


def made_twice(make: Callable[[Input], Any], inputs: Input, model: nn.Module) -> Any:
    """The output of `make`, with a graph that holds nothing: a backward pass through it makes the output once more.

    What is made the second time is what was made the first time, to the bit: dropout draws the same numbers, buffers
    such as spectral normalisation's vectors are as they were, and the second time moves none of them.

    Args:
        make: A function of the inputs and of a model's weights, which do not change between the two times.
        inputs: Tensors, or named tuples of them.
        model: The networks that `make` uses are among its modules.
    """
    live = [weights for weights in model.parameters() if weights.requires_grad]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    return checkpoint(make, inputs, use_reentrant=False, context_fn=lambda: (nullcontext(), _as_it_was(live, buffers)))


@contextmanager
def _as_it_was(live: list[nn.Parameter], buffers: list[tuple[Tensor, Tensor]]) -> Iterator[None]:
    """Within the block, weights that have been frozen since are live, and buffers have the values they had."""
    resting = [weights for weights in live if not weights.requires_grad]
    values = [buffer.clone() for buffer, _ in buffers]
    for weights in resting:
        weights.requires_grad = True
    for buffer, then in buffers:
        buffer.data.copy_(then)  # past autograd, which may have kept the buffer for a backward pass
    try:
        yield
    finally:
        for weights in resting:
            weights.requires_grad = False
        for (buffer, _), now in zip(buffers, values, strict=True):
            buffer.data.copy_(now)
