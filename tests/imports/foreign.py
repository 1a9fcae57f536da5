"""Files in the layouts of others, with networks built from the papers in a few plain lines and tiny widths."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:

    class Plain(nn.Module):
        """A module whose parts are not told to the type checker."""

        def __getattr__(self, name: str) -> Any: ...
else:
    Plain = nn.Module


def drawn(network: nn.Module, seed: int = 0) -> Any:
    """A network with numbers drawn for all its weights and statistics, in eval mode."""
    numbers = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in network.state_dict().items():
            if tensor.is_floating_point():
                fresh = torch.randn(tensor.shape, generator=numbers)
                is_variance = name.endswith(("running_var", "stored_var"))
                is_scale = tensor.ndim == 1 and name.endswith("weight")
                tensor.copy_(
                    fresh.abs() + 0.5
                    if is_variance or is_scale
                    else fresh * (tensor[0].numel() if tensor.ndim else 1) ** -0.5
                )
    return network.eval()


def saved(path: Path, weights: Mapping[str, Tensor] | nn.Module) -> Path:
    """A file as torch saves it."""
    torch.save(weights.state_dict() if isinstance(weights, nn.Module) else dict(weights), path)
    return path


def images(*shape: int, seed: int = 1) -> Tensor:
    """Images in [-1, 1]."""
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
