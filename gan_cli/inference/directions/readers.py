"""The layers that read a latent before anything else does, and the weights by which they read it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from gan_cli.variants.descents import frozen


class Reading(NamedTuple):
    """How a layer reads a latent.

    Attributes:
        places: The style layers it reads, ascending; [0] of a latent that has none.
        weights: The derivative of its outputs by what it reads of each, [P, O, W] or [1, O, Z].
    """

    places: list[int]
    weights: Tensor


class _Call(NamedTuple):
    """A layer with weights, and the inputs [1, ...] that it had of a latent."""

    layer: nn.Module
    inputs: Tensor


def readings_of(network: nn.Module, make: Callable[[Tensor], Any], latent: Tensor) -> list[Reading]:
    """How a network's layers read a latent, in the order in which they are called.

    The weights are the derivative at 0: of a linear layer or a convolution its own, whatever stands beside the latent
    among its inputs, and up to a factor where a norm is before it. What a reader makes of the latent no longer counts
    as the latent, so all others read nothing.

    Args:
        network: In eval mode; it is left as it is.
        make: Makes one thing with it, of a latent.
        latent: One of the shape wanted, [1, Z] or [1, L, W], on the network's device; its values do not matter.
    """
    # Weights without gradients: what has one depends on the latent.
    with torch.inference_mode(False), torch.enable_grad(), frozen(network.parameters()), _noted(network) as calls:
        start = torch.zeros(latent.shape, device=latent.device, requires_grad=True)
        make(start)
    return [_reading(call, start) for call in calls]


@contextmanager
def _noted(network: nn.Module) -> Iterator[list[_Call]]:
    """The calls of layers that read the latent, a list that grows as the network runs."""
    calls: list[_Call] = []
    with ExitStack() as hooks:
        for layer in filter(_has_weights, network.modules()):
            hooks.callback(layer.register_forward_hook(partial(_note, calls)).remove)
        yield calls


def _note(calls: list[_Call], layer: nn.Module, inputs: tuple[Any, ...], output: Any) -> Any:
    first = inputs[0]
    if not (isinstance(first, Tensor) and first.requires_grad):
        return output
    calls.append(_Call(layer, first))
    return output.detach()


def _has_weights(layer: nn.Module) -> bool:
    """Whether it is a single layer with a matrix of weights; a norm of these weights is no layer of its own."""
    weight = getattr(layer, "weight", None)
    parts = {name for name, _ in layer.named_children()}
    return isinstance(weight, Tensor) and weight.ndim >= 2 and parts <= {"parametrizations"}


def _reading(call: _Call, latent: Tensor) -> Reading:
    """Follows the derivative through the inputs, which are fewer than the outputs of a first layer."""
    each = _derivative(call.inputs, latent)
    alone = torch.eye(len(each), dtype=each.dtype, device=each.device).view(-1, *call.inputs.shape[1:])
    with torch.no_grad():
        outputs = call.layer(torch.cat([alone, torch.zeros_like(call.inputs)])).flatten(1)
    responses = outputs[:-1] - outputs[-1:]  # without the bias; [numbers, O]
    places = each.abs().amax(dim=(0, 2)).nonzero().flatten().tolist()
    return Reading(places, torch.einsum("no,npw->pow", responses, each[:, places]))


def _derivative(inputs: Tensor, latent: Tensor) -> Tensor:
    """The derivative of what was made of a latent [1, Z] or [1, L, W] by it, [numbers, L or 1, W or Z].

    It takes a pass for each number of the one or of the other, whichever has fewer.
    """
    numbers = inputs.flatten()
    if len(numbers) <= latent.numel():
        rows = [torch.autograd.grad(number, latent, retain_graph=True)[0] for number in numbers]
    else:  # the derivative of the backward pass by what goes into it, which it is linear in
        going_in = torch.zeros_like(numbers, requires_grad=True)
        (back,) = torch.autograd.grad(numbers, latent, going_in, create_graph=True)
        columns = [torch.autograd.grad(number, going_in, retain_graph=True)[0] for number in back.flatten()]
        rows = list(torch.stack(columns, dim=1))
    return torch.stack([row.reshape(-1, latent.shape[-1]) for row in rows])
