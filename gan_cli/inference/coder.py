"""Pictures as grids of codes, and pictures of codes: what `gan reconstruct` and the Python side share."""

from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.inference.source_media import floats_of, pixels_of
from gan_cli.inference.tiles import framed
from gan_cli.inference.translator import least_side
from gan_cli.media.picture_files import Picture, picture_of_tensor
from gan_cli.media.pictures import to_uint8
from gan_cli.variants.vqgan import RECONSTRUCT, VQGAN


class Codes(NamedTuple):
    """A picture's codes.

    Attributes:
        grid: int64 [h, w], on the CPU.
        size: Height and width of the picture in pixels; codes reach a border beyond it on all sides, where these are no
            multiples of a code's.
    """

    grid: Tensor
    size: tuple[int, int]


class Coder:
    """Makes codes of pictures and pictures of codes, as `gan translate` makes reconstructions.

    Args:
        model: Its device computes.
        ema: The averaged networks where there are any, or those that were trained.
    """

    def __init__(self, model: VQGAN, ema: bool = True) -> None:
        self.model = model
        self.ema = ema

    @torch.inference_mode()
    def encode(self, picture: Picture) -> Codes:
        """The codes of a picture of any size, without its opacity; its border is mirrored up to whole codes."""
        pixels = pixels_of(self.model.source, picture, self.model.channels(RECONSTRUCT)[0])
        frame = framed(pixels, least_side(self.model), self.model.factor)
        shown = floats_of(frame.pixels)[None].to(self.model.device)
        return Codes(self.model.encode(shown, self.ema)[0].cpu(), (pixels.shape[0], pixels.shape[1]))

    @torch.inference_mode()
    def decode(self, codes: Codes) -> Picture:
        """The picture of codes, cut to its size; the same as a reconstruction of what they were made of."""
        made = self.model.decode(codes.grid[None].to(self.model.device), self.ema)[0].cpu()
        top, left = ((whole - side) // 2 for whole, side in zip(made.shape[1:], codes.size, strict=True))
        height, width = codes.size
        return picture_of_tensor(to_uint8(made[:, top : top + height, left : left + width]))

    def sides(self, size: tuple[int, int]) -> tuple[int, int]:
        """Height and width of the codes of a picture of a size."""
        least, factor = least_side(self.model), self.model.factor
        high, wide = (ceil(max(least, side) / factor) for side in size)
        return high, wide
