"""The Python side of `gan animate`."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.animator import Animator, Asked, Crop, animating, crop_of
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Range
from gan_cli.variants.base import AdversarialModule

Picture = Tensor | str | Path


class Animates:
    """What a trained GAN does that moves pictures.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def animate(
        self,
        source: Picture | Sequence[Picture],
        driving: Picture,
        *,
        absolute: bool = False,
        start: Annotated[int, Range(0, 10**9)] | Literal["best"] = 0,
        scaled: bool = True,
        crop: Crop | None = None,
        source_crop: Crop | None = None,
        ema: bool = True,
    ) -> Tensor:
        """A picture that moves as a film does, as `gan animate` makes it.

        Args:
            source: A picture, a file or uint8 [C, H, W]; or several of one person, of which the one that fits the
                film's start frame best is moved. The largest square in the middle is taken.
            driving: A film, a file, a folder of frames or uint8 [C, T, H, W].
            absolute: Whether key points go where the film's are, or move from where they are in the picture.
            start: The number of the film's frame in which the face is held as in the picture, or "best".
            scaled: Whether ways are scaled to the size of the face in the picture.
            crop: The part of the film that is taken: left, top, width and height in pixels.
            source_crop: The same of pictures.
            ema: The averaged generator, or the one that was trained.

        Returns:
            uint8 [C, T, S, S] on the CPU, of the model's size.

        Raises:
            UserError: If the model animates nothing, something cannot be read, a part is none, or nothing moves in the
                film.
        """
        ranges.check("", Animates.animate, locals())
        animator = Animator(animating(self.model), ema)
        for name, part in (("crop", crop), ("source_crop", source_crop)):
            crop_of(name, None if part is None else ",".join(map(str, part)))
        asked = Asked(absolute, start, scaled, crop, source_crop)
        several = source if isinstance(source, Sequence) and not isinstance(source, str) else [source]
        try:
            pictures = [_picture(animator, one, source_crop) for one in several]
        except Unreadable as error:
            raise UserError(f"source: {error}") from error
        try:
            film = _film(driving, animator.model.image_channels)
            drive = animator.drive(film, crop)
        except Unreadable as error:
            raise UserError(f"driving: {error}") from error
        chosen, first = animator.chosen(pictures, drive, asked)
        return torch.stack([*animator.animated(pictures[chosen], drive, first, asked)], dim=1)


def _picture(animator: Animator, source: Picture, crop: Crop | None) -> Tensor:
    if not isinstance(source, Tensor):
        return animator.picture(Path(source), crop)
    if source.dtype != torch.uint8 or source.ndim != 3 or source.shape[0] not in (1, 3):
        raise UserError(f"source: {source.dtype} {list(source.shape)} is none; give uint8 [1 or 3, H, W], or a file")
    return next(animator.frames(source[:, None], crop))


def _film(driving: Picture, channels: int) -> Tensor | Path:
    if not isinstance(driving, Tensor):
        return Path(driving)
    if driving.dtype != torch.uint8 or driving.ndim != 4 or driving.shape[0] not in (1, 3):
        raise UserError(
            f"driving: {driving.dtype} {list(driving.shape)} is none; give uint8 [1 or 3, T, H, W], or a file"
        )
    return driving
