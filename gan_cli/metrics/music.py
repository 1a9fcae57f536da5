"""Measures of tunes, which are runs of bars: uint8 [R, L, C, T, P] of 0 and 1, of R runs of L bars each."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from gan_cli.media.chords import NONE, members
from gan_cli.media.notes import OCTAVE, in_scales, note_table
from gan_cli.metrics.row_table import Kind

WIDEST = OCTAVE
"""Wider intervals count as an octave."""


class Tunes(NamedTuple):
    """Tunes, with what they are measured beside.

    Attributes:
        bars: uint8 [R, L, C, T, P].
        chords: Of each bar, int64 [R, L].
        scales: The first note of the major scale that each bar should be in, int64 [R, L].
        first: The pitch of the first row.
    """

    bars: Tensor
    chords: Tensor
    scales: Tensor
    first: int

    @property
    def sounds(self) -> Tensor:
        """How often each of the twelve notes sounds in each bar, float [R, L, 12]."""
        each = self.bars[:, :, 0].sum(2).float()
        notes = (torch.arange(each.shape[-1]) + self.first) % OCTAVE
        return torch.zeros(*each.shape[:2], OCTAVE).index_add_(2, notes, each)


def in_chord(tunes: Tunes) -> float:
    """The share of what sounds that belongs to the bar's chord; bars without one do not count."""
    sounds = tunes.sounds * (tunes.chords < NONE)[..., None]
    return _share((sounds * members()[tunes.chords]).sum(), sounds.sum())


def in_scale(tunes: Tunes) -> float:
    """The share of what sounds that belongs to the tune's scale."""
    return _share((tunes.sounds * in_scales()[tunes.scales]).sum(), tunes.sounds.sum())


def pitch_classes(tunes: Tunes) -> Tensor:
    """How often each of the twelve notes sounds, from the first note of the scale on, float [12], which adds to 1."""
    from_first = (torch.arange(OCTAVE) + tunes.scales[..., None]) % OCTAVE
    return _shares(tunes.sounds.gather(2, from_first).sum((0, 1)))


def intervals(tunes: Tunes) -> Tensor:
    """How often each step from a note to the next occurs, from an octave down to one up, float [25]."""
    table = note_table(tunes.bars)
    follows = table.run[1:] == table.run[:-1]
    steps = (table.pitch[1:] - table.pitch[:-1])[follows].clamp(-WIDEST, WIDEST)
    return _shares((steps + WIDEST).bincount(minlength=2 * WIDEST + 1).float())


def lengths(tunes: Tunes) -> Tensor:
    """How often notes have each length, in steps up to a whole bar, float [T]."""
    steps = tunes.bars.shape[3]
    return _shares((note_table(tunes.bars).length.clamp(max=steps) - 1).bincount(minlength=steps).float())


def onsets(tunes: Tunes) -> Tensor:
    """How often notes begin at each step of a bar, float [T]."""
    steps = tunes.bars.shape[3]
    return _shares((note_table(tunes.bars).start % steps).bincount(minlength=steps).float())


def polyphony(tunes: Tunes) -> float:
    """How many notes sound at once, while any does."""
    at_once = tunes.bars[:, :, 0].sum(-1)
    return _share(at_once.sum(), (at_once > 0).sum())


def pitches_a_bar(tunes: Tunes) -> float:
    """How many pitches a bar has."""
    return float(tunes.bars[:, :, 0].amax(2).sum(-1).float().mean())


def self_similarity(tunes: Tunes) -> float:
    """The share of steps at which two bars of one tune have a pitch in common, over all pairs of bars."""
    sounds = tunes.bars[:, :, 0].float()
    runs, bars, steps, _ = sounds.shape
    if bars < 2:
        return float("nan")
    common = torch.einsum("ritp,rjtp->rijt", sounds, sounds) > 0
    return float((common.sum() - runs * bars * steps) / (runs * bars * (bars - 1) * steps))


def copies(tunes: Tunes, known: frozenset[bytes]) -> float:
    """The share of bars that are bars of the training set, in any key, note by note."""
    return float(np.mean([one in known for one in contents(tunes.bars.flatten(0, 1))]))


def contents(bars: Tensor) -> list[bytes]:
    """Bars [N, C, T, P] as bytes that are equal where bars are; all that sounds at first also begins there."""
    whole = bars.clone()
    whole[:, -1, 0] = whole[:, 0, 0]
    return [row.tobytes() for row in np.packbits(whole.flatten(1).numpy(), axis=1)]


def variation(one: Tensor, other: Tensor) -> float:
    """The total variation between two distributions: 0 if they are one, 1 if they have nothing in common."""
    return float((one - other).abs().sum() / 2)


DISTRIBUTIONS: Mapping[str, Callable[[Tunes], Tensor]] = {
    "pitches_apart": pitch_classes,
    "intervals_apart": intervals,
    "lengths_apart": lengths,
    "onsets_apart": onsets,
}
"""What is compared with held-out tunes as a whole."""
NUMBERS: Mapping[str, Callable[[Tunes], float]] = {
    "in_chord": in_chord,
    "in_scale": in_scale,
    "at_once": polyphony,
    "pitches_a_bar": pitches_a_bar,
    "self_similarity": self_similarity,
}
"""What is one number, to be as it is of real tunes."""
KINDS = {
    "in_chord": Kind("in chord"),
    "in_scale": Kind("in scale"),
    "pitches_apart": Kind("pitch classes (TV)", "lower"),
    "intervals_apart": Kind("intervals (TV)", "lower"),
    "lengths_apart": Kind("note lengths (TV)", "lower"),
    "onsets_apart": Kind("onsets (TV)", "lower"),
    "at_once": Kind("notes at once"),
    "pitches_a_bar": Kind("pitches a bar"),
    "self_similarity": Kind("self-similarity"),
    "copies": Kind("exact copies"),
}
"""All measures, in the order of a table."""


def measured(tunes: Tunes, real: Tunes, known: frozenset[bytes]) -> list[float]:
    """All measures of tunes, in the order of `KINDS`.

    Args:
        tunes: What is measured.
        real: Held-out ones; distributions are compared with theirs.
        known: The contents of all training bars.
    """
    numbers = {name: measure(tunes) for name, measure in NUMBERS.items()}
    apart = {name: variation(of(tunes), of(real)) for name, of in DISTRIBUTIONS.items()}
    found = {**numbers, **apart, "copies": copies(tunes, known)}
    return [found[name] for name in KINDS]


def _share(part: Tensor, whole: Tensor) -> float:
    return float(part / whole) if float(whole) else float("nan")


def _shares(counts: Tensor) -> Tensor:
    return counts / counts.sum().clamp_min(1e-9)
