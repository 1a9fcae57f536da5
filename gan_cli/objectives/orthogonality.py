"""Off-diagonal orthogonal regularisation: Brock et al. 2019, arXiv:1809.11096, equation 3."""

from collections.abc import Iterable

import torch
from torch import Tensor


@torch.no_grad()
def pull_rows_apart(weights: Iterable[Tensor], strength: float) -> None:
    """Adds to the gradients of weights what makes the rows of each orthogonal, whatever their lengths.

    As in the first author's PyTorch code this is the gradient of strength / 2 |W W^T * (1 - I)|^2, half of what the
    paper prints; a weight's first axis is its rows.

    Args:
        weights: Those that have a gradient and two axes or more are regularised.
        strength: 1e-4 in the paper.
    """
    for weight in weights:
        if weight.grad is None or weight.ndim < 2:
            continue
        rows = weight.flatten(1)
        products = rows @ rows.T
        products.fill_diagonal_(0)
        weight.grad.add_((products @ rows).view_as(weight), alpha=2 * strength)
