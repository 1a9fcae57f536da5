"""The Python side of `gan describe`."""

from pathlib import Path
from typing import Annotated

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.describer import Describer, Description, describing
from gan_cli.media.reading import Unreadable
from gan_cli.media.shots import Shots
from gan_cli.ranges import Range, Seed
from gan_cli.variants.base import AdversarialModule


class Describes:
    """What a trained GAN does that makes sentences.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def describe(
        self,
        clip: Tensor | str | Path,
        num: Annotated[int, Range(1, 1_000)] = 1,
        seed: Seed = 0,
        *,
        truncation_psi: Annotated[float, Range(0, 1)] = 1.0,
        start: Annotated[float, Range(0, 10**6)] | None = None,
        ema: bool = True,
    ) -> list[Description]:
        """Sentences on a film or an image, as `gan describe` makes them, those that fit best first.

        Args:
            clip: A file or a folder of frames; or what the model sees, uint8 [C, T, S, S], of a model of images
                [C, S, S].
            num: At most so many different ones; one of them has the likeliest words, the others are drawn.
            seed: Of the first that is drawn.
            truncation_psi: The share of probability that words are drawn from, beginning with the likeliest.
            start: Seconds into a film that is longer than what the model sees at once; None takes its middle.
            ema: The averaged generator, or the one that was trained.

        Returns:
            Each with its sentence, `fit` from 0 to 1 and `log_likelihood` in nats.

        Raises:
            UserError: If the model describes nothing, or the file cannot be read, is too short or does not fit.
        """
        ranges.check("", Describes.describe, locals())
        describer = Describer(describing(self.model), ema)
        if start is not None and (isinstance(clip, Tensor) or not isinstance(describer.sees, Shots)):
            raise UserError("start: it is of films in files; leave it out")
        if isinstance(clip, Tensor):
            _check(clip, describer)
            shown = clip
        else:
            try:
                shown = describer.read(Path(clip), start)
            except Unreadable as error:
                raise UserError(f"clip: {error}") from error
        return describer.described(shown, num, seed, truncation_psi)


def _check(clip: Tensor, describer: Describer) -> None:
    """Refuses what is no clip of the model's size."""
    sees = describer.sees
    frames = (sees.num_frames,) if isinstance(sees, Shots) else ()
    wanted = (sees.image_channels, *frames, sees.image_size, sees.image_size)
    if clip.dtype != torch.uint8 or tuple(clip.shape) != wanted:
        raise UserError(f"clip: {clip.dtype} {list(clip.shape)} is none; give uint8 {list(wanted)}, or a file")
