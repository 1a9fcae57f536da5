"""The Python side of `gan predict`."""

from pathlib import Path

import torch
from torch import Tensor

from gan_cli import ranges
from gan_cli.devices.float32 import true_float32
from gan_cli.errors import UserError
from gan_cli.inference.film_inputs import FilmInput, read_frames
from gan_cli.inference.predictor import Predictor, predicting
from gan_cli.media.reading import Unreadable
from gan_cli.ranges import Many
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.frame_prediction import FramePrediction


class Predicts:
    """What a trained GAN does that makes frames from frames.

    Attributes:
        model: The LightningModule, in eval mode.
    """

    model: AdversarialModule

    @true_float32()
    def predict(self, frames: Tensor | str | Path, count: Many | None = None, *, ema: bool = True) -> Tensor:
        """The frames that follow, or films with frames between theirs, as `gan predict` makes them.

        Args:
            frames: uint8 [C, F, H, W] or [N, C, F, H, W] of any size, or a film: a GIF, a video, a folder of frames or
                a strip.
            count: K, how many follow; None takes as many as the videos of training had. Of a model of frames between
                others: so many times as many frames, 2 (None), 4, ...
            ema: The averaged generator, or the one that was trained.

        Returns:
            uint8 [C, K, H, W] or [N, C, K, H, W] on the CPU: the frames that follow alone. Of a model of frames
            between: whole films of K (F - 1) + 1 frames.

        Raises:
            UserError: If the model predicts no frames, there are too few of them, or the film cannot be read.
        """
        ranges.check("", Predicts.predict, locals())
        model = predicting(self.model)
        given = frames if isinstance(frames, Tensor) else _read(Path(frames), model.image_channels)
        _check(given, model)
        predictor = Predictor(model, ema)
        if model.target == "between":
            times = count or 2
            if times < 2 or times & (times - 1):
                raise UserError(f"count: {times} is not possible; take 2, 4, 8, ...: between two frames one is made")
            made = [predictor.between(film, times) for film in (given if given.ndim == 5 else given[None])]
        else:
            wanted = count or model.num_frames - model.past_frames
            made = [predictor.continued(film, wanted) for film in (given if given.ndim == 5 else given[None])]
        return torch.stack(made) if given.ndim == 5 else made[0]


def _read(path: Path, channels: int) -> Tensor:
    try:
        return read_frames(FilmInput(Path(path.stem), path), channels)
    except Unreadable as error:
        raise UserError(f"frames: {error}") from error


def _check(frames: Tensor, model: FramePrediction) -> None:
    """Refuses what is no film, has other channels, or too few frames."""
    least = 2 if model.target == "between" else model.past_frames
    if frames.dtype != torch.uint8 or frames.ndim not in (4, 5) or frames.shape[-4] != model.image_channels:
        raise UserError(
            f"frames: {frames.dtype} {list(frames.shape)} are none; give uint8 [C, F, H, W] or [N, C, F, H, W] of "
            f"{model.image_channels} channels"
        )
    if frames.shape[-3] < least:
        raise UserError(f"frames: {frames.shape[-3]} are too few; give {least} or more")
