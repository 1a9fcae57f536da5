from collections.abc import Iterable, Sequence
from math import isnan, nan

import pytest
import torch

from gan_cli.data import FolkTunes
from gan_cli.data.music.comparison import every_bar, tunes_at
from gan_cli.media.chords import number_of
from gan_cli.media.notes import note_table, rolls_of_table
from gan_cli.metrics import music
from gan_cli.metrics import music_baselines as baselines
from gan_cli.metrics.row_table import Kind, RowTable


def tune(*bars: list[tuple[int, int]], chords: tuple[str, ...] = ("C", "G"), scale: int = 0) -> music.Tunes:
    """One tune of bars of eight steps: pitches above 60 with their lengths."""
    rolls = torch.zeros(1, len(bars), 2, 8, 24, dtype=torch.uint8)
    for number, notes in enumerate(bars):
        start = 0
        for pitch, length in notes:
            rolls[0, number, 0, start : start + length, pitch] = 1
            rolls[0, number, 1, start, pitch] = 1
            start += length
    named = torch.tensor([[number_of(name) for name in chords]])
    return music.Tunes(rolls, named, torch.full_like(named, scale), 60)


TUNE = tune([(0, 4), (0, 2), (6, 2)], [(7, 4), (12, 4)])


def test_shares_and_counts() -> None:
    assert music.in_chord(TUNE) == pytest.approx((6 + 4) / 16)
    assert music.in_scale(TUNE) == pytest.approx(14 / 16)  # all but the sharp one
    assert music.polyphony(TUNE) == 1
    assert music.pitches_a_bar(TUNE) == 2
    assert music.self_similarity(TUNE) == 0
    assert music.self_similarity(tune([(0, 4), (2, 4)], [(0, 4), (4, 4)])) == 0.5
    assert isnan(music.self_similarity(tune([(0, 8)], chords=("C",))))
    silent = TUNE._replace(bars=TUNE.bars * 0)
    assert isnan(music.in_chord(silent))
    assert music.pitches_a_bar(silent) == 0


def test_distributions() -> None:
    classes = music.pitch_classes(TUNE)
    assert classes[[0, 6, 7]].tolist() == [10 / 16, 2 / 16, 4 / 16]
    assert torch.equal(music.pitch_classes(TUNE._replace(scales=TUNE.scales + 7)), classes.roll(-7))
    assert music.intervals(TUNE)[[12, 18, 13, 17]].tolist() == [0.25, 0.25, 0.25, 0.25]  # none, 6, 1 and 5 up
    assert music.lengths(TUNE)[[1, 3]].tolist() == pytest.approx([2 / 5, 3 / 5])
    assert music.onsets(TUNE)[[0, 4, 6]].tolist() == pytest.approx([2 / 5, 2 / 5, 1 / 5])
    assert music.variation(classes, classes.roll(6)) == pytest.approx(12 / 16)
    assert music.variation(classes, classes) == 0


def test_a_note_may_be_held_over_a_bar_line() -> None:
    held = tune([(0, 4), (2, 4)], [(2, 4), (4, 4)])
    held.bars[0, 1, 1, 0] = 0
    assert note_table(held.bars).length.tolist() == [4, 8, 4]
    assert music.lengths(held)[[3, 7]].tolist() == pytest.approx([2 / 3, 1 / 3])
    assert torch.equal(rolls_of_table(note_table(held.bars), held.bars), held.bars)


def test_copies_are_bars_of_the_training_set() -> None:
    known = frozenset(music.contents(TUNE.bars[0, :1]))
    assert music.copies(TUNE, known) == 0.5
    other = TUNE._replace(bars=TUNE.bars.clone())
    other.bars[0, 0, 1, 4] = 0  # a note that is held is another bar than one that is repeated
    assert music.copies(other, known) == 0


def test_shuffled_notes_keep_pitches_and_lengths_of_each_bar() -> None:
    real = real_tunes()
    shuffled = baselines.shuffled_notes(real)
    assert not torch.equal(shuffled.bars, real.bars)
    assert torch.equal(shuffled.bars[:, :, 0].sum(2), real.bars[:, :, 0].sum(2))
    each, before = (note_table(tunes.bars.flatten(0, 1)[:, None]) for tunes in (shuffled, real))
    assert torch.equal(each.run, before.run)
    assert torch.equal(each.length.sort().values, before.length.sort().values)


def real_tunes() -> music.Tunes:
    part = FolkTunes().part("test")
    return tunes_at(part, part.runs(8), 60)


def numbers_of(columns: Iterable[str], numbers: Sequence[float | None]) -> dict[str, float]:
    """A row that has a number in every column."""
    return {name: number for name, number in zip(columns, numbers, strict=True) if number is not None}


def test_every_measure_is_fooled_by_something_and_all_of_them_by_nothing() -> None:
    data = FolkTunes()
    held_out = data.part("test")
    runs = held_out.runs(8)
    assert runs.shape == (10, 8)
    table = data.compared(held_out[runs.flatten()].batch.bars.unflatten(0, (10, 8)), runs, "test")
    rows = {name: numbers_of(table.kinds, numbers) for name, numbers in table.rows.items()}
    made, real = rows.pop("made"), rows.pop("held-out tunes")
    assert made == real
    assert all(real[name] == 0 for name in real if name.endswith("_apart"))
    assert real["at_once"] == 1
    assert 0.6 < real["in_chord"] < 0.9
    assert real["in_scale"] > 0.95
    assert rows["arpeggios of the chords"]["in_chord"] == 1
    assert rows["arpeggios of the chords"]["lengths_apart"] > 0.3
    assert rows["held-out bars, shuffled"]["pitches_apart"] < 0.01
    assert rows["held-out bars, shuffled"]["in_chord"] < real["in_chord"] - 0.1
    assert rows["held-out bars, shuffled"]["self_similarity"] < real["self_similarity"] - 0.02
    assert rows["their notes, shuffled"]["onsets_apart"] > 0.05
    assert rows["their notes, shuffled"]["lengths_apart"] < 0.05
    for name in ("the nearest training bars", "random training bars", "training tunes"):
        assert rows[name]["copies"] == 1 > real["copies"]
    assert rows["random training bars"]["in_scale"] < 0.8


def test_nearest_bars_are_near() -> None:
    real, training = real_tunes(), every_bar(FolkTunes().part("train"))
    near = baselines.nearest(real, training)
    apart = (near.bars[:, :, 0].int() - real.bars[:, :, 0].int()).abs().sum((2, 3)).flatten()
    every = (training[:, None, 0].int() - real.bars.flatten(0, 1)[None, :3, 0].int()).abs().sum((2, 3))
    assert torch.equal(apart[:3], every.amin(0))


def test_a_table_of_rows_is_printed_and_kept() -> None:
    kinds = {"one": Kind("the first", "lower"), "two": Kind("the second")}
    table = RowTable("music", kinds, {"made": (0.123, None), "real": (1234.5, nan)}, ("a note",))
    assert table.as_dict() == {
        "title": "music",
        "columns": {"one": "the first", "two": "the second"},
        "rows": {"made": {"one": 0.123, "two": None}, "real": {"one": 1234.5, "two": pytest.approx(nan, nan_ok=True)}},
        "notes": ["a note"],
    }
    assert table.values() == {"one": 0.123}
    assert list(table.table().columns[1].cells) == ["0.12", "1,234"]
