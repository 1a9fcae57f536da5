"""Pictures of sentences, by the verbs and from Python."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from tests.conftest import TINY_FLAGS

CPU = ("--trainer.accelerator", "cpu")


@pytest.fixture(scope="module")
def last(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of a tiny GANCLS."""
    root = tmp_path_factory.mktemp("sentences")
    small = ["--model.embedding_dim", "8", "--model.matching_steps", "2", "--data.renderings", "1"]
    places = ["--trainer.max_steps", "4", "--trainer.default_root_dir", str(root), *TINY_FLAGS]
    GANCLI(["fit", "--config", "gan_cls.yaml", *small, *places])
    return next(root.glob("*/version_0/last.ckpt"))


def gan(verb: str, last: Path, *words: object) -> int:
    return main([verb, "--ckpt", str(last), *map(str, words), *CPU])


def test_a_sentence_or_a_file_of_them_gives_pictures_with_their_words_below(last: Path, workdir: Path) -> None:
    Path("lines.txt").write_text("a thick red three\n\na thin blue 7 in the middle\n")
    assert gan("sample", last, "--given", "text=lines.txt", "--num", 4, "--output", "made.npz") == 0
    made = torch.from_numpy(np.load("made.npz")["images"]).permute(0, 3, 1, 2)
    model = load(last)
    sentences = ["a thick red three", "a thin blue 7 in the middle"]
    assert torch.equal(model.sample(4, given={"text": sentences}), made)
    assert torch.equal(model.sample(1, given={"text": sentences[0]}), made[:1])
    assert gan("sample", last, "--given", "text=a thick red three", "--num", 1, "--output", "one.png") == 0
    with Image.open("one.png") as page:
        assert page.width >= 96
        assert page.height > page.width
    assert gan("sample", last, "--num", 6, "--output", "examples.png") == 0


def test_a_walk_between_two_sentences_keeps_its_latent(last: Path, workdir: Path) -> None:
    words = ("--given", "text=a red three", "--to", "text=a blue seven", "--walks", 2, "--steps", 3)
    assert gan("interpolate", last, *words, "--output", "walk.png") == 0
    assert gan("interpolate", last, *words, "--output", "walk.gif", "--loop") == 0
    with Image.open("walk.png") as page:
        assert page.width > 3 * 96
    model, first, last_one = load(last), {"text": "a red three"}, {"text": "a blue seven"}
    walk = model.interpolate([5], 3, given=first, to=last_one)
    assert torch.equal(walk[0], model.sample(1, seed=5, given=first)[0])
    assert torch.equal(walk[2], model.sample(1, seed=5, given=last_one)[0])
    assert not torch.equal(walk[1], walk[0])
    there_and_back = model.interpolate([5], 5, given=first, to=last_one, loop=True)
    assert torch.equal(there_and_back[len(there_and_back) // 2], walk[2])
    assert not torch.equal(there_and_back[-1], walk[0])  # played again and again, it does not stop there


def test_what_cannot_be_said_is_refused(last: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def refused(verb: str, *words: object) -> str:
        capsys.readouterr()
        assert gan(verb, last, *words) == 2
        told = capsys.readouterr().err
        assert len(told.splitlines()) <= 3
        return told

    assert "has no words" in refused("sample", "--given", "text=")
    assert "17 words, and this model reads 16" in refused("sample", "--given", f"text={'red ' * 17}")
    assert "no word of" in refused("sample", "--given", "text=ein roter Dreier")
    assert "type --given" in refused("interpolate", "--to", "text=a red three")
    assert gan("sample", last, "--given", "text=a rde three", "--num", 1, "--output", "one.png") == 0
    assert "never seen rde did you mean red?" in capsys.readouterr().out


def test_other_models_have_nothing_between(checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["interpolate", "--ckpt", str(checkpoint), "--given", "x", "--to", "y", *CPU]) == 2
    assert "given" in capsys.readouterr().err
