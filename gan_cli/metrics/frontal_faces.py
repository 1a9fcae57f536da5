"""Whether a face can be recognised in a picture of its front, and how near that picture is to the true one.

A gallery holds frontal pictures of known persons; a probe is recognised if the picture of the gallery that is most like
it shows its person (rank-1). Nothing here knows a name: persons are numbers.
"""

from collections.abc import Callable, Sequence

from torch import Tensor

from gan_cli.metrics.row_table import Kind

Features = Callable[[Tensor], Tensor]
"""Features, float [N, F], of pictures, uint8 [N, C, H, W]."""

PSNR = "psnr"
RANK_1 = "rank1"
RANK_1_LITE0 = "rank1_lite0"


def kinds(poses: Sequence[str]) -> dict[str, Kind]:
    """The measures of frontal pictures, and of those made from each of several poses alone."""
    return {
        PSNR: Kind("PSNR", "higher"),
        RANK_1: Kind("rank-1", "higher"),
        RANK_1_LITE0: Kind("rank-1, lite0", "higher"),
        **{f"{RANK_1}_{pose}": Kind(f"of {pose}", "higher") for pose in poses},
    }


def psnr(made: Tensor, wanted: Tensor) -> Tensor:
    """PSNR in decibels of images uint8 [N, C, H, W] beside those wanted, on all channels, at most 100, [N]."""
    error = (made.double() - wanted.double()).square().flatten(1).mean(1)
    return (10 * (255**2 / error.clamp(min=1e-6)).log10()).clamp(max=100)


def in_pixels(images: Tensor) -> Tensor:
    """Images uint8 [N, C, H, W] as their own features, in shares of white."""
    return images.flatten(1).float() / 255


def recognised(probes: Tensor, gallery: Tensor, persons: Tensor, known: Tensor, cosine: bool = False) -> Tensor:
    """Which probes are nearest to a picture of their own person, bool [N].

    Args:
        probes: Features [N, F].
        gallery: Features [G, F].
        persons: Of the probes, [N].
        known: Of the gallery, [G].
        cosine: Whether the angle between features counts, or their distance.
    """
    if cosine:
        probes, gallery = (rows / rows.norm(dim=1, keepdim=True).clamp(min=1e-12) for rows in (probes, gallery))
    apart = gallery.square().sum(1)[None] - 2 * probes @ gallery.T
    return known[apart.argmin(1)] == persons


def of_each(images: Tensor, features: Features) -> Tensor:
    """Features of images, of which those that are there several times are looked at once."""
    different, places = images.unique(dim=0, return_inverse=True)
    return features(different)[places]


def means(values: Tensor, poses: Tensor, count: int) -> list[float | None]:
    """The mean of numbers [N] for each of `count` poses; None where none has it."""
    return [mean(values[poses == pose]) for pose in range(count)]


def mean(values: Tensor) -> float | None:
    """The mean of numbers [N], or the share of yes; None where there are none."""
    return float(values.float().mean()) if len(values) else None


def mirror_distance(images: Tensor) -> float:
    """How much images uint8 [N, C, H, W], at least one, differ from their mirror images.

    It is the mean absolute error in shares of white.
    """
    return float((in_pixels(images) - in_pixels(images.flip(3))).abs().mean())
