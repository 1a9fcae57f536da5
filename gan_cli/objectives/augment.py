"""Differentiable augmentation in front of the discriminator (DiffAugment).

Zhao et al. 2020, "Differentiable Augmentation for Data-Efficient GAN Training", arXiv:2006.10738, section 3.2 and
appendix: the discriminator sees only augmented images, real and generated, in both descents; gradients flow through the
augmentation to the generator, which therefore does not learn to draw it. Fresh parameters at each call, per image, from
torch's global random state.
"""

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import pad

Augmentation = Literal["color", "translation", "cutout"]


def diff_augment(images: Tensor, policy: Sequence[Augmentation], hole: float = 0.5) -> Tensor:
    """The images under the chosen random changes, applied in the order given.

    Args:
        images: [N, C, H, W] in [-1, 1].
        policy: Any of "color" (brightness, saturation, contrast), "translation" (up to 1/8 of the side), "cutout" (a
            square hole). An empty policy gives the images back.
        hole: The hole's share of the side.

    Returns:
        [N, C, H, W], differentiable; values may leave [-1, 1] under "color".
    """
    for name in policy:
        images = _cutout(images, hole) if name == "cutout" else _CHANGES[name](images)
    return images


def _random(images: Tensor, low: float, high: float) -> Tensor:
    return torch.empty(len(images), 1, 1, 1, device=images.device, dtype=images.dtype).uniform_(low, high)


def _color(images: Tensor) -> Tensor:
    images = images + _random(images, -0.5, 0.5)  # brightness
    grey = images.mean(dim=1, keepdim=True)
    images = grey + (images - grey) * _random(images, 0, 2)  # saturation; leaves one channel as it is
    mean = images.mean(dim=(1, 2, 3), keepdim=True)
    return mean + (images - mean) * _random(images, 0.5, 1.5)  # contrast


def _offsets(images: Tensor, low: int, high: int) -> Tensor:
    """One whole number in [low, high] for each image, [N, 1]."""
    return torch.randint(low, high + 1, (len(images), 1), device=images.device)


def _translation(images: Tensor) -> Tensor:
    _, _, height, width = images.shape
    reach_y, reach_x = round(height / 8), round(width / 8)
    rows = torch.arange(height, device=images.device) + _offsets(images, -reach_y, reach_y)
    columns = torch.arange(width, device=images.device) + _offsets(images, -reach_x, reach_x)
    # What moves in from outside is 0, mid-grey, as in the paper: one border row and column around the image.
    rows, columns = (rows + 1).clamp(0, height + 1), (columns + 1).clamp(0, width + 1)
    bordered = pad(images, (1, 1, 1, 1)).permute(0, 2, 3, 1)
    picture = torch.arange(len(images), device=images.device)[:, None, None]
    return bordered[picture, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(images: Tensor, share: float) -> Tensor:
    _, _, height, width = images.shape
    inside_y = _inside_hole(images, height, share)[:, :, None]
    inside_x = _inside_hole(images, width, share)[:, None, :]
    return images.masked_fill((inside_y & inside_x).unsqueeze(1), 0.0)


def _inside_hole(images: Tensor, length: int, share: float) -> Tensor:
    """Along one axis, whether each pixel is in the hole, [N, length]; the hole may hang over the edge."""
    size = int(length * share + 0.5)
    start = _offsets(images, 0, length - size % 2) - size // 2
    pixels = torch.arange(length, device=images.device)
    return (pixels >= start) & (pixels < start + size)


_CHANGES = {"color": _color, "translation": _translation}
