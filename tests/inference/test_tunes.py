"""Tunes of any length, bar after bar, by the verbs and from Python."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.data import FolkTunes
from gan_cli.inference.continuing import sequence_latents
from gan_cli.media import midi_files
from gan_cli.media.notes import Note
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny MidiNet."""
    root = tmp_path_factory.mktemp("tunes")
    small = ["--model.base_channels", "4", "--model.hidden", "16", "--model.latent_dim", "8"]
    places = ["--trainer.max_steps", "4", "--trainer.default_root_dir", str(root), *TINY_FLAGS[8:]]
    GANCLI(["fit", "--config", "midinet.yaml", *small, *places])
    return next(root.glob("*/version_0/last.ckpt"))


def gan(verb: str, last: Path, *words: object) -> int:
    return main([verb, "--ckpt", str(last), *map(str, words), *CPU])


def refused(capsys: pytest.CaptureFixture[str], verb: str, last: Path, *words: object) -> str:
    capsys.readouterr()
    assert gan(verb, last, *words) == 2
    told = capsys.readouterr().err
    assert len(told.splitlines()) <= 3
    return told


def test_a_tune_goes_on_from_a_file_with_the_chords_that_are_typed(last: Path, workdir: Path) -> None:
    midi_files.write([midi_files.Track("", [Note(0, 4, 60), Note(4, 2, 67), Note(6, 2, 64)])], Path("tune.mid"), 120)
    given = ("--given", "chords=C,G,Am,F", "--prime", "tune.mid", "--bars", 8)
    assert gan("sample", last, *given, "--output", "made.mid") == 0
    assert gan("sample", last, *given, "--output", "made.wav") == 0
    assert Path("made.wav").stat().st_size > 16 * 22_050  # eight bars of two seconds
    (track,) = midi_files.read(Path("made.mid")).tracks
    assert track.notes[-1].start + track.notes[-1].length == 32
    model = load(last)
    python = model.sample(1, bars=8, given={"chords": "C,G,Am,F", "previous": "tune.mid"})
    assert python.shape == (1, 8, 2, 16, 24)
    medium: Any = model.model.medium
    assert torch.equal(medium.bars_of(track.notes, 8)[:, 0], python[0, :, 0])
    last_bar = model.model.medium.read(Path("tune.mid"))[None]
    assert torch.equal(model.sample(1, given={"chords": "C", "previous": last_bar})[0], python[0, 0])
    silence = model.sample(1, given={"chords": "C", "previous": last_bar * 0})
    assert torch.equal(model.sample(1, bars=8, given={"chords": "C,G,Am,F"})[0, 0], silence[0])


def test_a_tune_is_made_bar_after_bar(last: Path) -> None:
    """The same as by hand, and the beginning of a longer one; whatever others there are."""
    model = load(last)
    tune = model.sample(1, seed=3, bars=4, given={"chords": "C,G"})
    assert torch.equal(model.sample(3, seed=2, bars=6, given={"chords": "C,G"}, batch_size=2)[1, :4], tune[0])
    before = torch.zeros(1, 2, 16, 24, dtype=torch.uint8)
    first = model.sample(1, seed=3, given={"chords": "C", "previous": before})
    assert torch.equal(first[0], tune[0, 0])
    for bar, chord in ((1, "G"), (2, "C")):
        given = {"chords": model.model.media["chords"].told(chord), "previous": tune[:, bar - 1]}
        shown = {name: model.model.media[name].shown(things) for name, things in given.items()}  # type: ignore[arg-type]
        latents = sequence_latents([3], 4, 8, "normal")[:, bar]
        assert torch.equal(model.model.medium.kept(model.model(latents, **shown))[0], tune[0, bar])


def test_tunes_are_a_page_files_or_arrays(last: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gan("sample", last, "--bars", 8, "--num", 3, "--output", "tunes.png") == 0
    assert Image.open("tunes.png").size == (2 * 8 * 96 + 12, 2 * (96 + 14) + 12)
    assert gan("sample", last, "--bars", 8, "--num", 2, "--format", "files", "--output", "midi") == 0
    assert sorted(path.name for path in Path("midi").iterdir()) == ["seed000000.mid", "seed000001.mid"]
    assert gan("sample", last, "--bars", 2, "--num", 2, "--output", "both") == 0
    assert sorted(path.suffix for path in Path("both").iterdir()) == [".mid", ".mid", ".png"]
    assert gan("sample", last, "--num", 2, "--format", "wav", "--output", "sound") == 0
    assert sorted(path.name for path in Path("sound").iterdir()) == ["seed000000.wav", "seed000001.wav"]
    assert gan("sample", last, "--bars", 3, "--num", 2, "--given", "chords=C", "--output", "a.npz") == 0
    assert np.load("a.npz")["bars"].shape == (2, 3, 2, 16, 24)
    assert gan("sample", last, "--num", 5, "--output", "bars.png") == 0  # of held-out bars and chords
    assert gan("interpolate", last, "--walks", 2, "--steps", 3, "--output", "walk.png") == 0
    capsys.readouterr()
    assert gan("neighbours", last, "--samples", 30, "--num", 3, "--output", "n.png", "--cache_dir", "c") == 0
    told = capsys.readouterr().out
    assert "of held-out bars" in told
    assert "image" not in told


def test_what_cannot_be_a_tune_is_named(
    last: Path, checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = refused(capsys, "sample", last, "--bars", 4, "--given", "chords=C,H7")
    assert "given: there is no chord 'H7'; type a note from A to G" in told
    told = refused(capsys, "sample", last, "--bars", 4, "--given", "chords=C", "--prime", "none.mid")
    assert "given: none.mid does not exist; name a file of previous" in told
    Path("broken.mid").write_bytes(b"no music")
    told = refused(capsys, "sample", last, "--bars", 4, "--given", "chords=C", "--prime", "broken.mid")
    assert "given: broken.mid: no MIDI file" in told
    midi_files.write([midi_files.Track("", [Note(0, 4, 60)])], Path("tune.mid"), 120)
    assert "given: chords is missing" in refused(capsys, "sample", last, "--bars", 4, "--prime", "tune.mid")
    told = refused(capsys, "sample", last, "--given", "chords=C", "--prime", "broken.mid")
    assert "prime: it is what a tune begins with, and --bars says how long that is" in told
    told = refused(capsys, "sample", last, "--bars", 4, "--num", 2, "--given", "chords=C", "--output", "a.mid")
    assert "output: a.mid holds one of 2; take --num 1, or a folder" in told
    told = refused(capsys, "sample", last, "--bars", 500)
    assert "bars: nothing that was held out of FolkTunes is 500 long; take fewer" in told
    assert "bars: DCGAN makes images that stand alone" in refused(capsys, "sample", checkpoint, "--bars", 4)
    assert not Path("a.mid").exists()


def test_scores_stand_beside_real_tunes_and_in_the_report(
    last: Path, workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FolkTunes, "own_measures", FolkTunes.own_measures._replace(things=80))
    assert gan("test", last, "--output", last.with_name("metrics.json")) == 0
    told = capsys.readouterr().out
    assert "FolkTunes test: tunes of 8 bars" in told
    assert "in_chord: " in told
    own = json.loads(last.with_name("metrics.json").read_text())["own"]
    assert set(own["rows"]) >= {"made", "held-out tunes", "held-out bars, shuffled", "the nearest training bars"}
    assert all(len(row) == len(own["columns"]) for row in own["rows"].values())
    assert main(["report", str(last), "--output", "page.html"]) == 0
    page = Path("page.html").read_text()
    assert "the nearest training bars" in page
    assert "No picture by gan" not in page
