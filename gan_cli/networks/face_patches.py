"""The patches of eyes, nose and mouth in faces, as TP-GAN's authors cut them: Huang et al. 2017, arXiv:1704.04086."""

import torch
from torch import Tensor

PRINTED = 128
"""Side of the paper's images, in pixels."""
PARTS: dict[str, tuple[int, int]] = {"left_eye": (40, 40), "right_eye": (40, 40), "nose": (32, 40), "mouth": (32, 48)}
"""Height and width of the patches in images of 128 pixels."""
NOSE_ABOVE = 5
"""The middle of the nose's patch is so many pixels above its tip, in images of 128."""


def patch_sizes(image_size: int) -> dict[str, tuple[int, int]]:
    """Height and width of the patches in images of a size, in pixels."""
    return {
        name: (height * image_size // PRINTED, width * image_size // PRINTED) for name, (height, width) in PARTS.items()
    }


def corners(points: Tensor, image_size: int) -> dict[str, Tensor]:
    """The upper left corners of the patches, row and column in pixels, int64 [N, 2].

    Args:
        points: Eyes, tip of the nose, corners of the mouth, x and y in shares of the sides, [N, 5, 2].
        image_size: Side of the images in pixels.
    """
    places = points * image_size
    nose = places[:, 2] - places.new_tensor([0.0, NOSE_ABOVE * image_size / PRINTED])
    middles = dict(zip(PARTS, (places[:, 0], places[:, 1], nose, places[:, 3:].mean(1)), strict=True))
    sizes = patch_sizes(image_size)
    return {
        name: (middle.flip(1) - middle.new_tensor(sizes[name]) / 2).round().long() for name, middle in middles.items()
    }


def patches(images: Tensor, points: Tensor) -> dict[str, Tensor]:
    """The patches of eyes, nose and mouth, [N, C, h, w] each; beyond the border its pixels are repeated.

    Args:
        images: [N, C, S, S].
        points: As for `corners`.
    """
    side = images.shape[3]
    found = {}
    rows = torch.arange(len(images), device=images.device)[:, None, None]
    for name, corner in corners(points, side).items():
        height, width = patch_sizes(side)[name]
        down = (corner[:, :1] + torch.arange(height, device=images.device)).clamp(0, side - 1)
        across = (corner[:, 1:] + torch.arange(width, device=images.device)).clamp(0, side - 1)
        found[name] = images.permute(0, 2, 3, 1)[rows, down[:, :, None], across[:, None, :]].permute(0, 3, 1, 2)
    return found
