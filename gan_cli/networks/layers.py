"""Parts that several networks use, and what the training loop needs to know about them."""

from collections.abc import Iterator
from contextlib import contextmanager

from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


def mixes_batch(network: nn.Module) -> bool:
    """Whether an image's output depends on the other images of its batch, as batch normalisation makes it."""
    return any(isinstance(module, _BatchNorm) for module in network.modules())


@contextmanager
def running_statistics_untouched(network: nn.Module) -> Iterator[None]:
    """Within it, batch normalisation in training mode uses the batch's statistics and leaves the running ones alone."""
    layers = [module for module in network.modules() if isinstance(module, _BatchNorm) and module.track_running_stats]
    for layer in layers:
        layer.track_running_stats = False
    try:
        yield
    finally:
        for layer in layers:
            layer.track_running_stats = True


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Within it the network is in eval mode; afterwards each module is in the mode it had."""
    modes = [(module, module.training) for module in network.modules()]
    network.eval()
    try:
        yield
    finally:
        for module, training in modes:
            module.training = training
