"""Every flag of Lightning's trainer does what it promises, or is refused with what to type instead."""

import csv
import inspect
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import LearningRateFinder
from lightning.pytorch.plugins import AsyncCheckpointIO, DoublePrecision
from lightning.pytorch.plugins.environments import LightningEnvironment

from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.command.trainer import DEFAULTS
from gan_cli.devices import trainer_flags
from gan_cli.devices.strategy import PlayersDDP
from gan_cli.errors import UserError
from tests.conftest import TINY_FLAGS

RUN = Path("checkpoints/dcgan-digits/version_0")

SIGNATURE = {name: one for name, one in inspect.signature(Trainer.__init__).parameters.items() if name != "self"}


def fit(*words: str) -> GANCLI:
    return GANCLI(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "6", *words])


def test_every_flag_has_a_row() -> None:
    assert set(trainer_flags.FLAGS) == set(SIGNATURE)


def test_what_is_not_typed_is_possible() -> None:
    trainer_flags.check({**{name: one.default for name, one in SIGNATURE.items()}, **DEFAULTS})


TAKEN = {
    "accelerator": ["cpu", "gpu", "cuda", "mps"],
    "strategy": ["ddp", "single_device", "ddp_find_unused_parameters_true"],
    "devices": [2, "2", "auto", -1, "-1", [0, 1], "0,1", "0,"],
    "precision": ["bf16-mixed", "16-mixed", "bf16", "16", 16, 32],
    "fast_dev_run": [True, 3],
    "max_epochs": [-1, 3],
    "limit_train_batches": [0, 3, 0.5],
    "val_check_interval": [1, 0.5, "00:01:00:00", {"minutes": 5}],
    "check_val_every_n_epoch": [2],
    "num_sanity_val_steps": [-1, 2],
    "accumulate_grad_batches": [1],
    "deterministic": [True, "warn"],
    "profiler": ["simple", "advanced", "pytorch"],
    "plugins": [[], LightningEnvironment()],
    "default_root_dir": ["here", Path("here")],
}


@pytest.mark.parametrize(("name", "values"), TAKEN.items(), ids=TAKEN)
def test_what_is_taken(name: str, values: list[Any]) -> None:
    for value in values:
        trainer_flags.check({name: value})


REFUSED = [
    ("accelerator", "tpu", "tpu is not possible; take auto, cpu, gpu, cuda or mps"),
    ("strategy", "fsdp", "fsdp is not possible; each player's gradients are averaged by our own strategy; take auto"),
    ("strategy", "ddp_spawn", "ddp_spawn is not possible"),
    ("devices", 10**9, "1000000000 is not possible; take auto, a number up to 1,024, or a list such as [0,1]"),
    ("devices", "0", "0 is not possible"),
    ("devices", [], "[] is not possible"),
    ("num_nodes", 0, "0 is not possible; take a whole number from 1"),
    ("precision", "64-true", "64-true is not possible; take 32-true, bf16-mixed, 16-mixed"),
    ("logger", False, "false is not possible; metrics.csv belongs to a run; leave it out"),
    ("callbacks", [LearningRateFinder()], "LearningRateFinder is not possible; every player has a rate of its own"),
    ("fast_dev_run", -1, "-1 is not possible"),
    ("max_epochs", -2, "-2 is not possible; take a whole number from -1"),
    ("max_steps", 10**30, "1000000000000000000000000000000 is not possible; take a whole number from -1"),
    ("limit_train_batches", 1.5, "1.5 is not possible"),
    ("limit_test_batches", 3, "3 is not possible; gan fit tests nothing; type gan test --num N"),
    ("limit_predict_batches", 3, "3 is not possible; gan fit predicts nothing; type gan sample --num N"),
    ("overfit_batches", 0.5, "0.5 is not possible; the data is an endless shuffled stream"),
    ("val_check_interval", -1, "-1 is not possible; take batches, a share of an epoch, or a time"),
    ("check_val_every_n_epoch", 0, "0 is not possible; take a whole number from 1"),
    ("num_sanity_val_steps", -2, "-2 is not possible"),
    ("log_every_n_steps", -1, "-1 is not possible"),
    ("enable_checkpointing", False, "false is not possible; a run keeps its checkpoints"),
    ("accumulate_grad_batches", 2, "2 is not possible; with several players type --model.accumulate"),
    ("gradient_clip_val", 0.5, "0.5 is not possible; with several players type --model.generator_clip_norm"),
    ("gradient_clip_algorithm", "value", "value is not possible; with several players type --model.generator_clip"),
    ("use_distributed_sampler", True, "true is not possible; our samplers deal the images out"),
    ("profiler", "xla", "xla is not possible; take simple, advanced or pytorch"),
    ("barebones", True, "true is not possible; a run keeps its log and its checkpoints"),
    ("plugins", DoublePrecision(), "DoublePrecision is not possible; precision is --trainer.precision"),
    ("plugins", [AsyncCheckpointIO()], "AsyncCheckpointIO is not possible"),
    ("reload_dataloaders_every_n_epochs", -1, "-1 is not possible"),
    ("default_root_dir", "s3://bucket", "s3://bucket is not possible; take a folder of this machine"),
    ("model_registry", "there", "there is not possible; nothing is sent to a registry"),
]


@pytest.mark.parametrize(("name", "value", "said"), REFUSED, ids=[name for name, *_ in REFUSED])
def test_what_is_refused_and_what_to_type_instead(name: str, value: Any, said: str) -> None:
    with pytest.raises(UserError) as caught:
        trainer_flags.check({name: value})
    assert str(caught.value).startswith(f"trainer.{name}: {said}")
    assert len(str(caught.value).splitlines()) == 1


def test_what_must_come_after_what_may_be_the_end_is_refused() -> None:
    with pytest.raises(UserError, match=r"^trainer.min_steps: 9 is more than the 6 of --trainer.max_steps"):
        trainer_flags.check({"min_steps": 9, "max_steps": 6})
    trainer_flags.check({"min_steps": 9, "max_steps": -1})


def test_epochs_of_validation_a_profile_and_determinism_are_what_was_asked_for(workdir: Path) -> None:
    every_second = ("--trainer.check_val_every_n_epoch", "2", "--trainer.limit_train_batches", "1")
    try:
        cli = fit(*every_second, "--trainer.profiler", "simple", "--trainer.deterministic", "warn")
        assert torch.is_deterministic_algorithms_warn_only_enabled()
    finally:
        torch.use_deterministic_algorithms(False)
    assert cli.trainer.current_epoch == 6
    with (RUN / "metrics.csv").open() as file:
        assert [row["step"] for row in csv.DictReader(file) if row["logits/held_out"]] == ["2", "4", "6"]
    assert "optimizer_step" in (RUN / "fit-profile.txt").read_text()


def test_ddp_of_one_process_trains_as_without_it(workdir: Path) -> None:
    plain, alone = fit(), fit("--trainer.strategy", "ddp")
    assert isinstance(alone.trainer.strategy, PlayersDDP)
    there = alone.model.state_dict()
    assert all(torch.equal(value, there[name]) for name, value in plain.model.state_dict().items())


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--trainer.limit_val_batches", "0.02"], "trainer: You requested to check 0.02 of the `val_dataloader`"),
        (
            [
                "--trainer.val_check_interval=2",
                "--trainer.callbacks=EarlyStopping",
                "--trainer.callbacks.monitor=no",
            ],
            "trainer: Early stopping conditioned on metric `no` which is not available",
        ),
    ],
    ids=["limit_val_batches", "EarlyStopping"],
)
def test_what_lightning_finds_only_in_the_loop_is_a_line(
    workdir: Path, capsys: pytest.CaptureFixture[str], words: list[str], said: str
) -> None:
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "4", *words]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"gan: {said}")
    assert len(told.splitlines()) == 1


def test_the_keys_of_verbs_are_held_to_the_same_rows(
    checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in (("strategy", "fsdp"), ("accelerator", "tpu"), ("devices", "0"), ("num_nodes", "0")):
        assert main(["sample", "--ckpt", str(checkpoint), f"--trainer.{name}", value]) == 2
        assert capsys.readouterr().err.startswith(f"gan: trainer.{name}: {value} is not possible; ")
