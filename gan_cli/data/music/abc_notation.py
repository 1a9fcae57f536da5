"""Tunes in ABC notation, as far as folk tunes in one voice need it: https://abcnotation.com."""

import re
from typing import NamedTuple

from gan_cli.media.chords import NONE, number_of
from gan_cli.media.notes import Note

SEMITONES = {"C": 60, "D": 62, "E": 64, "F": 65, "G": 67, "A": 69, "B": 71}
"""Capital letters, from the C in the middle; small ones are an octave higher."""
TOKEN = re.compile(r'"([^"]*)"|([_^]?)([A-Ga-gz])([,\']*)(\d*)(/?)|(\|)|(\s+)')
UNIT = 0.5
"""A letter without a number, in quarter notes."""


class Written(NamedTuple):
    """A tune that was written down.

    Attributes:
        notes: In quarter notes.
        chords: The number of each bar's chord.
        lengths: Of the bars, in quarter notes.
    """

    notes: list[Note]
    chords: list[int]
    lengths: list[float]


def parsed(text: str) -> Written:
    """The notes of a tune. A chord in quotes stays until the next one; the key is C, accidentals count for one note.

    Raises:
        ValueError: If something in it is no ABC.
    """
    notes: list[Note] = []
    chords, lengths = [], []
    now, began, chord, place = 0.0, 0.0, NONE, 0
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            raise ValueError(f"no ABC: {text[place : place + 10]!r}")
        place = token.end()
        name, accidental, letter, octaves, number, half, line, _ = token.groups()
        if name:
            chord = number_of(name)
        elif letter:
            length = UNIT * int(number or 1) / (2 if half else 1)
            if letter != "z":
                pitch = SEMITONES[letter.upper()] + 12 * (letter.islower() + octaves.count("'") - octaves.count(","))
                notes.append(Note(now, length, pitch + {"^": 1, "_": -1}.get(accidental, 0)))
            now += length
        elif line:
            chords.append(chord)
            lengths.append(now - began)
            began = now
    return Written(notes, chords, lengths)
