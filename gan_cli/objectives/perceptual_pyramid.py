"""How differently images look to a network at several sizes."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gan_cli.objectives.layers import matched_layers


def halves(images: Tensor, levels: int) -> list[Tensor]:
    """Images [N, C, H, W], and as many smaller ones, each half as large as the one before; `levels` in all."""
    found = [images]
    while len(found) < levels:
        found.append(avg_pool2d(found[-1], 2))
    return found


def perceptual_pyramid(made: Tensor, real: Tensor, maps: Callable[[Tensor], Sequence[Tensor]], levels: int) -> Tensor:
    """The mean absolute differences of what is seen in images, summed over what is looked at and over sizes.

    Siarohin et al. 2019, arXiv:2003.00196, equation 8, after Johnson et al. 2016, arXiv:1603.08155.

    Args:
        made: Images [N, C, H, W] in [-1, 1].
        real: What they should be, of the same shape; no gradient flows back into them.
        maps: What is seen: maps [N, C', H', W'] of images.
        levels: At so many sizes.

    Returns:
        Scalar >= 0, averaged over N and over the numbers of each map.
    """
    terms = []
    for one, other in zip(halves(made, levels), halves(real, levels), strict=True):
        with torch.no_grad():
            wanted = maps(other)
        terms.append(matched_layers([maps(one)], [wanted]))
    return torch.stack(terms).sum()
