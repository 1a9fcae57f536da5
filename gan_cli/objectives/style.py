"""How far the style and the content of images are from those wanted, in what a network makes of them.

Each distance is divided by the size of what is wanted, image by image: so layers of any scale, and networks whose
weights are others than VGG's, weigh alike. 0 is the same, 1 is as far as nothing at all would be.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

LEAST = 1e-8
"""What is divided by is at least so much."""


def gram(maps: Tensor) -> Tensor:
    """Which channels are strong together, averaged over the places: [N, C, C] of maps [N, C, H, W].

    Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks", equation 3, divided by H W.
    """
    with torch.autocast(maps.device.type, enabled=False):
        maps = _at_least_float32(maps)
        plane_by_plane = maps.is_contiguous()
        rows = maps.flatten(2) if plane_by_plane else maps.flatten(2).transpose(1, 2)  # as they lie in memory
        if rows.requires_grad:
            rows.register_hook(torch.Tensor.contiguous)  # and so comes the gradient back
        turned = rows.transpose(1, 2)
        return (rows @ turned if plane_by_plane else turned @ rows) / (maps.shape[2] * maps.shape[3])


def relative_distance(made: Tensor, wanted: Tensor) -> Tensor:
    """The squared distance over the squared length of what is wanted, averaged over the N images; a scalar."""
    made, wanted = _at_least_float32(made), _at_least_float32(wanted)
    all_but_images = tuple(range(1, wanted.ndim))
    apart, size = (one.square().sum(all_but_images) for one in (made - wanted, wanted))
    return (apart / size.clamp_min(LEAST)).mean()


def gram_distance(made: Sequence[Tensor], wanted: Sequence[Tensor]) -> Tensor:
    """How different the Gram matrices of maps are, averaged over the layers (Dumoulin et al. 2016, equation 3)."""
    distances = [relative_distance(gram(one), gram(other)) for one, other in zip(made, wanted, strict=True)]
    return torch.stack(distances).mean()


def total_variation(images: Tensor) -> Tensor:
    """How much neighbouring pixels differ in images [N, C, H, W]; a scalar."""
    images = _at_least_float32(images)
    return images.diff(dim=2).abs().mean() + images.diff(dim=3).abs().mean()


def _at_least_float32(values: Tensor) -> Tensor:
    return values.to(torch.promote_types(values.dtype, torch.float32))
