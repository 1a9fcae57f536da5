"""Which run is gone on with, what it keeps, and what is said of a call that trains nothing."""

import itertools
from pathlib import Path

import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.callbacks.call_timer import CallTimer
from gan_cli.command.cli import GANCLI
from gan_cli.errors import UserError
from gan_cli.variants import DCGAN
from tests.conftest import TINY_FLAGS
from tests.data import pictures

FAMILY = Path("checkpoints/dcgan-digits")
PLAIN = ["--model", "DCGAN", "--data", "Digits", *TINY_FLAGS[TINY_FLAGS.index("--trainer.accelerator") :]]
"""What shrinks a run but says nothing of its model."""
BY_FOUR = ("--data.batch_size", "359", "--trainer.limit_val_batches", "0")
"""Four batches an epoch."""


def fit(*words: str) -> GANCLI:
    return GANCLI(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, *words])


def step(path: Path) -> int:
    return int(torch.load(path / "last.ckpt", weights_only=True)["global_step"])


def test_class_names_and_their_order_belong_to_the_run(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("cat", "dog"):
        for number in range(12):
            pictures.write(workdir / "pets" / name / f"{number}.png")
    words = "--model CGAN --model.base_channels 4 --model.latent_dim 8 --data ImageFolder --data.root pets "
    words += "--data.image_size 16 --data.batch_size 4 --data.num_workers 0 --data.cache disk --trainer.max_steps 1"
    go_on = ["fit", *words.split(), *PLAIN[4:], "--ckpt_path", "last"]
    assert main(go_on[:-2]) == 0
    for old, new, names in (
        ("cat", "ant", "ant and dog"),
        ("ant", "eel", "dog and eel"),
        ("eel", "cat/cat", "cat and dog"),
    ):
        (workdir / "pets" / new).parent.mkdir(exist_ok=True)
        (workdir / "pets" / old).rename(workdir / "pets" / new)
        code = main(go_on)
        told = capsys.readouterr()
        if names == "cat and dog":
            assert (code, told.err) == (0, "")
            continue
        assert told.err.startswith(
            f"gan: data.class_names: {names} is asked for, but the run to go on with has cat and dog\n"
        )
        for verb in ("validate", "test"):
            assert main([verb, "--trainer.accelerator", "cpu"]) == 2
            assert capsys.readouterr().err == (
                f"gan: data.class_names: ImageFolder has {names.replace(' and', ',')}, but the checkpoint's model has "
                "learned cat, dog\nGive them the same names and the same order\n"
            )


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("--trainer.max_steps 0", "--trainer.max_steps is 0"),
        ("--trainer.max_epochs 0", "--trainer.max_epochs is 0"),
        ("--trainer.limit_train_batches 0", "--trainer.limit_train_batches is 0"),
        ("--trainer.max_time 00:00:00:00", "--trainer.max_time 00:00:00:00 was over before the first batch"),
    ],
)
def test_a_call_that_trains_nothing_says_why(
    workdir: Path, capsys: pytest.CaptureFixture[str], words: str, reason: str
) -> None:
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, *words.split()]) == 0
    assert f"nothing was trained: {reason}\n" in capsys.readouterr().out


def test_a_run_beyond_its_epochs_says_so(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["fit", *PLAIN, *BY_FOUR, "--model.base_channels", "4", "--data.image_size", "16", "--trainer.max_epochs"]
    assert main([*words, "2"]) == 0
    assert "nothing was trained" not in capsys.readouterr().out
    for epochs in "21":
        assert main([*words, epochs, "--ckpt_path", "last"]) == 0
        assert f"nothing was trained: the run ended at --trainer.max_epochs {epochs}\n" in capsys.readouterr().out
    before = sorted((path, path.stat().st_mtime_ns) for path in workdir.rglob("*"))
    cli = GANCLI([*words, "2", "--ckpt_path", "last", "--trainer.fast_dev_run", "1"])
    assert cli.model.counters.batches == 9  # one more than there were
    assert sorted((path, path.stat().st_mtime_ns) for path in workdir.rglob("*")) == before


def test_batches_that_are_all_skipped_are_told(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(DCGAN, "on_train_batch_start", lambda *_: -1)
    fit("--trainer.max_epochs", "1")
    assert "nothing was trained: every batch was skipped by a callback or by the model\n" in capsys.readouterr().out


def test_time_counts_anew_for_each_call(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    limit = ("--trainer.max_steps", "-1", "--trainer.max_time", '{"milliseconds": 150}')
    fit(*limit)
    first = step(FAMILY / "version_0")
    assert f"--trainer.max_time 0:00:00.150000 is over after step {first}\n" in capsys.readouterr().out
    fit(*limit, "--ckpt_path", "last")
    assert step(FAMILY / "version_0") > first > 0
    with pytest.raises(UserError, match=r"^trainer.max_time: soon is not possible; type days, hours, minutes and"):
        fit("--trainer.max_time", "soon")


def test_an_epoch_that_time_has_cut_short_is_made_whole(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = [*PLAIN, *BY_FOUR, "--model.base_channels", "4", "--data.image_size", "16", "--trainer.max_epochs", "2"]
    asked = itertools.count()  # once at the start, then after each batch
    monkeypatch.setattr(CallTimer, "time_elapsed", lambda *_: 1e9 if next(asked) >= 6 else 0.0)
    GANCLI(["fit", *words, "--trainer.max_time", "00:01:00:00"])
    assert step(FAMILY / "version_0") == 6
    monkeypatch.undo()
    monkeypatch.chdir(workdir)
    GANCLI(["fit", *words, "--ckpt_path", "last"])
    assert step(FAMILY / "version_0") == 8
