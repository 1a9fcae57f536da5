"""Chords of three notes, one a bar: by name where people type and read them, twelve notes and a flag in a model."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.media.medium import Medium
from gan_cli.media.notes import OCTAVE

ROOTS = ("C", "Db", "D", "Eb", "E", "F", "F#", "G", "Ab", "A", "Bb", "B")
"""What the twelve notes are called."""
SEMITONES = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
NONE = 2 * OCTAVE
"""The number of no chord; 0 to 11 are major ones by their roots, 12 to 23 minor ones."""
WIDTH = OCTAVE + 1
"""Numbers of a chord as a model sees it."""
MAJOR, MINOR = (0, 4, 7), (0, 3, 7)
KINDS = {"": 0, "maj": 0, "M": 0, "6": 0, "7": 0, "maj7": 0, "9": 0, "m": 1, "min": 1, "-": 1, "m6": 1, "m7": 1}
"""Endings of names: major or minor, which is all that is kept of them."""
NAME = re.compile(r"([A-Ga-g])([#b]?)(.*)")
PICTURE = (24, 24)
"""Height and width of a chord's picture."""


@dataclass(frozen=True)
class Chords(Medium):
    """Major and minor triads: kept as int64 [N] from 0 to 24, shown as float [N, 13].

    A model sees which of the twelve notes is the root, and whether it is minor (Yang et al. 2017, arXiv:1703.10847,
    section 4); where there is no chord, all are 0.
    """

    name: ClassVar[str] = "chords"

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        there = kept < NONE
        roots = torch.nn.functional.one_hot(kept % OCTAVE, OCTAVE) * there[..., None]
        return torch.cat([roots, (there & (kept >= OCTAVE))[..., None]], dim=-1).float()

    def kept(self, made: Tensor) -> Tensor:
        strength, roots = made[..., :OCTAVE].max(-1)
        return torch.where(strength > 0.5, roots + OCTAVE * (made[..., OCTAVE] > 0.5), NONE)

    def pictures(self, kept: Tensor) -> Tensor:
        return torch.stack([_written(name_of(number)) for number in kept.tolist()])

    def told(self, text: str) -> Tensor:
        return torch.tensor([number_of(word) for word in re.split(r"[,\s]+", text.strip())])

    def read(self, path: Path) -> Tensor:
        raise UserError(f"given: {path} is no chord; type their names, such as chords=C,G,Am,F")


def number_of(name: str) -> int:
    """The number of a chord, 0 to 24, from its name, such as C, F#m, Bb7 or N (none).

    Raises:
        UserError: If there is no such chord.
    """
    if name in ("N", "NC", "N.C."):
        return NONE
    found = NAME.fullmatch(name)
    if not found or found[3] not in KINDS:
        raise UserError(
            f"given: there is no chord {name!r}; type a note from A to G, # or b, and m for minor, such as C,F#m,Bb,G7"
        )
    root = SEMITONES[found[1].upper()] + {"": 0, "#": 1, "b": -1}[found[2]]
    return root % OCTAVE + OCTAVE * KINDS[found[3]]


def name_of(number: int) -> str:
    """The name of a chord, 0 to 24."""
    return "N" if number >= NONE else ROOTS[number % OCTAVE] + "m" * (number // OCTAVE)


@cache
def members() -> Tensor:
    """Which of the twelve notes belong to each chord, bool [25, 12]; none to no chord."""
    found = torch.zeros(NONE + 1, OCTAVE, dtype=torch.bool)
    for number in range(NONE):
        for interval in (MAJOR, MINOR)[number // OCTAVE]:
            found[number, (number + interval) % OCTAVE] = True
    return found


def best_chord(weights: Tensor) -> int:
    """The chord that fits best how long each note sounds, float [12]; none where nothing does.

    What belongs to it counts for it, what does not by half against it, and its root a little more.
    """
    if not bool(weights.sum()):
        return NONE
    triads = members()[:NONE].float()
    scores = triads @ weights - 0.5 * (1 - triads) @ weights + 0.1 * weights.repeat(2)
    return int(scores.argmax())


def moved(chords: Tensor, semitones: Tensor | int) -> Tensor:
    """Chords, int64 of any shape, some semitones higher."""
    return torch.where(chords < NONE, (chords + semitones) % OCTAVE + chords // OCTAVE * OCTAVE, chords)


def _written(name: str) -> Tensor:
    height, width = PICTURE
    picture = Image.new("L", (width, height), 255)
    font = ImageFont.load_default(size=10)
    ImageDraw.Draw(picture).text((width // 2, height // 2), name, fill=0, font=font, anchor="mm")
    return torch.from_numpy(np.array(picture))[None]
