"""How far colours are from the true ones; Zhang et al. 2017, arXiv:1705.02999, as in the authors' PyTorch code."""

from torch import Tensor
from torch.nn.functional import cross_entropy

from gan_cli.objectives.adversarial import precise


@precise
def colour_difference(made: Tensor, wanted: Tensor) -> Tensor:
    """The absolute differences of a and b, added up and averaged over the pixels: scalar, in float32 at least.

    Args:
        made: a and b, [N, 2, H, W].
        wanted: Of the same shape.
    """
    return (made - wanted).abs().sum(1).mean()


@precise
def colour_cross_entropy(logits: Tensor, bins: Tensor) -> Tensor:
    """The cross-entropy of the colours' bins, averaged over the pixels that logits are of; log K for equal logits.

    Args:
        logits: Of K bins, [N, K, h, w].
        bins: The true ones, int64 [N, H, W], H and W whole multiples of h and w; one pixel counts of each square.
    """
    every = bins.shape[1] // logits.shape[2]
    rows = logits.flatten(2).transpose(1, 2).flatten(0, 1)  # of maps, torch would make contiguous ones
    return cross_entropy(rows, bins[:, ::every, ::every].flatten())
