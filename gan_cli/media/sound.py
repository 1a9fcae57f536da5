"""Notes as sound: a plucked tone of a few harmonics, in a WAV file. Nothing has to be installed for it.

A sound font would sound better, but those that can be had are larger than this package, or need a system's library.
"""

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from gan_cli.files import write_atomically
from gan_cli.media.notes import Note

RATE = 22_050
"""Samples a second."""
HARMONICS = (1.0, 0.5, 0.3, 0.15, 0.08)
"""How strong the fundamental and its multiples are."""
FADES = 2.5
"""How fast a tone fades, per second; the multiples as many times faster."""
ATTACK, RELEASE = 0.008, 0.06
"""Seconds in which a tone begins and ends, so that neither clicks."""
LOUDEST = 0.9


def samples(notes: Sequence[Note], seconds: float) -> NDArray[np.int16]:
    """The sound of notes, int16 at `RATE`; as loud as it can be without clipping.

    Args:
        notes: In any unit.
        seconds: Of one such unit.
    """
    end = max((note.start + note.length for note in notes), default=0) * seconds + RELEASE
    whole = np.zeros(int(end * RATE) + 1)
    for note in notes:
        tone = _tone(note.pitch, note.length * seconds)
        first = int(note.start * seconds * RATE)
        whole[first : first + len(tone)] += tone[: len(whole) - first]
    peak = np.abs(whole).max()
    return (whole * (LOUDEST * 32767 / peak if peak else 0)).round().astype(np.int16)


def write_wav(notes: Sequence[Note], path: Path, seconds: float) -> None:
    """Writes the sound of notes as a WAV file (mono, 16 bits), whole or not at all; see `samples`."""
    content = samples(notes, seconds).tobytes()

    def write(out: IO[bytes]) -> None:
        with wave.open(out, "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(2)
            file.setframerate(RATE)
            file.writeframes(content)

    write_atomically(path, write)


def _tone(pitch: int, seconds: float) -> NDArray[np.float64]:
    times = np.arange(int((seconds + RELEASE) * RATE)) / RATE
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    tone = np.zeros_like(times)
    for number, strength in enumerate(HARMONICS, 1):
        if number * frequency < RATE / 2:  # above it would come back as another tone
            tone += strength * np.sin(2 * np.pi * number * frequency * times) * np.exp(-FADES * number * times)
    begins = np.minimum(1, times / ATTACK)
    ends = np.clip((seconds + RELEASE - times) / RELEASE, 0, 1)
    return tone * begins * ends
