"""Notes, as files have them, and bars of steps, as networks see them; from each to the other."""

from collections.abc import Iterable
from math import ceil
from typing import NamedTuple

import torch
from torch import Tensor

KEYBOARD = 128
"""Pitches that MIDI knows; 60 is the C in the middle."""
OCTAVE = 12
SCALE = (0, 2, 4, 5, 7, 9, 11)
"""Semitones of a major scale from its first note; the minor one with the same notes begins at the sixth."""


class Note(NamedTuple):
    """A note.

    Attributes:
        start: When it begins, in quarter notes or in steps, from 0.
        length: How long it sounds, above 0, in the same unit.
        pitch: 0 to 127.
    """

    start: float
    length: float
    pitch: int


class OnGrid(NamedTuple):
    """Notes on a grid of steps.

    Attributes:
        notes: With whole numbers of steps.
        moved: How many of them did not lie on the grid before, by more than an eighth of a step.
        lost: How many were too short to have a step of their own.
    """

    notes: list[Note]
    moved: int
    lost: int


class Reach(NamedTuple):
    """The pitches that tunes are brought to, and those that a bar has rows for.

    Attributes:
        lowest: The lowest pitch that a note is brought to.
        octaves: How many octaves there are from it.
        first: The pitch of a bar's first row.
        rows: How many rows a bar has.
    """

    lowest: int
    octaves: int
    first: int
    rows: int

    def folded(self, pitch: int) -> int:
        """A pitch within reach: the same note, in another octave if need be."""
        beyond = pitch - self.lowest
        if beyond < 0:
            return self.lowest + beyond % OCTAVE
        highest = OCTAVE * self.octaves
        return pitch if beyond < highest else self.lowest + highest - OCTAVE + beyond % OCTAVE


def on_grid(notes: Iterable[Note], steps_per_quarter: float) -> OnGrid:
    """Notes in quarter notes, brought to the nearest steps.

    Args:
        notes: In any order.
        steps_per_quarter: How fine the grid is.
    """
    found, moved, lost = [], 0, 0
    for note in sorted(notes):
        start, end = note.start * steps_per_quarter, (note.start + note.length) * steps_per_quarter
        first, last = round(start), round(end)
        if last <= first and end - start < 0.5:
            lost += 1
            continue
        moved += abs(start - first) > 1 / 8
        found.append(Note(first, max(1, last - first), note.pitch))
    return OnGrid(found, moved, lost)


def one_at_a_time(notes: Iterable[Note], filled: bool = True) -> list[Note]:
    """A melody: of notes that begin together the highest, each ended by the next one.

    Args:
        notes: On a grid.
        filled: Whether silence is filled by the note before it, and at the beginning by the first note, as Yang et al.
            2017 (arXiv:1703.10847) do, so that there is no silence to learn.
    """
    highest = {note.start: note for note in sorted(notes, key=lambda note: note.pitch)}
    line = [highest[start] for start in sorted(highest)]
    found = []
    for place, note in enumerate(line):
        until = line[place + 1].start if place + 1 < len(line) else note.start + note.length
        length = until - note.start if filled else min(note.length, until - note.start)
        found.append(note._replace(length=length))
    if filled and found:
        found[0] = found[0]._replace(start=0, length=found[0].length + found[0].start)
    return found


def rolls_of(notes: Iterable[Note], bars: int, steps: int, voices: int = 0) -> Tensor:
    """Bars of notes that lie on a grid, uint8 [B, 2, T, 128]: what sounds at each step, and what begins there.

    Args:
        notes: From the first bar on; what lies beyond the last is left out.
        bars: B.
        steps: T, of a bar.
        voices: At most so many sound at once, the highest; 0 for any number.
    """
    whole = torch.zeros(2, bars * steps, KEYBOARD, dtype=torch.uint8)
    for start, length, pitch in notes:
        if start < bars * steps:
            whole[0, int(start) : int(start + length), pitch] = 1
            whole[1, int(start), pitch] = 1
    if voices:
        above = whole[0].flip(1).cumsum(1).flip(1)
        whole *= above <= voices
    made: Tensor = whole.unflatten(1, (bars, steps))
    return made.permute(1, 0, 2, 3).contiguous()


class NoteTable(NamedTuple):
    """Notes of several runs of bars, by run, start and pitch; all int64 [M].

    Attributes:
        run: Which run each is of.
        start: When it begins, in steps from the beginning of its run.
        pitch: Its row.
        length: In steps.
    """

    run: Tensor
    start: Tensor
    pitch: Tensor
    length: Tensor


def note_table(bars: Tensor) -> NoteTable:
    """The notes of runs of bars that follow each other.

    Args:
        bars: uint8 [R, B, C, T, P] of 0 and 1. With one plane a note goes on until another pitch sounds, or the bar
            ends; with two it begins anew wherever the second says so.
    """
    sounds = bars[:, :, 0].flatten(1, 2).bool()
    if bars.shape[2] > 1:
        begins = bars[:, :, 1].flatten(1, 2).bool()
    else:
        begins = torch.zeros_like(sounds)
        begins[:, :: bars.shape[3]] = True
    silence = torch.zeros_like(sounds[:, :1])
    begins = sounds & (begins | ~torch.cat([silence, sounds[:, :-1]], dim=1))
    ends = sounds & torch.cat([begins[:, 1:] | ~sounds[:, 1:], ~silence], dim=1)
    (run, pitch, start), (*_, end) = (found.transpose(1, 2).nonzero().T for found in (begins, ends))
    order = torch.argsort((run * sounds.shape[1] + start) * sounds.shape[2] + pitch)
    return NoteTable(*(column[order] for column in (run, start, pitch, end - start + 1)))


def rolls_of_table(table: NoteTable, like: Tensor) -> Tensor:
    """Runs of bars of notes, of the shape of other ones, [R, B, C, T, P]; `note_table` undone."""
    runs, bars, planes, steps, rows = like.shape
    begins = torch.zeros(runs, bars * steps, rows, dtype=torch.int64)
    sounds = torch.zeros(runs, bars * steps + 1, rows, dtype=torch.int64)
    begins[table.run, table.start, table.pitch] = 1
    one = torch.ones_like(table.run)
    sounds.index_put_((table.run, table.start, table.pitch), one, accumulate=True)
    sounds.index_put_((table.run, table.start + table.length, table.pitch), -one, accumulate=True)
    whole = torch.stack([sounds.cumsum(1)[:, :-1].clamp(0, 1), begins], dim=1)[:, :planes]
    made: Tensor = whole.unflatten(2, (bars, steps)).permute(0, 2, 1, 3, 4)
    return made.to(like.dtype).contiguous()


def notes_of(bars: Tensor, first: int) -> list[Note]:
    """The notes of bars that follow each other, in steps, by their starts.

    Args:
        bars: uint8 [B, C, T, P]; see `note_table`.
        first: The pitch of the first row.
    """
    _, starts, pitches, lengths = (column.tolist() for column in note_table(bars[None]))
    return [Note(start, length, first + pitch) for start, pitch, length in zip(starts, pitches, lengths, strict=True)]


def in_reach(bars: Tensor, reach: Reach, shift: int = 0) -> Tensor:
    """Bars of the whole keyboard, [..., 128], moved by semitones and brought within reach: [..., rows]."""
    rows = [reach.folded(min(KEYBOARD - 1, max(0, pitch + shift))) - reach.first for pitch in range(KEYBOARD)]
    into = torch.tensor(rows).expand(bars.shape)
    made = torch.zeros(*bars.shape[:-1], reach.rows, dtype=bars.dtype)
    return made.scatter_reduce_(-1, into, bars, "amax")


def weights_of(notes: Iterable[Note], start: float, end: float) -> Tensor:
    """How long each of the twelve notes of an octave sounds in a stretch of time, float [12]."""
    found = [0.0] * OCTAVE
    for note in notes:
        found[note.pitch % OCTAVE] += max(0.0, min(end, note.start + note.length) - max(start, note.start))
    return torch.tensor(found)


def by_bar(notes: Iterable[Note], bars: int, length: float) -> list[list[Note]]:
    """The notes that sound in each bar of a length, in the notes' unit; those that are held are in several."""
    found: list[list[Note]] = [[] for _ in range(bars)]
    for note in notes:
        last = min(bars, ceil((note.start + note.length) / length))
        for bar in range(int(note.start // length), last):
            found[bar].append(note)
    return found


def in_scales() -> Tensor:
    """Which of the twelve notes belong to the major scale on each, bool [12, 12]."""
    found = torch.zeros(OCTAVE, OCTAVE, dtype=torch.bool)
    for first in range(OCTAVE):
        found[first, [(first + step) % OCTAVE for step in SCALE]] = True
    return found
