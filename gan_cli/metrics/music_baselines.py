"""Tunes that learn nothing, or everything by heart: what a measure of music has to tell from real ones."""

import torch
from torch import Tensor
from torch.nn.functional import one_hot

from gan_cli.media.chords import NONE, members
from gan_cli.media.notes import OCTAVE, NoteTable, note_table, rolls_of_table
from gan_cli.metrics.music import Tunes
from gan_cli.seeding import stream


def shuffled_bars(tunes: Tunes) -> Tunes:
    """The same bars, each at the place of another one: chords and tunes are not theirs."""
    flat = tunes.bars.flatten(0, 1)
    order = torch.randperm(len(flat), generator=stream(0, "shuffled bars"))
    return tunes._replace(bars=flat[order].view_as(tunes.bars))


def shuffled_notes(tunes: Tunes) -> Tunes:
    """The same notes in each bar, with the lengths that they have in it, in another order."""
    flat = tunes.bars.flatten(0, 1)[:, None]
    table = note_table(flat)
    keys = torch.rand(len(table.run), generator=stream(0, "shuffled notes"), dtype=torch.float64)
    order = torch.argsort(table.run + keys)  # within each bar, because keys are below 1
    length = table.length[order]
    before = length.cumsum(0) - length
    first = torch.searchsorted(table.run, table.run)  # of each note's bar
    start = before - before[first]
    room = tunes.bars.shape[3] - start
    there = room > 0
    moved = NoteTable(table.run, start, table.pitch[order], torch.minimum(length, room))
    return tunes._replace(
        bars=rolls_of_table(NoteTable(*(column[there] for column in moved)), flat).view_as(tunes.bars)
    )


def arpeggios(tunes: Tunes) -> Tunes:
    """The notes of each bar's chord from below, one after the other, two steps each."""
    steps, rows = tunes.bars.shape[3:]
    notes = (torch.arange(rows) + tunes.first) % OCTAVE
    lowest = torch.arange(rows).expand(*tunes.chords.shape, rows)
    there = members()[tunes.chords][..., notes] | (tunes.chords == NONE)[..., None]
    places = torch.where(there, lowest, rows).sort(-1).values[..., :3].clamp(max=rows - 1)
    turns = places[..., (torch.arange(steps) // 2) % 3]
    sounds = one_hot(turns, rows).to(torch.uint8)
    begins = sounds * (torch.arange(steps) % 2 == 0)[:, None].to(torch.uint8)
    return tunes._replace(bars=torch.stack([sounds, begins], dim=2)[:, :, : tunes.bars.shape[2]])


def nearest(tunes: Tunes, training: Tensor) -> Tunes:
    """Each bar replaced by the training bar that sounds most like it.

    Args:
        tunes: The bars.
        training: uint8 [N, C, T, P].
    """
    flat = tunes.bars.flatten(0, 1)
    known, asked = (bars[:, 0].flatten(1).float() for bars in (training, flat))
    apart = known.sum(1)[None] - 2 * asked @ known.T
    return tunes._replace(bars=training[apart.argmin(1)].view_as(tunes.bars))
