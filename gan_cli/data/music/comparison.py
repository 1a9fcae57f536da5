"""Made tunes beside real ones, in one table with rows that learn nothing or everything by heart."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from gan_cli.data.datamodules import Split
from gan_cli.data.music.bars import Bars
from gan_cli.metrics import music_baselines as baselines
from gan_cli.metrics.music import KINDS, Tunes, contents, measured
from gan_cli.metrics.row_table import RowTable
from gan_cli.seeding import stream

if TYPE_CHECKING:
    from gan_cli.data.music.music_sets import MusicDataModule

AT_ONCE = 4096
"""At most this many training bars are moved to their keys at once."""


def table(data: "MusicDataModule", made: Tensor, numbers: Tensor, split: Split) -> RowTable:
    """The table of made tunes; see `GANDataModule.compared`.

    Args:
        data: The set.
        made: uint8 [M, L, C, T, P].
        numbers: Of the real bars that each was made beside, int64 [M, L].
        split: The part that these are of.
    """
    held_out, train = data.at_hand(split), data.at_hand("train")
    real = tunes_at(held_out, numbers.unique(dim=0), data.reach.first)
    training = every_bar(train)
    known = frozenset(contents(training))
    count = len(real.bars)
    others = train.runs(numbers.shape[1])
    as_written = others[others[:, 0] // len(train.rolls) == train.shifts.tolist().index(0)]
    chosen = torch.randperm(len(as_written), generator=stream(0, "training tunes"))[: max(1, count)]
    random = torch.randint(len(training), numbers[:count].shape, generator=stream(0, "random bars"))
    rows = {
        "made": tunes_at(held_out, numbers, data.reach.first)._replace(bars=made),
        "held-out tunes": real,
        "training tunes": tunes_at(train, as_written[chosen], data.reach.first) if len(as_written) else None,
        "held-out bars, shuffled": baselines.shuffled_bars(real),
        "their notes, shuffled": baselines.shuffled_notes(real),
        "the nearest training bars": baselines.nearest(real, training),
        "random training bars": real._replace(bars=training[random]),
        "arpeggios of the chords": baselines.arpeggios(real),
    }
    numbers_of = {name: measured(tunes, real, known) for name, tunes in rows.items() if tunes is not None}
    notes = (
        f"made: {made.shape[0]:,} tunes of {made.shape[1]} bars, each bar from the one before it, with the chords of "
        f"{count:,} held-out ones and what came before them",
        "TV: total variation to held-out tunes, 0 is best; pitch classes are counted from the first note of the scale",
        "exact copies: bars that are one of the training set's, in any key; more than of held-out tunes are by heart",
        "all else is to be as of held-out tunes; no measure is enough alone, as the other rows show",
    )
    return RowTable(f"{data.name} {split}: tunes of {made.shape[1]} bars", KINDS, numbers_of, notes)


def tunes_at(part: Bars, numbers: Tensor, first: int) -> Tunes:
    """Bars by number, [R, L], as tunes."""
    batch = part[numbers.flatten()].batch
    bars = batch.bars.unflatten(0, tuple(numbers.shape))
    return Tunes(bars, batch.chords.view(numbers.shape), part.scale(numbers), first)


def every_bar(part: Bars) -> Tensor:
    """All bars in all keys, uint8 [N, C, T, P]."""
    return torch.cat([part[numbers].batch.bars for numbers in torch.arange(len(part)).split(AT_ONCE)])
