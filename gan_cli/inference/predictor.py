"""Frames from the frames of a film, by a model that predicts them."""

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.frame_prediction import FramePrediction


class Predictor:
    """A model that makes frames, as they are kept: uint8 [C, T, H, W], on the CPU.

    Args:
        model: On the device that is to compute.
        ema: The averaged generator where there is one, or the one that is trained.
    """

    def __init__(self, model: FramePrediction, ema: bool = True) -> None:
        self.model = model
        self.ema = ema

    @torch.inference_mode()
    def continued(self, frames: Tensor, count: int) -> Tensor:
        """The frames that follow, [C, count, H, W]."""
        made = self.model.continued(self._shown(frames[:, -self.model.past_frames :]), count, self.ema)
        return self._kept(made)

    @torch.inference_mode()
    def between(self, frames: Tensor, times: int) -> Tensor:
        """The film with so many times its frames a second, [C, times (F - 1) + 1, H, W]; `times` is a power of two."""
        shown = self._shown(frames)
        for _ in range(times.bit_length() - 1):
            shown = self.model.doubled(shown, self.ema)
        made = self._kept(shown)
        made[:, ::times] = frames  # to the bit
        return made

    def _shown(self, frames: Tensor) -> Tensor:
        return self.model.medium.shown(frames[None].to(self.model.device))

    def _kept(self, made: Tensor) -> Tensor:
        return self.model.medium.kept(made).cpu()[0]


def times_of(argument: str, typed: int | None) -> int:
    """So many times its frames a film gets; twice if nothing is typed.

    Raises:
        UserError: If it is no power of two.
    """
    times = typed or 2
    if times < 2 or times & (times - 1):
        raise UserError(f"{argument}: {times} is not possible; take 2, 4, 8, ...: between two frames one is made")
    return times


def predicting(model: AdversarialModule) -> FramePrediction:
    """The model, if it makes frames from frames.

    Raises:
        UserError: If it does not.
    """
    if not isinstance(model, FramePrediction):
        raise UserError(
            f"ckpt: {type(model).__name__} predicts no frames; type --ckpt with a checkpoint of FramePrediction"
        )
    return model
