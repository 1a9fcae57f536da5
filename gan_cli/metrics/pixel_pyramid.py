"""How different the pixels of two images are, near by and from afar: a distance that needs no network."""

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

SMALLEST = 4
"""An image is halved as long as its shorter side stays at least so long, in pixels."""


class PixelPyramid(nn.Module):
    """The mean squared error of images in [-1, 1], averaged over their own size and all halves of it.

    Distances are taken by `perceptual.distance_of`, as of what the layers of a network make of images.
    """

    name = key = "pixels"

    def seen(self, images: Tensor) -> list[Tensor]:
        """Images [N, C, H, W] in [-1, 1] at each size, scaled so that squared differences add up to the mean."""
        maps = [images.to(torch.promote_types(images.dtype, torch.float32))]
        while min(maps[-1].shape[2:]) >= 2 * SMALLEST:
            maps.append(avg_pool2d(maps[-1], 2))
        scale: float = (images.shape[1] * len(maps)) ** -0.5
        return [scale * level for level in maps]
