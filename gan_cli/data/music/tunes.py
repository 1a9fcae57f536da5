"""Tunes as bars: cut from notes, with a chord for each bar, and the key that they are in."""

from collections import Counter
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor

from gan_cli.media import midi_files
from gan_cli.media.chords import NONE, best_chord
from gan_cli.media.notes import Note, by_bar, in_scales, on_grid, one_at_a_time, rolls_of, weights_of


class Grid(NamedTuple):
    """How tunes are cut into bars.

    Attributes:
        beats: Of a bar.
        unit: What a beat is: 4 is a quarter note.
        steps: Of a bar.
        voices: At most so many notes at once.
    """

    beats: int
    unit: int
    steps: int
    voices: int

    @property
    def quarters(self) -> float:
        """The length of a bar in quarter notes."""
        return 4 * self.beats / self.unit


class Tune(NamedTuple):
    """Bars that follow each other.

    Attributes:
        name: Where they come from.
        rolls: uint8 [B, 2, T, 128]: what sounds, and what begins.
        chords: Of each bar, int64 [B]; 24 is none.
        scale: The first note of the major scale that most of its notes are of, 0 to 11.
    """

    name: str
    rolls: Tensor
    chords: Tensor
    scale: int


class Cut(NamedTuple):
    """What has become of a file.

    Attributes:
        tunes: A tune for each stretch of bars without a gap.
        counted: How often something was changed or left out, by what it is.
    """

    tunes: list[Tune]
    counted: Counter[str]


def tunes_of(path: Path, name: str, grid: Grid, track: int | None = None) -> Cut:
    """The tunes in a MIDI file.

    Raises:
        NoMusic: If it cannot be read, or has no melody.
    """
    piece = midi_files.read(path)
    number = midi_files.melody_of(piece, track, grid.voices)
    melody, others = piece.tracks[number].notes, piece.beside(number)
    cut = Cut([], Counter())
    for meter, end in piece.stretches():
        bars = round((end - meter.start) / meter.quarters + 0.499)  # the last one may end with its last note
        if (meter.beats, meter.unit) != (grid.beats, grid.unit):
            cut.counted[f"bars of {meter.beats}/{meter.unit} left out"] += bars
            continue
        here = [_from(meter.start, note) for note in melody if meter.start <= note.start < end]
        beside = [_from(meter.start, note) for note in others if meter.start <= note.start < end]
        for tune in _cut(name, here, beside, bars, grid, cut.counted):
            cut.tunes.append(tune)
    return cut


def with_chords(name: str, notes: list[Note], chords: list[int], grid: Grid) -> Tune:
    """A tune that was written down with its chords; its notes are in quarter notes."""
    steps = grid.steps / grid.quarters
    rolls = rolls_of(one_at_a_time(on_grid(notes, steps).notes), len(chords), grid.steps)
    return Tune(name, rolls, torch.tensor(chords), scale_of(notes))


def scale_of(notes: list[Note]) -> int:
    """The first note of the major scale that notes are most in, 0 to 11."""
    weights = weights_of(notes, 0, max((note.start + note.length for note in notes), default=0))
    scales = in_scales().float()
    return int((scales @ weights + 0.01 * weights).argmax())


def _from(start: float, note: Note) -> Note:
    return note._replace(start=note.start - start)


def _cut(name: str, melody: list[Note], others: list[Note], bars: int, grid: Grid, counted: Counter[str]) -> list[Tune]:
    """The stretches of bars in which there is a melody."""
    steps = grid.steps / grid.quarters
    placed, moved, lost = on_grid(melody, steps)
    counted["notes moved to the grid"] += moved
    counted["notes too short for a step left out"] += lost
    counted["notes"] += len(placed)
    begins = [any(bar * grid.steps <= note.start < (bar + 1) * grid.steps for note in placed) for bar in range(bars)]
    counted["bars in which no note begins left out"] += begins.count(False)
    counted["bars"] += sum(begins)
    line = _line(placed, grid, counted)
    chords = _chords(melody, others, bars, grid, counted)
    tunes = []
    for first, last in stretches(begins):
        here = [
            note._replace(start=note.start - first * grid.steps)
            for note in line
            if first * grid.steps <= note.start < last * grid.steps
        ]
        whole = one_at_a_time(here) if grid.voices == 1 else here
        rolls = rolls_of(whole, last - first, grid.steps, grid.voices)
        _close(rolls, grid)
        sounding = [*melody, *others]
        tunes.append(Tune(name, rolls, chords[first:last], scale_of(sounding)))
    return tunes


def _line(placed: list[Note], grid: Grid, counted: Counter[str]) -> list[Note]:
    """The melody's notes, one at a time where there is one voice."""
    if grid.voices > 1:
        return placed
    line = one_at_a_time(placed, filled=False)
    counted["notes below another one left out"] += len(placed) - len(line)
    ends = [note.start + note.length for note in line]
    counted["silences filled"] += sum(end < after.start for end, after in zip(ends, line[1:], strict=False))
    return line


def _close(rolls: Tensor, grid: Grid) -> None:
    """Has the last note of a melody sound until the end of its bar, as all silences are filled."""
    if grid.voices > 1 or not len(rolls):
        return
    sounds = rolls[-1, 0]
    silent = ~sounds.any(1)
    if bool(silent.any()) and bool(sounds.any()):
        last = int((~silent).nonzero().max())
        sounds[last + 1 :] = sounds[last]


def _chords(melody: list[Note], others: list[Note], bars: int, grid: Grid, counted: Counter[str]) -> Tensor:
    """The chord of each bar: of what accompanies it, or of the melody alone."""
    found, length = [], grid.quarters
    accompanied, sung = (by_bar(notes, bars, length) for notes in (others, melody))
    for bar in range(bars):
        chord = best_chord(weights_of(accompanied[bar], bar * length, (bar + 1) * length))
        if chord == NONE:
            chord = best_chord(weights_of(sung[bar], bar * length, (bar + 1) * length))
            counted["chords guessed from the melody"] += chord != NONE
        found.append(chord)
    return torch.tensor(found)


def stretches(there: list[bool]) -> list[tuple[int, int]]:
    """Where what is there begins and ends: [start, stop) of each stretch."""
    found, start = [], None
    for place, one in enumerate([*there, False]):
        if one and start is None:
            start = place
        elif not one and start is not None:
            found.append((start, place))
            start = None
    return found
