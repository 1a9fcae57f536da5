"""The stages of the pipe in their order."""

from collections.abc import Callable
from typing import Literal

from torch import Tensor

from gan_cli.objectives.ada.coins import Coins
from gan_cli.objectives.ada.colours import recoloured
from gan_cli.objectives.ada.geometry import moved
from gan_cli.objectives.ada.pixels import cut_out, filtered, noisy

Pipe = Literal["bg", "bgc", "bgcf", "bgcfn", "bgcfnc"]

_STAGES: tuple[Callable[[Tensor, Coins], Tensor], ...] = (recoloured, filtered, noisy, cut_out)
"""Those after the first, which every pipe has."""


def augmented(images: Tensor, coins: Coins, pipe: Pipe, upright: bool = False) -> Tensor:
    """Images under the changes of a pipe, differentiable twice.

    Departure: what moves in from outside is the image mirrored again and again, not black beyond the first time.

    Args:
        images: [N, C, H, W] in [-1, 1].
        coins: Random numbers of the images.
        pipe: Its stages by their first letters: bg flips, quarter turns, shifts, scale, rotation, stretching; c
            brightness, contrast, inverted luma, hue, saturation; f bands of frequencies; n noise; the second c a hole.
        upright: Whether images are neither flipped nor turned, because they then mean something else, as digits do.

    Returns:
        The same shape; values may leave [-1, 1].
    """
    images = moved(images, coins, upright)
    for stage in _STAGES[: len(pipe) - 2]:
        images = stage(images, coins)
    return images
