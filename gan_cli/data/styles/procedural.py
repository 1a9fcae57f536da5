"""Pictures in styles of their own: waves and mosaics that are computed, petals and roofs of two photographs."""

from colorsys import hsv_to_rgb
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from gan_cli.data.pairs.photo_blocks import photograph

Kind = Literal["waves", "mosaic", "petals", "roof"]
KINDS: tuple[Kind, ...] = ("waves", "mosaic", "petals", "roof")

PIECES: dict[Kind, tuple[str, int, int, int]] = {"petals": ("flower", 250, 140, 180), "roof": ("china", 170, 130, 150)}
"""The photographs that two of them are pieces of: left, top and side of a square."""
HUES: dict[Kind, float] = {"waves": 0.58, "mosaic": 0.06, "petals": 0.0, "roof": 0.0}
"""The hue of the first picture of each kind."""
WAVES = 7
"""So many waves stand side by side."""
STONES = 120
"""So many stones make a mosaic."""


def picture(kind: Kind, number: int, side: int) -> Tensor:
    """A picture, uint8 [3, S, S]; those of one kind differ in their colours and in how large their pieces are.

    Args:
        kind: What it shows.
        number: Which one; 0 is the first.
        side: S.
    """
    random = np.random.default_rng([number, KINDS.index(kind)])
    hue = (HUES[kind] + 0.381966 * number) % 1
    scale = 1.0 if number == 0 else float(random.uniform(0.6, 1.6))
    if kind in PIECES:
        pixels = _piece(kind, hue, scale, random, side)
    else:
        drawn = _waves(side, hue, scale) if kind == "waves" else _mosaic(side, hue, scale, random)
        pixels = (drawn.clip(0, 1) * 255).round().astype(np.uint8)
    return torch.from_numpy(pixels).permute(2, 0, 1).contiguous()


def _waves(side: int, hue: float, scale: float) -> NDArray[np.float64]:
    """Bands that swing, dark to light, with a bright crest."""
    y, x = np.mgrid[0:side, 0:side] / side
    phase = (
        2 * np.pi * scale * WAVES * (y + 0.06 * np.sin(2 * np.pi * 2 * x) + 0.03 * np.sin(2 * np.pi * 5 * x + 9 * y))
    )
    height = 0.5 + 0.5 * np.sin(phase)
    dark, light = (np.array(hsv_to_rgb(hue, *rest)) for rest in ((0.9, 0.25), (0.45, 0.95)))
    colours = dark + (light - dark) * height[:, :, None]
    return np.where(height[:, :, None] > 0.94, [0.98, 0.97, 0.9], colours)


def _mosaic(side: int, hue: float, scale: float, random: np.random.Generator) -> NDArray[np.float64]:
    """Stones of one colour each, between dark joints."""
    count = max(8, round(STONES / scale**2))
    places = random.uniform(-0.05, 1.05, (count, 2))
    y, x = np.mgrid[0:side, 0:side] / side
    apart = np.hypot(y[..., None] - places[:, 0], x[..., None] - places[:, 1])
    nearest = np.partition(apart, 1, axis=2)
    colours = np.array(
        [
            hsv_to_rgb((hue + random.normal(0, 0.06)) % 1, random.uniform(0.5, 0.95), random.uniform(0.45, 1))
            for _ in places
        ]
    )
    joints = nearest[..., 1] - nearest[..., 0] < 0.012
    return np.where(joints[:, :, None], 0.08, colours[apart.argmin(2)])


def _piece(kind: Kind, hue: float, scale: float, random: np.random.Generator, side: int) -> NDArray[np.uint8]:
    """A square piece of a photograph, with its hues turned."""
    name, left, top, whole = PIECES[kind]
    width = round(whole / max(1.0, scale))
    left, top = (start + round(float(random.uniform(0, whole - width))) for start in (left, top))
    square = photograph(name).crop((left, top, left + width, top + width))
    bands = np.array(square.resize((side, side), Image.Resampling.BICUBIC).convert("HSV"))
    bands[:, :, 0] += np.uint8(round(hue * 255))  # hues are a circle of 256
    return np.array(Image.fromarray(bands, "HSV").convert("RGB"))
