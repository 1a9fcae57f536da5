"""Bars of music as piano rolls: 0 and 1 outside, floats in a model, MIDI and WAV in files."""

from __future__ import annotations

from dataclasses import dataclass
from math import isqrt
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.errors import UserError
from gan_cli.media import midi_files, sound
from gan_cli.media.chords import name_of
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.notes import KEYBOARD, Note, Reach, in_reach, notes_of, on_grid, one_at_a_time, rolls_of
from gan_cli.media.pictures import grid
from gan_cli.media.roll_pictures import roll_pictures, with_names


@dataclass(frozen=True)
class PianoRolls(Medium):
    """Bars: kept as uint8 [N, C, T, P] of 0 and 1, shown as float of the same shape; several bars are [N, B, C, T, P].

    The first plane says which pitches sound at a step; the second, if there is one, which notes begin there, so that a
    note that is repeated is not one long one. Of one voice the strongest pitch of each step is kept (Yang et al. 2017,
    arXiv:1703.10847, section 5.2), of more of them those above a half.

    Attributes:
        num_steps: T, of a bar.
        planes: C, 1 or 2.
        first: The pitch of the first row, 0 to 127.
        rows: P, how many pitches a bar has.
        lowest: The lowest pitch that notes from files are brought to.
        octaves: How many octaves there are from it; beyond them a note is moved by octaves.
        beats: Of a bar.
        unit: What a beat is: 4 is a quarter note.
        voices: At most so many notes at once.
        bpm: Quarter notes a minute, in files that are written.
    """

    num_steps: int = 16
    planes: int = 2
    first: int = 0
    rows: int = KEYBOARD
    lowest: int = 60
    octaves: int = 2
    beats: int = 4
    unit: int = 4
    voices: int = 1
    bpm: float = 120.0

    name: ClassVar[str] = "bars"
    FACTS: ClassVar[tuple[str, ...]] = ("num_steps", "num_pitches", "planes")
    suffix: ClassVar[str] = ".mid"
    endings: ClassVar[tuple[str, ...]] = (".mid", ".wav")
    usual: ClassVar[int] = 32
    in_folder: ClassVar[str] = "both"

    @property
    def quarters(self) -> float:
        """The length of a bar in quarter notes."""
        return 4 * self.beats / self.unit

    @property
    def steps_per_quarter(self) -> float:
        """How fine the grid is."""
        return self.num_steps / self.quarters

    @property
    def reach(self) -> Reach:
        """The pitches that notes are brought to."""
        return Reach(self.lowest, self.octaves, self.first, self.rows)

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        if mirrored is not None:
            raise UserError("data.flip: music is not played backwards; leave it out")
        return kept.float()

    def kept(self, made: Tensor) -> Tensor:
        strengths, begins = made[..., 0, :, :].float(), made[..., -1, :, :].float() > 0.5
        if self.voices == 1:
            sounds = one_hot(strengths.argmax(-1), made.shape[-1]).bool()
        else:
            enough = strengths.topk(min(self.voices, made.shape[-1]), dim=-1).values[..., -1:]
            sounds = (strengths > 0.5) & (strengths >= enough)
        if made.shape[-3] == 1:
            return sounds[..., None, :, :].to(torch.uint8)
        before = torch.cat(
            [sounds[..., :1, :], sounds[..., :-1, :]], dim=-2
        )  # at the first step the plane alone says it
        return torch.stack([sounds, sounds & (begins | ~before)], dim=-3).to(torch.uint8)

    def pictures(self, kept: Tensor) -> Tensor:
        bars = kept if kept.ndim == 5 else kept[:, None]
        return roll_pictures(bars, self.first, self.steps_per_quarter * 4 / self.unit)

    def page(self, kept: Tensor, beside: Beside) -> Tensor:
        """Bars in rows of eight, or tunes of several bars, with the chords below them if they are known."""
        pictures, chords = self.pictures(kept), beside.given.get("chords")
        if chords is not None:
            names = [[name_of(number) for number in row.flatten().tolist()] for row in chords]
            pictures = torch.stack([with_names(*each) for each in zip(pictures, names, strict=True)])
        bars = kept.shape[1] if kept.ndim == 5 else 1
        columns = 8 if bars == 1 else max(1, 16 // bars)
        return grid(pictures, columns=min(columns, isqrt(len(pictures) - 1) + 1 if bars > 1 else columns), padding=4)

    def write(self, one: Tensor, path: Path) -> None:
        """A bar [C, T, P], or several that follow each other, [B, C, T, P], as MIDI or, by the ending, as sound."""
        steps = notes_of(one if one.ndim == 4 else one[None], self.first)
        step = 1 / self.steps_per_quarter
        notes = [Note(start * step, length * step, pitch) for start, length, pitch in steps]
        if path.suffix.lower() == ".wav":
            sound.write_wav(notes, path, 60 / self.bpm)
        else:
            midi_files.write([midi_files.Track("melody", notes)], path, self.bpm, self.beats, self.unit)

    def read(self, path: Path) -> Tensor:
        """The last whole bar of the melody in a MIDI file."""
        try:
            piece = midi_files.read(path)
            melody = piece.tracks[midi_files.melody_of(piece, voices=self.voices)].notes
        except midi_files.NoMusic as reason:
            raise UserError(f"given: {path}: {reason}; take a MIDI file with a melody") from reason
        end = max(note.start + note.length for note in melody)
        meter, _ = next(part for part in reversed(piece.stretches()) if part[0].start < end)
        if (meter.beats, meter.unit) != (self.beats, self.unit):
            wanted, found = f"{self.beats}/{self.unit}", f"{meter.beats}/{meter.unit}"
            raise UserError(f"given: {path} ends in {found}, and this model makes bars of {wanted}; take another file")
        bars = max(1, round((end - meter.start) / self.quarters))
        here = [note._replace(start=note.start - meter.start) for note in melody if note.start >= meter.start]
        return self.bars_of(here, bars)[-1]

    def bars_of(self, notes: list[Note], bars: int) -> Tensor:
        """Bars, [B, C, T, P], of notes in quarter notes from the beginning of the first bar on."""
        placed = on_grid(notes, self.steps_per_quarter).notes
        line = one_at_a_time(placed) if self.voices == 1 else placed
        whole = rolls_of(line, bars, self.num_steps, self.voices)
        return in_reach(whole, self.reach)[:, : self.planes]
