"""How near colours are to the true ones, whatever the lightness: what PSNR, which likes grey, does not tell."""

from torch import Tensor

from gan_cli.media.lab import rgb_to_lab
from gan_cli.media.pictures import to_float

FAINT = 1.0
"""A mean chroma below it counts as this: nobody sees it, and its ratio to another would mean nothing."""


def ab_error(made: Tensor, wanted: Tensor) -> Tensor:
    """The mean absolute error of a and b of CIE L*a*b* of each image, [N]; 1 is about what people can tell apart.

    Args:
        made: uint8 [N, 3, H, W].
        wanted: Of the same size.
    """
    return (ab_of(made) - ab_of(wanted)).abs().flatten(1).mean(1)


def chroma_ratio(made: Tensor, wanted: Tensor) -> Tensor:
    """How many times as colourful each image is as the true one, [N]: 0 is grey, 1 as it should be.

    Args:
        made: uint8 [N, 3, H, W].
        wanted: Of the same size.
    """
    return mean_chroma(made) / mean_chroma(wanted).clamp(min=FAINT)


def mean_chroma(images: Tensor) -> Tensor:
    """The mean length of (a, b) in images uint8 [N, 3, H, W], [N]; 0 is grey."""
    return ab_of(images).square().sum(1).sqrt().flatten(1).mean(1)


def ab_of(images: Tensor) -> Tensor:
    """a and b of images uint8 [N, 3, H, W], float32 [N, 2, H, W], about -110 to 110."""
    return rgb_to_lab(to_float(images[:, :3]))[:, 1:]
