"""Which run is gone on with, what it keeps, and what is said of a call that trains nothing."""

import itertools
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from gan_cli.__main__ import main
from gan_cli.callbacks.call_timer import CallTimer
from gan_cli.command.cli import GANCLI
from gan_cli.command.resuming import FREE
from gan_cli.command.run_config import SaveRunConfig
from gan_cli.devices.float32 import rounded
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


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs: one that has made two steps, and a newer one of another model that has made three."""
    folder = tmp_path_factory.mktemp("runs")
    root = ("--trainer.default_root_dir", str(folder / "checkpoints"))
    fit(*root, "--trainer.max_steps", "2")
    fit(*root, "--trainer.max_steps", "3", "--model.latent_dim", "6")
    return folder / "checkpoints"


@pytest.fixture
def runs(trained: Path, workdir: Path) -> Path:
    """A copy of the runs in the current folder."""
    shutil.copytree(trained, "checkpoints")
    return FAMILY


def step(path: Path) -> int:
    return int(torch.load(path / "last.ckpt", weights_only=True)["global_step"])


def test_last_is_the_newest_run_that_agrees_with_what_was_typed(runs: Path) -> None:
    fit("--ckpt_path", "last", "--trainer.max_steps", "4")
    assert (step(runs / "version_0"), step(runs / "version_1")) == (4, 3)


def test_where_no_run_agrees_the_newest_is_told(runs: Path) -> None:
    with pytest.raises(UserError) as caught:
        fit("--ckpt_path", "last", "--trainer.max_steps", "4", "--model.latent_dim", "9")
    assert str(caught.value) == (
        "ckpt_path: none of the 2 runs in checkpoints/dcgan-digits has what was typed; of the newest:\n"
        "model.latent_dim: 9 is asked for, but the run to go on with has 6\n"
        "Type that run's settings, or leave --ckpt_path out to begin a new run"
    )


def test_of_several_unfinished_runs_one_is_asked_for(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    go_on = [*PLAIN, "--ckpt_path", "last", "--trainer.max_steps"]
    assert main(["fit", *go_on, "4"]) == 2
    assert capsys.readouterr().err == (
        "gan: ckpt_path: last may be each of checkpoints/dcgan-digits/version_1, checkpoints/dcgan-digits/version_0: "
        "they are unfinished, and have what was typed\n"
        "Type the one you mean, such as the newest: --ckpt_path checkpoints/dcgan-digits/version_1/last.ckpt\n"
    )
    assert main(["fit", *go_on, "3"]) == 0  # which only the older one has not reached
    assert "going on with checkpoints/dcgan-digits/version_0/last.ckpt after step 2\n" in capsys.readouterr().out
    assert main(["fit", *go_on, "3"]) == 0
    told = capsys.readouterr().out
    assert "going on with checkpoints/dcgan-digits/version_0/last.ckpt after step 3\n" in told
    assert "nothing was trained: the run ended at --trainer.max_steps 3\n" in told


def test_how_a_run_is_computed_belongs_to_the_call(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = runs / "version_0" / "last.ckpt"
    content = torch.load(path, weights_only=True)
    content["hyper_parameters"]["compile"] = True  # as on a machine with a compiler
    torch.save(content, path)
    chosen = "--model.compile false --model.channels_last false --model.accumulate 2 --data.num_workers 1 "
    chosen += "--data.batch_size 8 --trainer.precision bf16-mixed --tf32 true --data.root elsewhere"
    words = [*PLAIN, "--ckpt_path", str(path), *chosen.split(), "--trainer.max_steps"]
    cli = GANCLI(["fit", *words, "3"])
    assert (cli.model.compiles, cli.model.accumulate, cli.datamodule.num_workers) == (False, 2, 1)
    told = capsys.readouterr().out.splitlines()
    exact = "the run goes on, but not bit for bit"
    assert f"model.compile: False here, True before: {exact} (rounding differs)" in told
    assert f"trainer.precision: bf16-mixed here, 32-true before: {exact} (rounding differs)" in told
    assert f"tf32: True here, False before: {exact} (rounding differs)" in told
    assert f"data.batch_size: 8 here, 16 before: {exact} (each step sees another number of things)" in told
    assert sum(exact in line for line in told) == 6
    assert rounded() == (True, True, True)
    # What is not typed stays as it was.
    cli = GANCLI(["fit", *PLAIN, "--ckpt_path", str(path), "--trainer.max_steps", "4"])
    assert (cli.trainer.precision, cli.datamodule.batch_size, cli.model.hparams["accumulate"]) == ("bf16-mixed", 8, 2)
    assert cli.config.fit.tf32
    assert exact not in capsys.readouterr().out


def test_the_documentation_says_what_belongs_to_the_call() -> None:
    text = Path(__file__).parents[2].joinpath("docs", "settings.md").read_text("utf-8")
    assert [name for name in FREE if f"`--{name}`" not in text] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--data.flip", "true"), "data.flip: True is asked for, but the run to go on with has None"),
        (("--model", "GAN"), "model: GAN is asked for, but the run to go on with has DCGAN"),
        (("--data", "StyledDigits"), "data: StyledDigits is asked for, but the run to go on with has Digits"),
    ],
)
def test_what_is_computed_belongs_to_the_run(runs: Path, words: tuple[str, str], said: str) -> None:
    with pytest.raises(UserError, match=f"^{said}\n"):
        GANCLI(["fit", *PLAIN, "--ckpt_path", str(runs / "version_0"), *words])


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


def test_processes_that_found_different_runs_do_not_go_on() -> None:
    """Each of torchrun's and of SLURM's looks for itself, and another run may be saved meanwhile."""
    strategy = SimpleNamespace(broadcast=lambda told: (told[0], "a/last.ckpt"), reduce_boolean_decision=bool)
    trainer: Any = SimpleNamespace(strategy=strategy, loggers=[SimpleNamespace(save_dir="a")])
    config: Any = SimpleNamespace(ckpt_path="b/last.ckpt")
    with pytest.raises(UserError, match=r"^ckpt_path: the processes found several runs, the first a/last.ckpt; type"):
        SaveRunConfig(None, config).setup(trainer, None, "fit")  # type: ignore[arg-type]
