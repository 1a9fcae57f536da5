import wave
from pathlib import Path

import numpy as np
import pytest
import torch

from gan_cli.errors import UserError
from gan_cli.media import midi_files
from gan_cli.media.chords import Chords, best_chord, moved, number_of
from gan_cli.media.medium import Beside, medium_of
from gan_cli.media.notes import Note, Reach, notes_of, on_grid
from gan_cli.media.piano_rolls import PianoRolls
from gan_cli.media.sound import RATE
from gan_cli.seeding import stream

ROLLS = PianoRolls(first=60, rows=24)


def melody(bars: int, planes: int = 2) -> torch.Tensor:
    """What a network might have made, kept."""
    made = torch.rand(bars, planes, 16, 24, generator=stream("music"))
    return PianoRolls(planes=planes, first=60, rows=24).kept(made)


def test_one_pitch_a_step_is_kept_and_what_begins_there() -> None:
    made = torch.full((1, 2, 16, 24), 0.1)
    made[0, 0, :8, 5] = 0.3  # the strongest, though weak
    made[0, 0, 8:, 7] = 0.9
    made[0, 1, [0, 4], 5] = 0.8
    made[0, 1, 12, 9] = 0.9  # nothing sounds there
    kept = ROLLS.kept(made)
    assert kept.dtype == torch.uint8
    assert kept[0, 0].argmax(-1).tolist() == [5] * 8 + [7] * 8
    assert kept[0, 1].nonzero().tolist() == [[0, 5], [4, 5], [8, 7]]
    assert notes_of(kept, 60) == [Note(0, 4, 65), Note(4, 4, 65), Note(8, 8, 67)]
    assert notes_of(kept[:, :1], 60) == [Note(0, 8, 65), Note(8, 8, 67)]
    assert torch.equal(ROLLS.kept(ROLLS.shown(kept)), kept)


def test_of_several_voices_those_above_a_half_are_kept() -> None:
    made = torch.zeros(1, 2, 16, 24)
    made[0, 0, :, :4] = torch.tensor([0.6, 0.9, 0.4, 0.8])
    assert PianoRolls(first=60, rows=24, voices=2).kept(made)[0, 0, 0].nonzero().flatten().tolist() == [1, 3]
    assert PianoRolls(first=60, rows=24, voices=4).kept(made)[0, 0, 0].nonzero().flatten().tolist() == [0, 1, 3]


def test_a_tune_comes_back_from_its_file(tmp_path: Path) -> None:
    tune = melody(3)
    tune[:, 1, 0] = tune[:, 0, 0]  # no note is held over a bar line
    ROLLS.write(tune, tmp_path / "tune.mid")
    piece = midi_files.read(tmp_path / "tune.mid")
    assert [(meter.beats, meter.unit) for meter in piece.meters] == [(4, 4)]
    (track,) = piece.tracks
    assert torch.equal(ROLLS.bars_of(track.notes, 3), tune)
    assert torch.equal(ROLLS.read(tmp_path / "tune.mid"), tune[-1])
    ROLLS.write(tune[0], tmp_path / "one.mid")
    assert torch.equal(ROLLS.read(tmp_path / "one.mid"), tune[0])


def test_sound_has_the_pitch_and_the_length_of_a_note(tmp_path: Path) -> None:
    kept = torch.zeros(1, 2, 16, 24, dtype=torch.uint8)
    kept[0, 0, :, 9] = 1
    kept[0, 1, 0, 9] = 1
    ROLLS.write(kept, tmp_path / "a.wav")
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (1, RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), np.int16)
    assert len(samples) / RATE == pytest.approx(2.06, abs=0.01)  # four quarter notes at 120 a minute
    spectrum = np.abs(np.fft.rfft(samples[:RATE].astype(float)))
    assert spectrum.argmax() == 440
    assert 29_000 < np.abs(samples.astype(int)).max() < 32_768


def test_a_page_has_bars_in_rows_and_tunes_in_one() -> None:
    tune = melody(4)
    chords = Beside(given={"chords": torch.tensor([0, 7, 21, 24])})
    plain, named = ROLLS.page(tune, Beside()), ROLLS.page(tune, chords)
    assert named.shape[1] == plain.shape[1] + 14
    whole = ROLLS.page(tune[None], Beside(given={"chords": torch.tensor([[0, 7, 21, 24]])}))
    assert whole.shape[1:] == (24 * 4 + 14, 4 * 16 * 6)
    wide = PianoRolls(rows=128)
    low = torch.zeros(1, 2, 16, 128, dtype=torch.uint8)
    low[:, :, :, 40] = 1
    assert wide.pictures(low).shape[2] < 128  # only what sounds


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "no MIDI file|cut off"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\xff\x2f\0", "no notes but percussion"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\x99", "no MIDI file|cut off"),
        (b"\x89PNG\r\n\x1a\n" + bytes(64), "MThd not found"),
    ],
)
def test_what_is_no_music_is_refused_by_name(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(content)
    with pytest.raises(UserError, match=f"given: .*a.mid: .*({told}).*; take a MIDI file with a melody"):
        ROLLS.read(tmp_path / "a.mid")


def test_a_file_of_another_meter_is_refused(tmp_path: Path) -> None:
    midi_files.write([midi_files.Track("", [Note(0, 3, 60)])], tmp_path / "a.mid", 120, 3, 4)
    with pytest.raises(UserError, match=r"ends in 3/4, and this model makes bars of 4/4"):
        ROLLS.read(tmp_path / "a.mid")


def test_notes_off_the_grid_are_counted() -> None:
    found = on_grid([Note(0.0, 1.0, 60), Note(1.07, 0.9, 62), Note(2.0, 0.05, 64)], 4)
    assert found == ([Note(0, 4, 60), Note(4, 4, 62)], 1, 1)


def test_pitches_come_within_reach_by_octaves() -> None:
    reach = Reach(60, 2, 60, 24)
    assert [reach.folded(pitch) for pitch in (60, 83, 84, 97, 59, 47, 0, 127)] == [60, 83, 72, 73, 71, 71, 60, 79]


def test_chords_are_read_by_name_and_seen_as_thirteen_numbers() -> None:
    chords = Chords()
    kept = chords.told("C,Am, F#7  Bbmin N")
    assert kept.tolist() == [0, 21, 6, 22, 24]
    seen = chords.shown(kept)
    assert seen.shape == (5, 13)
    assert seen[1].nonzero().flatten().tolist() == [9, 12]
    assert not bool(seen[4].any())
    assert torch.equal(chords.kept(seen), kept)
    assert moved(kept, 2).tolist() == [2, 23, 8, 12, 24]
    assert chords.pictures(kept).shape[0] == 5


@pytest.mark.parametrize("name", ["H", "Cx", "", "C//", "Caug", "chords.txt"])
def test_a_chord_that_is_none_is_named(name: str) -> None:
    with pytest.raises(UserError, match=r"given: there is no chord .*; type a note from A to G"):
        Chords().told(f"C,{name}")


@pytest.mark.parametrize("name", ["C", "Am", "F#", "Ebm"])
def test_the_best_chord_of_its_own_notes_is_it(name: str) -> None:
    number = number_of(name)
    weights = torch.zeros(12)
    weights[[(number + interval) % 12 for interval in ((0, 4, 7), (0, 3, 7))[number // 12]]] = 1.0
    assert best_chord(weights) == number
    assert best_chord(torch.zeros(12)) == 24


def test_a_record_makes_the_medium_again() -> None:
    assert medium_of(ROLLS.record()) == ROLLS
