"""Spectral normalisation (Miyato et al. 2018, arXiv:1802.05957): weights divided by their largest singular value."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd
from torch.nn.utils.parametrizations import _SpectralNorm
from torch.nn.utils.parametrize import ParametrizationList, register_parametrization


class SpectralNorm(_SpectralNorm):
    """PyTorch's, in float32 whatever the autocast: a GPU's products of matrices and vectors would be in half precision,
    which the weights are divided by."""

    def forward(self, weight: Tensor) -> Tensor:
        """The weight divided by its largest singular value."""
        with torch.autocast(weight.device.type, enabled=False):
            return super().forward(weight)


def normalise_spectrally(network: nn.Module, epsilon: float = 1e-12) -> None:
    """Divides every weight of a network's convolutions and linear layers by its largest singular value.

    Miyato et al. 2018, arXiv:1802.05957, algorithm 1: one step of power iteration at each forward pass in training,
    none in eval mode. Initialise before: a weight can no longer be set once it is divided. Weights without values, of a
    network that is only counted (torch's device "meta"), are left as they are: the first steps would take seconds.

    Args:
        network: A discriminator's embedding is a linear layer too; an `nn.Embedding` is left as it is.
        epsilon: The least length that a vector of the iteration is divided by.
    """
    for module in list(network.modules()):
        if isinstance(module, _ConvNd | nn.Linear) and not module.weight.is_meta:
            outputs = 1 if isinstance(module, _ConvTransposeNd) else 0
            register_parametrization(module, "weight", SpectralNorm(module.weight, dim=outputs, eps=epsilon))


@contextmanager
def spectra_untouched(network: nn.Module) -> Iterator[None]:
    """Within the block, spectral normalisation divides by what it knows, and makes no step of its iteration."""
    lists = [module for module in network.modules() if isinstance(module, ParametrizationList) and module.training]
    for module in lists:
        module.eval()
    try:
        yield
    finally:
        for module in lists:
            module.train()
