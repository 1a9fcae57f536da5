"""A part of a set of music: each bar with the one before it and its chord, in all keys that are asked for."""

from collections.abc import Sequence

import torch
from torch import Tensor

from gan_cli.batches import BarBatch, LoadedBatch
from gan_cli.data.music.tunes import Tune
from gan_cli.data.parts import Part
from gan_cli.data.sampling import Span
from gan_cli.media.chords import moved
from gan_cli.media.notes import KEYBOARD, OCTAVE, Reach
from gan_cli.seeding import stream_indices


class Bars(Part):
    """The bars of tunes, in some keys: first all bars in the first key, then all in the second.

    Args:
        tunes: One at least.
        shifts: By how many semitones they are moved, -6 to 6; one at least.
        planes: 1 or 2.
        reach: The pitches that they are brought to.
    """

    def __init__(self, tunes: Sequence[Tune], shifts: Sequence[int], planes: int, reach: Reach) -> None:
        self.rolls = torch.cat([tune.rolls[:, :planes] for tune in tunes])
        self.chords = torch.cat([tune.chords for tune in tunes])
        self.scales = torch.cat([torch.full((len(tune.rolls),), tune.scale) for tune in tunes])
        self.lengths = [len(tune.rolls) for tune in tunes]
        self.shifts = torch.tensor(shifts)
        self.reach = reach
        self.first = torch.zeros(len(self.rolls), dtype=torch.bool)
        self.first[torch.tensor([0, *self.lengths[:-1]]).cumsum(0)] = True
        # where each pitch goes to in each key: [K, 128]
        self.rows = torch.tensor(
            [[reach.folded(pitch + shift) - reach.first for pitch in _keys(shift)] for shift in shifts]
        )

    @property
    def at_hand(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.rolls) * len(self.shifts)

    def __getitem__(self, places: Span | Tensor) -> LoadedBatch:
        numbers = stream_indices(len(self), *places) if isinstance(places, Span) else places
        bars, keys = numbers % len(self.rolls), numbers // len(self.rolls)
        before = self._in_key(bars - 1, keys) * ~self.first[bars][:, None, None, None]
        return LoadedBatch(BarBatch(self._in_key(bars, keys), before, moved(self.chords[bars], self.shifts[keys])))

    def scale(self, numbers: Tensor) -> Tensor:
        """The first note of the major scale that bars are in, int64 of the numbers' shape."""
        return (self.scales[numbers % len(self.rolls)] + self.shifts[numbers // len(self.rolls)]) % OCTAVE

    def runs(self, length: int) -> Tensor:
        """Numbers of bars that follow each other, int64 [R, length], from each tune as many as it has, in all keys."""
        starts, tune = [], 0
        for bars in self.lengths:
            starts += [tune + length * k for k in range(bars // length)]
            tune += bars
        every = torch.tensor(starts, dtype=torch.int64)[:, None] + torch.arange(length)
        return torch.cat([every + len(self.rolls) * key for key in range(len(self.shifts))])

    def _in_key(self, bars: Tensor, keys: Tensor) -> Tensor:
        """Bars by number, each in a key: uint8 [N, C, T, P]."""
        rolls = self.rolls[bars]
        into = self.rows[keys][:, None, None].expand(rolls.shape)
        made = torch.zeros(*rolls.shape[:-1], self.reach.rows, dtype=torch.uint8)
        return made.scatter_reduce_(-1, into, rolls, "amax")


def _keys(shift: int) -> list[int]:
    """All pitches, those that a shift would take off the keyboard an octave nearer."""
    return [pitch - OCTAVE * (pitch + shift >= KEYBOARD) + OCTAVE * (pitch + shift < 0) for pitch in range(KEYBOARD)]
