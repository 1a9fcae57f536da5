"""`--length` beside the trainer's own limits, in new runs and in those that are gone on with."""

from pathlib import Path
from typing import Any

import pytest
from jsonargparse import Namespace

from gan_cli.__main__ import main
from gan_cli.command import lengths
from gan_cli.command.choices import Choices, Config
from gan_cli.errors import UserError
from gan_cli.variants.schedules import Length
from tests.conftest import TINY_FLAGS


@pytest.mark.parametrize("text", ["25 passes", "25passes", " 25.0 passes"])
def test_a_length_is_a_number_and_a_unit(text: str) -> None:
    assert lengths.read(text) == Length(25, "passes")
    assert lengths.read("100000 generator steps") == Length(100_000, "generator_steps")
    assert lengths.read(None) is None


@pytest.mark.parametrize("text", ["25", "0 passes", "-1 kimg", "25 epochs", "1e3 kimg", "", "9999999999999 kimg"])
def test_what_is_no_length_is_refused(text: str) -> None:
    with pytest.raises(
        UserError, match=f"^length: {text} is not possible; take a number above 0 and its unit, such as"
    ):
        lengths.read(text)


PASSES: dict[str, Any] = {"length": "25 passes"}
STEPS: dict[str, Any] = {"trainer": {"max_steps": 4}}
SAVED: dict[str, Any] = {"length": None, "trainer": {"max_steps": 4, "max_epochs": None}}


@pytest.mark.parametrize(
    ("configs", "words", "kept"),
    [
        ([PASSES], "", "length"),
        ([STEPS], "", "max_steps"),
        ([STEPS, PASSES], "", "length"),
        ([PASSES, STEPS], "", "max_steps"),
        ([PASSES, SAVED], "", "max_steps"),
        ([PASSES], "--trainer.max_steps 4", "max_steps"),
        ([PASSES], "--trainer.max_epochs=4", "max_steps"),
        ([PASSES], "--trainer.max_steps -1", "length"),
        ([STEPS], "--length 25passes", "length"),
        ([], "--trainer.max_steps 4 --length=25passes", "length"),
    ],
)
def test_what_is_said_last_counts(configs: list[dict[str, Any]], words: str, kept: str) -> None:
    trainer = Namespace(max_steps=4, max_epochs=None)
    config = Namespace(length="25 passes", trainer=trainer)
    lengths.settle(config, Choices(words.split(), (), {}, [Config(Path("a.yaml"), content) for content in configs]))
    assert (config.length, trainer.max_steps) == (("25 passes", -1) if kept == "length" else (None, 4))


def test_a_length_that_does_not_count_is_refused_if_it_is_none() -> None:
    words = ["--length", "5 foo", "--trainer.max_steps", "4"]
    with pytest.raises(UserError, match="length: 5 foo is not possible"):
        lengths.settle(Namespace(length="5 foo", trainer=Namespace()), Choices(words, (), {}, []))


def test_a_run_goes_on_to_its_length_and_no_further(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pass is 1,437 digits, and the config has 5,000 batches; half of the run is made with others."""
    words = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--length", "0.1 passes", "--trainer.limit_val_batches", "0"]
    assert main([*words, "--trainer.max_steps", "4"]) == 0
    assert "length" not in capsys.readouterr().out
    going_on = [*words, "--data.batch_size", "8", "--ckpt_path", "last"]
    assert main(going_on) == 0
    told = capsys.readouterr().out
    assert "length: 14 batches, 0.1 passes\n" in told  # 64 images, then 10 times 8
    assert "the run ends after step 14: 0.1 passes\n" in told
    assert main(going_on) == 0
    assert "nothing was trained: the run has had its length, 0.1 passes\n" in capsys.readouterr().out
    assert main([*words[:-4], "--length", "0.12 passes", "--ckpt_path", "last", *words[-2:]]) == 0  # a longer one
    assert "length: 16 batches, 0.12 passes\n" in capsys.readouterr().out


def test_a_run_ends_where_its_rates_are_0(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--model.lr_decay_start", "0", "--model.lr_decay_end", "2"]
    rates = "2 generator steps, after which every learning rate is 0"
    assert main([*words, "--trainer.max_steps", "3"]) == 0
    told = capsys.readouterr().out
    assert f"length: 2 batches, {rates}; --trainer.max_steps 3 is beyond that\n" in told
    assert f"the run ends after step 2: {rates}\n" in told
    assert main([*words, "--trainer.max_steps", "1"]) == 0
    assert "length" not in capsys.readouterr().out
    assert main([*words, "--ckpt_path", "last", "--trainer.max_steps", "3"]) == 0  # the newest that is not over
    told = capsys.readouterr().out
    assert "going on with checkpoints/dcgan-digits/version_1/last.ckpt after step 1\n" in told
    assert f"the run ends after step 2: {rates}\n" in told
    assert main([*words, "--ckpt_path", "last", "--trainer.max_steps", "3"]) == 0
    assert f"nothing was trained: the run has had its length, {rates}\n" in capsys.readouterr().out
