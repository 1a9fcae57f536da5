"""How far restored images are from the true ones, by the protocols of super-resolution and of inpainting.

A number moves more by its protocol than by the model: on Set5 bicubic x4 reads 28.4 dB here, 27.1 on a luma of 0 to 255
and 26.7 on colours.
"""

import torch
from torch import Tensor

MOST_DECIBELS = 100
"""A copy is infinitely good and would make every mean infinite: an image counts as this at most."""
WEIGHTS = (65.481, 128.553, 24.966)
"""Of red, green and blue in Y, in levels; white has their sum, 219."""
BLACK = 16.0
"""Y of black."""


def luma(images: Tensor) -> Tensor:
    """Y of images, 16 to 235 (ITU-R BT.601), float64 [N, 1, H, W], not rounded.

    Args:
        images: uint8 [N, C, H, W], colours or grey; opacity does not count.
    """
    colours = images.expand(-1, 3, -1, -1) if images.shape[1] == 1 else images[:, :3]
    weights = torch.tensor(WEIGHTS, dtype=torch.float64, device=images.device)[:, None, None]
    return (colours.double() / 255 * weights).sum(1, keepdim=True) + BLACK


def shaved(images: Tensor, border: int) -> Tensor:
    """Images without so many rows and columns on each side; nothing is known there of what lies beyond."""
    return images[..., border : images.shape[-2] - border, border : images.shape[-1] - border]


def psnr_on_luma(made: Tensor, wanted: Tensor, border: int) -> Tensor:
    """PSNR on Y in decibels for each image, at most 100, [N]; the peak is 255, as the published tests have it.

    Args:
        made: uint8 [N, C, H, W], rounded as saved.
        wanted: Of the same size.
        border: Rows and columns that are shaved from each side: the scale.
    """
    error = shaved(luma(made) - luma(wanted), border).square().flatten(1).mean(1)
    return _decibels(error)


def ssim_on_luma(made: Tensor, wanted: Tensor, border: int) -> Tensor:
    """SSIM on Y for each image, [N], with a Gaussian window of 11 pixels (Wang et al. 2004), where it is whole.

    Args:
        made: uint8 [N, C, H, W], rounded as saved, with sides of at least 11 pixels between the borders.
        wanted: Of the same size.
        border: Rows and columns that are shaved from each side: the scale.
    """
    from torchmetrics.functional.image import structural_similarity_index_measure

    found = structural_similarity_index_measure(
        shaved(luma(made), border), shaved(luma(wanted), border), data_range=255.0, reduction="none"
    )
    assert isinstance(found, Tensor)
    return found.reshape(-1)


def mae_in_holes(made: Tensor, wanted: Tensor, masks: Tensor) -> Tensor:
    """Mean absolute error in levels of 255 for each image, of its hole's pixels alone, [N]; NaN without a hole.

    Args:
        made: uint8 [N, C, H, W].
        wanted: Of the same size.
        masks: [N, 1, H, W], 1 in a hole and 0 elsewhere.
    """
    return _mean_in((made.double() - wanted.double()).abs(), masks)


def psnr_in_holes(made: Tensor, wanted: Tensor, masks: Tensor) -> Tensor:
    """PSNR in decibels for each image, of its hole's pixels alone, at most 100, [N]; NaN without a hole.

    What is known adds decibels for nothing: with a quarter of an image missing, the whole of it has 6 more.
    """
    return _decibels(_mean_in((made.double() - wanted.double()).square(), masks))


def _mean_in(errors: Tensor, masks: Tensor) -> Tensor:
    inside = masks.to(errors.dtype).expand_as(errors)
    return (errors * inside).flatten(1).sum(1) / inside.flatten(1).sum(1)


def _decibels(squared: Tensor) -> Tensor:
    return (20 * torch.log10(255 / squared.sqrt())).clamp(max=MOST_DECIBELS)
