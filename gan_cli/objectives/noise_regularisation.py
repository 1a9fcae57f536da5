"""What keeps noise maps noise while they are optimised: they must not take up what belongs to an image.

Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958, appendix D.
"""

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

SMALLEST = 8
"""A map is halved until it has no more pixels a side than this."""


def autocorrelation(maps: Tensor) -> Tensor:
    """How much neighbours in noise maps resemble each other, at the maps' own size and at all halves of it, [N].

    The squared mean of each pixel times its right neighbour, and of each times the one below, added up over the sizes;
    the paper multiplies by 100,000. White noise has 0, up to chance.

    Args:
        maps: Square maps of mean 0 and variance 1, [N, 1, H, H].
    """
    found = maps.new_zeros(len(maps))
    while True:
        for axis in (3, 2):
            found = found + (maps * maps.roll(1, dims=axis)).mean(dim=(1, 2, 3)).square()
        if maps.shape[3] <= SMALLEST:
            return found
        maps = avg_pool2d(maps, 2)


@torch.no_grad()
def normalise(maps: Tensor) -> None:
    """Brings each of some maps [N, 1, H, W] to mean 0 and variance 1, in place."""
    maps.sub_(maps.mean(dim=(1, 2, 3), keepdim=True))
    maps.mul_(maps.square().mean(dim=(1, 2, 3), keepdim=True).rsqrt())
