"""Images that went through codes, in one table with what gives as many bits without learning anything."""

from math import ceil, log2
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli.metrics.codes import counts_of, perplexity, unused_share
from gan_cli.metrics.pairs import Measure, measures
from gan_cli.metrics.row_table import Kind, RowTable

KINDS = {
    "bits": Kind("bits an image", "lower"),
    "image_psnr": Kind("PSNR", "higher"),
    "image_ssim": Kind("SSIM", "higher"),
    "image_lite0": Kind("lite0 distance", "lower"),
    "code_perplexity": Kind("perplexity", "higher"),
    "used_codes": Kind("codes used", "higher"),
}
"""What is measured, by the names that loggers and `--monitor` know."""
OF_PAIRS = {"image_psnr": "psnr", "image_ssim": "ssim", "image_lite0": "lite0"}
"""Those that hold an image against another, by their names in `pairs`."""
AT_ONCE = 64
LEVELS = 8
"""Bits of a number of a picture that is made small."""


class Reconstructed(NamedTuple):
    """What is compared.

    Attributes:
        made: Reconstructions, uint8 [N, C, H, W].
        real: The images.
        codes: Their codes, int64 [N, h, w].
        shuffled: Images of codes that were drawn place by place, uint8 [N, C, H, W].
    """

    made: Tensor
    real: Tensor
    codes: Tensor
    shuffled: Tensor


def compared(images: Reconstructed, num_codes: int, of: str) -> RowTable:
    """Reconstructions beside the images made small with as many bits, their colours alone, and codes at random.

    Args:
        images: See there.
        num_codes: K.
        of: The set and its part, in words.
    """
    count, channels, *size = images.real.shape
    bits = images.codes[0].numel() * log2(num_codes)
    sides = sides_for(bits, channels, (size[0], size[1]))
    counts = counts_of(images.codes, num_codes)
    unused = float(unused_share(counts))
    found = measures(min(size))[0]
    rows = {
        "through the codes": [bits, *_beside(images.made, images.real, found), float(perplexity(counts)), None],
        f"bicubic, {sides[1]}x{sides[0]} pixels": [
            float(sides[0] * sides[1] * channels * LEVELS),
            *_beside(reduced(images.real, sides), images.real, found),
            None,
            None,
        ],
        "the mean colour": [
            float(channels * LEVELS),
            *_beside(reduced(images.real, (1, 1)), images.real, found),
            None,
            None,
        ],
        "codes of other images, place by place": [bits, *_beside(images.shuffled, images.real, found), None, None],
    }
    rows["through the codes"][-1] = num_codes - round(unused * num_codes)
    notes = (
        f"of {count:,} images; {' x '.join(map(str, images.codes.shape[1:]))} codes an image, of {num_codes:,}",
        "perplexity: as many codes as would be used alike; the largest is the number of codes",
        "bits: as many as codes of equal length take; a bicubic picture has 8 for each number",
    )
    return RowTable(f"{of}: images through the codes", KINDS, rows, notes)


def sides_for(bits: float, channels: int, size: tuple[int, int]) -> tuple[int, int]:
    """The largest height and width, of about an image's shape, of a picture of 8 bits that takes no more bits."""
    shrunk = min(1.0, (bits / (channels * LEVELS * size[0] * size[1])) ** 0.5)
    width = max(1, int(size[1] * shrunk + 1e-9))
    return max(1, min(ceil(size[0] * shrunk), int(bits / (channels * LEVELS * width)))), width


def reduced(images: Tensor, sides: tuple[int, int]) -> Tensor:
    """Images uint8 [N, C, H, W] made small and large again; of one pixel their mean colours."""
    small = interpolate(images.float(), sides, mode="area" if sides == (1, 1) else "bicubic", **_smooth(sides))
    small = small.round().clamp(0, 255)
    large = interpolate(small, [*images.shape[2:]], mode="bicubic")
    return large.round().clamp(0, 255).to(torch.uint8)


def _smooth(sides: tuple[int, int]) -> dict[str, bool]:
    return {} if sides == (1, 1) else {"antialias": True}


def _beside(made: Tensor, real: Tensor, found: dict[str, Measure]) -> list[float | None]:
    """The mean of each measure over the images; None for those that are not possible."""
    pairs = [*zip(made.split(AT_ONCE), real.split(AT_ONCE), strict=True)]
    return [
        float(torch.cat([found[name](*pair).double() for pair in pairs]).mean()) if name in found else None
        for name in OF_PAIRS.values()
    ]
