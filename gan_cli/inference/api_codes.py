"""The Python side of `gan reconstruct`."""

from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.api_translate import Translates, as_pictures
from gan_cli.inference.coder import Coder, Codes
from gan_cli.media.picture_files import to_tensor
from gan_cli.variants.vqgan import RECONSTRUCT, coding

Imaged = Tensor | Image.Image | str | Path


class HasCodes(Translates):
    """What a trained GAN does whose images are grids of codes."""

    @true_float32()
    def encode(self, images: Imaged, *, ema: bool = True) -> Tensor:
        """The codes of images, as `gan reconstruct --codes` writes them.

        Args:
            images: As `translate` takes them. What is no multiple of a code's size gets a mirrored border.
            ema: The averaged networks, or those that were trained.

        Returns:
            int64 [h, w], or [N, h, w] of images [N, C, H, W], on the CPU.

        Raises:
            UserError: If the model has no codes, or the images cannot be read.
        """
        coder = Coder(coding(self.model), ema)
        grids = [coder.encode(picture).grid for picture in as_pictures(coder.model, images)]
        return torch.stack(grids) if isinstance(images, Tensor) and images.ndim == 4 else grids[0]

    @true_float32()
    def decode(self, codes: Tensor, size: tuple[int, int] | None = None, *, ema: bool = True) -> Tensor:
        """Images of codes.

        Args:
            codes: Whole numbers below the model's `num_codes`, [h, w] or [N, h, w].
            size: Height and width of the images that they were made of; None gives all that the codes show.
            ema: The averaged networks, or those that were trained.

        Returns:
            uint8 [C, H, W] or [N, C, H, W] on the CPU.

        Raises:
            UserError: If the model has no codes, or they are none of its.
        """
        coder = Coder(coding(self.model), ema)
        whole = not codes.is_floating_point() and codes.dtype != torch.bool
        if not whole or codes.ndim not in (2, 3) or not codes.numel():
            raise UserError(f"codes: {codes.dtype} {list(codes.shape)} are none; give int64 [h, w] or [N, h, w]")
        most = coder.model.num_codes - 1
        if int(codes.min()) < 0 or int(codes.max()) > most:
            raise UserError(f"codes: {int(codes.min())} to {int(codes.max())} is not possible; there are 0 to {most}")
        sides = (codes.shape[-2], codes.shape[-1])
        if size is not None and coder.sides(size) != sides:
            raise UserError(
                f"size: {list(size)} has {list(coder.sides(size))} codes, and there are {list(sides)}; leave it out"
            )
        factor = coder.model.factor
        shown = size or (sides[0] * factor, sides[1] * factor)
        rows = codes.long().cpu().reshape(-1, *sides)
        made = torch.stack([to_tensor(coder.decode(Codes(row, shown))) for row in rows])
        return made if codes.ndim == 3 else made[0]

    def reconstruct(self, images: Imaged, *, ema: bool = True) -> Tensor | Image.Image:
        """Images through the codes; what `translate` gives, of the images' size.

        Raises:
            UserError: If the model has no codes, or the images cannot be read.
        """
        coding(self.model)
        return self.translate(images, RECONSTRUCT, ema=ema)
