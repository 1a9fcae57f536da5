from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.data import FolkTunes, Melodies
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.data.music import abc_notation, folk_tunes
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.media.chords import name_of, number_of
from gan_cli.media.midi_files import Track, write
from gan_cli.media.notes import Note

C_MAJOR = (48, 52, 55)


def line(*pitches: int, length: float = 1.0, start: float = 0.0) -> list[Note]:
    """Notes of one length after each other."""
    return [Note(start + length * place, length, pitch) for place, pitch in enumerate(pitches)]


def save(path: Path, *tracks: list[Note], beats: int = 4, names: tuple[str, ...] = ("", "", "")) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write([Track(name, notes) for name, notes in zip(names, tracks, strict=False)], path, 120, beats)
    return path


def chord(pitches: tuple[int, ...], bar: int) -> list[Note]:
    return [Note(4.0 * bar, 4.0, pitch) for pitch in pitches]


def melodies(root: Path, **arguments: Any) -> Melodies:
    return Melodies(**{"root": str(root), "keys": "written", **arguments})


@pytest.mark.parametrize("name", folk_tunes.TUNES)
def test_a_tune_that_was_written_down_has_whole_bars_in_its_key(name: str) -> None:
    notes, chords, lengths = abc_notation.parsed(folk_tunes.TUNES[name])
    assert set(lengths) == {4.0}
    assert len(chords) == len(lengths)
    natural = [note.pitch % 12 in (0, 2, 4, 5, 7, 9, 11) for note in notes]
    assert sum(natural) >= len(natural) - 1  # one sharp in all of them
    assert {name_of(number) for number in chords} <= {"C", "Dm", "D", "E", "F", "G", "Am"}


def test_bars_follow_each_other_in_all_keys() -> None:
    data = FolkTunes()
    train, held_out = data.part("train"), data.part("test")
    each = len(train.rolls)
    assert len(train) == 12 * each > 3_500
    assert len(held_out) == len(held_out.rolls) > 70
    bars, previous, chords = train[torch.arange(len(train))].batch
    assert bars.shape[1:] == (2, 16, 24)
    assert bool((bars[:, 0].sum(-1) == 1).all())  # a melody without silences
    assert bool((bars[:, 1] <= bars[:, 0]).all())
    first = previous.flatten(1).sum(1) == 0
    assert int(first.sum()) == 12 * 24
    assert torch.equal(previous[~first], bars[:-1][~first[1:]])
    fifth = train.shifts.tolist().index(5)
    first_key = train.shifts.tolist().index(0)
    moved = bars[:, 0].argmax(-1).view(12, each, 16) % 12
    assert torch.equal((moved[first_key] + 5) % 12, moved[fifth])
    assert torch.equal((chords.view(12, each)[first_key] + 5) % 12, chords.view(12, each)[fifth] % 12)


def test_training_batches_are_functions_of_their_places() -> None:
    part = FolkTunes(batch_size=8).part("train")
    one, other = (part[Span(3, 100, 116)].batch for _ in range(2))
    assert all(torch.equal(*pair) for pair in zip(one, other, strict=True))
    assert not torch.equal(one.bars, part[Span(4, 100, 116)].batch.bars)


def test_runs_are_of_one_tune(tmp_path: Path) -> None:
    for number, bars in enumerate((5, 2, 9)):
        save(tmp_path / "train" / f"{number}.mid", line(*[60 + number] * 4 * bars))
    part = melodies(tmp_path).part("train")
    runs = part.runs(4)
    assert runs.tolist() == [[0, 1, 2, 3], [7, 8, 9, 10], [11, 12, 13, 14]]
    assert not bool(part.first[runs[2]].any())


def test_what_is_read_of_a_file(tmp_path: Path) -> None:
    """The highest track of single notes; repeated notes begin anew; what is beyond two octaves comes back."""
    tune = [*line(60, 60, 62, 64), *line(86, 48, start=4.0, length=2.0)]
    beside = [*chord(C_MAJOR, 0), *chord((50, 53, 57), 1)]
    save(tmp_path / "a.mid", beside, tune)
    bars, _, chords = melodies(tmp_path).part("train")[torch.arange(2)].batch
    assert bars[0, 0].argmax(-1).tolist() == [0] * 8 + [2] * 4 + [4] * 4
    assert bars[0, 1].amax(-1).nonzero().flatten().tolist() == [0, 4, 8, 12]
    assert bars[1, 0].argmax(-1).tolist() == [14] * 8 + [0] * 8
    assert [name_of(number) for number in chords.tolist()] == ["C", "Dm"]
    (whole, *_) = melodies(tmp_path, whole_keyboard=True, onsets=False).part("train")[torch.arange(2)].batch
    assert whole.shape == (2, 1, 16, 128)
    assert whole[1, 0].argmax(-1).tolist() == [74] * 8 + [60] * 8


def test_several_voices_are_kept_where_they_are_asked_for(tmp_path: Path) -> None:
    save(tmp_path / "a.mid", [Note(0.0, 4.0, pitch) for pitch in (60, 64, 67, 72)])
    bars, *_ = melodies(tmp_path, voices=3).part("train")[torch.arange(1)].batch
    assert bars[0, 0, 0].nonzero().flatten().tolist() == [4, 7, 12]


def test_a_named_track_is_the_melody_and_a_number_is_another(tmp_path: Path) -> None:
    save(tmp_path / "a.mid", line(60, 60, 60, 60), line(72, 72, 72, 72), names=("Lead", "Flute"))
    for track, row in ((None, 0), (0, 0), (1, 12)):
        bars, *_ = melodies(tmp_path, track=track).part("train")[torch.arange(1)].batch
        assert bars[0, 0, 0].argmax() == row
    with pytest.raises(UserError, match="it has no track 2, of its 2 with notes"):
        melodies(tmp_path, track=2).part("train")


def test_a_contact_sheet_has_a_bar_with_what_it_follows_and_its_chord() -> None:
    sheet = contact_sheet(FolkTunes())
    assert sheet is not None
    assert sheet.shape[2] == 2 + 6 * (96 + 2)


def test_silences_and_other_meters_are_left_out_and_told(tmp_path: Path) -> None:
    gap = [Note(1.0, 1.0, 60), Note(3.0, 0.5, 62), *line(64, 65, 67, 69, start=8.0), Note(12.06, 1.0, 72)]
    save(tmp_path / "train" / "a.mid", gap)
    save(tmp_path / "train" / "waltz.mid", line(60, 62, 64), beats=3)
    (tmp_path / "train" / "broken.mid").write_bytes(b"MThd")
    save(tmp_path / "test" / "b.mid", line(60, 62, 64, 65))
    data = melodies(tmp_path)
    bars, previous, _ = data.part("train")[torch.arange(3)].batch
    assert bars[0, 0].argmax(-1).tolist() == [0] * 12 + [2] * 4
    assert [bool(before.any()) for before in previous] == [False, False, True]  # an empty bar is the end of a tune
    facts, findings = diagnose(data)
    assert "train: 3 files, 3 bars in 2 stretches" in facts
    assert "bars in which no note begins left out: 1" in facts
    assert "bars of 3/4 left out: 1" in facts
    assert "notes moved to the grid: 1" in facts
    assert "silences filled: 2" in facts
    assert "files without a bar of 4/4: 1" in facts
    (finding,) = findings
    assert finding.what == "without a melody"
    (place,) = finding.places
    assert place.startswith(f"{tmp_path}/train/broken.mid (")


def test_a_folder_without_what_is_asked_for_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.root: .*none is no folder; name one with MIDI files"):
        melodies(tmp_path / "none").part("train")
    with pytest.raises(UserError, match=r"has no MIDI files \(.mid\)"):
        melodies(tmp_path).part("train")
    save(tmp_path / "a.mid", line(60, 62, 64), beats=3)
    with pytest.raises(UserError, match=r"no melody in 4/4 in the 1 MIDI files of .* to train on\nTake another --data"):
        melodies(tmp_path).part("train")
    save(tmp_path / "a.mid", [Note(0.0, 4.0, pitch) for pitch in C_MAJOR])
    with pytest.raises(UserError, match="none of its tracks is a melody"):
        melodies(tmp_path).part("train")
    for meter in ("4/5", "x", "0/4", ""):
        with pytest.raises(UserError, match=r"data.meter: .* is not possible; take one such as 4/4"):
            melodies(tmp_path, meter=meter)
    with pytest.raises(UserError, match=r"data.octaves: 6 from 60 on end above pitch 127"):
        melodies(tmp_path, octaves=6)
    with pytest.raises(UserError, match=r"data.meter: 3/4 has none of these tunes"):
        FolkTunes(meter="3/4")


def test_some_files_are_held_out_where_no_folder_says_which(tmp_path: Path) -> None:
    for number in range(10):
        save(tmp_path / f"{number}.mid", line(60, 62, 64, 65))
    data = melodies(tmp_path, held_out=0.2)
    train, held_out = data.files("train"), data.files("test")
    assert (len(train), len(held_out)) == (8, 2)
    assert not set(train) & set(held_out)
    assert held_out == data.files("val")


@pytest.mark.parametrize("name", ["C", "F#m", "Bb", "N"])
def test_chords_have_one_name_each(name: str) -> None:
    assert name_of(number_of(name)) == name


@pytest.mark.slow
def test_nottingham_is_read(real_data: Path) -> None:
    data = Melodies(root=str(real_data / "nottingham" / "melody"), track=0)
    assert len(data.part("test").rolls) > 400
