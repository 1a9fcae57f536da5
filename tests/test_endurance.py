"""What a run does when something goes wrong in the middle: it goes back, or ends with a clear line and nothing lost."""

import csv
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.command.cli import GANCLI
from gan_cli.errors import RunFailed
from gan_cli.inference import checkpoints
from gan_cli.variants import DCGAN
from gan_cli.variants.base import RECORD
from gan_cli.verbs import run
from tests.conftest import TINY_FLAGS
from tests.data import pictures

Interfere = Callable[[Callable[[Any], float | None]], None]

FIT = ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "12", "--trainer.log_every_n_steps", "1"]
RUN = Path("checkpoints/dcgan-digits")


@pytest.fixture
def interfere(monkeypatch: pytest.MonkeyPatch) -> Interfere:
    """Calls something with the model before each of the discriminator's losses, which it may give a factor for."""

    def by(action: Callable[[Any], float | None]) -> None:
        losses = DCGAN.discriminator_losses

        def after_it(model: Any, batch: Any) -> Any:
            factor = action(model)
            return {name: value * (1 if factor is None else factor) for name, value in losses(model, batch).items()}

        monkeypatch.setattr(DCGAN, "discriminator_losses", after_it)

    return by


def falter(falls: int) -> Callable[[Any], float]:
    """No finite loss at the seventh batch, until the run has been gone back so many times."""
    return lambda model: torch.nan if model.counters.batches == 6 and model.attempt < falls else 1


def last(version: int = 0) -> dict[str, Any]:
    return checkpoints.read(RUN / f"version_{version}" / "last.ckpt")


def test_a_run_goes_back_to_its_last_checkpoint_with_other_noise_and_halved_rates(
    workdir: Path, interfere: Interfere, capsys: pytest.CaptureFixture[str]
) -> None:
    interfere(falter(2))
    GANCLI([*FIT, "--checkpoint.every_n_steps", "4", "--rollback", "true"])
    told = capsys.readouterr().out
    assert told.count("the discriminator's loss was not finite at step 7; training has stopped\ngoing back to ") == 2
    assert "last.ckpt with halved learning rates, attempt 1\n" in told
    content = last()
    assert (content[RECORD]["attempt"], content[RECORD]["counters"]["batches"]) == (2, 12)
    assert [state["param_groups"][0]["lr"] for state in content["optimizer_states"]] == [0.00005, 0.00005]
    assert content["hyper_parameters"]["generator_lr"] == 0.0002
    with open(RUN / "version_0" / "metrics.csv") as file:
        assert [int(row["step"]) for row in csv.DictReader(file) if row["kimg"]] == list(range(1, 13))


def test_a_run_that_went_back_resumes_bit_for_bit(workdir: Path, interfere: Interfere) -> None:
    interfere(falter(1))
    words = [*FIT, "--checkpoint.every_n_steps", "4", "--rollback", "true"]
    GANCLI(words)
    GANCLI([*words, "--trainer.max_steps", "9"])
    GANCLI([*words, "--ckpt_path", "last"])
    whole, resumed = last(0), last(1)
    assert resumed[RECORD] == whole[RECORD]
    assert all(torch.equal(resumed["state_dict"][name], value) for name, value in whole["state_dict"].items())


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--rollback", "true", "--checkpoint.every_n_steps", "4"], "going back has not helped 3 times: the discrim"),
        (["--rollback", "true"], "the discriminator's loss was not finite at step 7"),  # nothing to go back to
        (["--checkpoint.every_n_steps", "4"], "the discriminator's loss was not finite at step 7"),  # not asked for
    ],
)
def test_a_run_that_cannot_go_back_ends_with_advice(
    workdir: Path, interfere: Interfere, words: list[str], told: str
) -> None:
    interfere(falter(9))
    with pytest.raises(RunFailed, match=told) as caught:
        GANCLI([*FIT, *words])
    assert "Try a lower --model.discriminator_lr" in str(caught.value)


def test_too_little_memory_is_told_with_what_to_lower(workdir: Path, interfere: Interfere) -> None:
    interfere(lambda model: float(len(torch.empty(1 << 60))) if model.counters.batches == 2 else None)
    with pytest.raises(RunFailed) as caught:
        run(FIT)
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("out of memory after step 2, with ")
    assert lines[1] == "Lower --data.batch_size 16, or type --model.accumulate 2, which cuts each batch into parts"


@pytest.mark.parametrize("every", [2, 1000])
def test_a_run_goes_on_with_smaller_parts_where_memory_does_not_suffice(
    workdir: Path, interfere: Interfere, capsys: pytest.CaptureFixture[str], every: int
) -> None:
    def too_much(model: Any) -> None:
        if model.counters.batches >= 3 and model.accumulate < 4:
            raise torch.OutOfMemoryError

    interfere(too_much)
    words = [*FIT, "--checkpoint.every_n_steps", str(every)]
    run([*words, "--auto_accumulate", "true"])
    told = capsys.readouterr().out
    assert re.findall(r"going on with --model.accumulate (\d)", told) == ["2", "4"]
    content = last()
    assert content["hyper_parameters"]["accumulate"] == 4
    assert content[RECORD]["counters"]["batches"] == 12
    assert not (RUN / "version_1").exists()
    with open(RUN / "version_0" / "metrics.csv") as file:
        assert [int(row["step"]) for row in csv.DictReader(file) if row["kimg"]] == list(range(1, 13))
    run([*words, "--ckpt_path", "last", "--trainer.max_steps", "14"])
    assert last()["hyper_parameters"]["accumulate"] == 4


def test_parts_of_one_image_are_the_smallest(workdir: Path, interfere: Interfere) -> None:
    def too_much(model: Any) -> None:
        raise torch.OutOfMemoryError

    interfere(too_much)
    with pytest.raises(RunFailed, match=r"out of memory after step 0.*\nLower --data.batch_size 16$"):
        run([*FIT, "--auto_accumulate", "true"])
    with open(RUN / "version_0" / "config.yaml") as file:
        assert "accumulate: 16" in file.read()


def test_a_data_folder_that_vanishes_ends_the_run_with_its_checkpoint_whole(
    workdir: Path, interfere: Interfere
) -> None:
    for number in range(30):
        pictures.write(workdir / "set" / f"{number}.png")

    def vanish(model: Any) -> None:
        if model.counters.batches == 5:
            shutil.move("set", "elsewhere")

    interfere(vanish)
    words = "--data ImageFolder --data.root set --data.image_channels 1 --data.cache none --data.num_workers 0"
    with pytest.raises(RunFailed, match=r"data: set/\d+.png cannot be read \(No such file or directory\)"):
        GANCLI([*FIT, *words.split(), "--checkpoint.every_n_steps", "2"])
    content = checkpoints.read(Path("checkpoints/dcgan-imagefolder/version_0/last.ckpt"))
    assert content[RECORD]["counters"]["batches"] == 6
    shutil.move("elsewhere", "set")
    GANCLI([*FIT, *words.split(), "--ckpt_path", "last", "--checkpoint.every_n_steps", "20"])


def test_a_discriminator_that_has_won_and_images_that_are_alike_are_warned_of(
    workdir: Path, interfere: Interfere, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    interfere(lambda model: 0.0)
    monkeypatch.setattr("gan_cli.callbacks.watchdog.Watchdog.__init__.__defaults__", (4,))
    GANCLI(FIT)
    told = capsys.readouterr().out
    assert told.count("warning: the discriminator's loss is about 0 up to step 5: it tells all images apart") == 1
    assert told.count("warning: the generated images are all alike at step 4") == 1
