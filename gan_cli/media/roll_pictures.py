"""Pictures of bars as piano rolls: time from left to right, pitch from below, the keyboard's black keys in grey."""

from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan_cli.media.notes import OCTAVE

BLACK_KEYS = (1, 3, 6, 8, 10)
WHITE, GREY, LINE, BAR = (255, 255, 255), (232, 232, 236), (205, 205, 212), (110, 110, 120)
SOUNDS, BEGINS = (70, 120, 200), (16, 40, 110)
TALL = 4
"""Height of a pitch in pixels; of more than 36 of them half of it."""
MARGIN = 2
"""Rows above and below what sounds, where not all are shown."""


def roll_pictures(bars: Tensor, first: int, steps_a_beat: float, width: int = 6) -> Tensor:
    """A picture of each thing, uint8 [N, 3, H, W], all of the same pitches.

    Args:
        bars: uint8 [N, B, C, T, P], of B bars each.
        first: The pitch of the first row.
        steps_a_beat: Lines are drawn so far apart.
        width: Of a step in pixels.
    """
    low, high = _shown_rows(bars)
    steps = bars.shape[3]
    whole = bars[..., low:high].permute(0, 2, 1, 3, 4).flatten(2, 3).bool()  # [N, C, B * T, P]
    sounds, begins = whole[:, 0], whole[:, -1] & whole[:, 0] if whole.shape[1] > 1 else whole[:, 0] & False
    pitches = torch.arange(first + low, first + high)
    black = torch.isin(pitches % OCTAVE, torch.tensor(BLACK_KEYS))
    colours = torch.where(black[:, None], torch.tensor(GREY), torch.tensor(WHITE)).to(torch.uint8)
    cells = colours.expand(*sounds.shape, 3).clone()
    cells[sounds] = torch.tensor(SOUNDS, dtype=torch.uint8)
    cells[begins] = torch.tensor(BEGINS, dtype=torch.uint8)
    tall = TALL if high - low <= 36 else TALL // 2
    pixels = cells.permute(0, 3, 2, 1).flip(2).repeat_interleave(tall, 2).repeat_interleave(width, 3)
    beats = {round(beat * steps_a_beat * width) for beat in range(int(whole.shape[2] / steps_a_beat))}
    for column in sorted(beats):
        colour = BAR if column % (steps * width) == 0 else LINE
        pixels[..., column] = torch.tensor(colour, dtype=torch.uint8)[:, None]
    return pixels.contiguous()


def with_names(picture: Tensor, names: Sequence[str]) -> Tensor:
    """A picture, uint8 [3, H, W], with words below it, evenly from left to right: [3, H + 14, W]."""
    width = picture.shape[2]
    strip = Image.new("RGB", (width, 14), WHITE)
    font = ImageFont.load_default(size=11)
    for place, name in enumerate(names):
        ImageDraw.Draw(strip).text(
            (width * (place + 0.5) / len(names), 7), name, fill=(0, 0, 0), font=font, anchor="mm"
        )
    return torch.cat([picture, torch.from_numpy(np.array(strip)).permute(2, 0, 1)], dim=1)


def _shown_rows(bars: Tensor) -> tuple[int, int]:
    """The rows to show: all of them where there are few, otherwise those in which something sounds, and some more."""
    rows = bars.shape[-1]
    if rows <= 36:
        return 0, rows
    used = bars.flatten(0, -2).any(0).nonzero().flatten()
    if not len(used):
        return rows // 2 - OCTAVE, rows // 2 + OCTAVE
    return max(0, int(used[0]) - MARGIN), min(rows, int(used[-1]) + 1 + MARGIN)
