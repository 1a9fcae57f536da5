"""Weights divided by their largest singular value, as torch's older and BigGAN's own code save them."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize

OURS = "parametrizations.weight"
"""Where such a layer of ours keeps its weight, and below 0 both vectors."""


def of_torch(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Tensors of `torch.nn.utils.spectral_norm` under our names of each layer: `weight_orig`, `weight_u`, `weight_v`.

    Files of torch before 1.0 have no `weight_v`, which then is the next step of the iteration.
    """
    found: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        layer, _, kind = name.rpartition(".")
        if kind == "weight_orig":
            left = tensors.get(f"{layer}.weight_u")
            right = tensors.get(f"{layer}.weight_v")
            found |= divided(layer, tensor, left, right)
        elif kind not in ("weight_u", "weight_v"):
            found[name] = tensor
    return found


def divided(
    layer: str, weight: Tensor, left: Tensor | None, right: Tensor | None = None, steps: int = 0, epsilon: float = 1e-12
) -> dict[str, Tensor]:
    """A layer's weight with both vectors, under our names below the layer's.

    Args:
        layer: Its name.
        weight: Undivided.
        left: The vector of outputs; None begins anew, with many steps.
        right: The vector of inputs; None takes the next step's.
        steps: Further steps of the iteration, as an author's code takes one more in eval mode.
        epsilon: The least length that a vector is divided by.
    """
    matrix = weight.flatten(1).float()
    if left is None or left.numel() != len(matrix):
        left, steps = torch.ones(len(matrix)), 50
    left = left.flatten().float()
    if right is None:
        right = normalize(matrix.T @ left, dim=0, eps=epsilon)
    for _ in range(steps):
        right = normalize(matrix.T @ left, dim=0, eps=epsilon)
        left = normalize(matrix @ right, dim=0, eps=epsilon)
    return {
        f"{layer}.{OURS}.original": weight,
        f"{layer}.{OURS}.0._u": left,
        f"{layer}.{OURS}.0._v": right.flatten().float(),
    }
