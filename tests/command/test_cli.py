"""`gan fit` and what the user gets wrong about it, run in process as the command does."""

import csv
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from gan_cli.__main__ import main
from gan_cli.command.cli import GANCLI
from gan_cli.data import Digits
from gan_cli.errors import UserError
from tests.conftest import TINY_FLAGS
from tests.data import pictures

RUN = Path("checkpoints/dcgan-digits/version_0")


def fit(*words: str) -> GANCLI:
    return GANCLI(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, *words])


def weights(path: Path) -> dict[str, torch.Tensor]:
    state: dict[str, torch.Tensor] = torch.load(path, weights_only=True)["state_dict"]
    return state


def test_everything_of_a_run_is_in_its_folder(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fit(
        "--trainer.max_steps",
        "4",
        "--samples.every_n_steps",
        "2",
        "--trainer.log_every_n_steps",
        "2",
        "--report",
        "true",
    )
    assert sorted(path.name for path in workdir.iterdir()) == ["checkpoints"]
    assert sorted(path.name for path in RUN.iterdir()) == [
        ".lock",
        "config.yaml",
        "environment.json",
        "last.ckpt",
        "metrics.csv",
        "report.html",
        "samples",
        "step-00000004.ckpt",
    ]
    assert sorted(path.name for path in (RUN / "samples").iterdir()) == ["step-00000002.png", "step-00000004.png"]
    told = capsys.readouterr().out
    assert f"run: {RUN}" in told
    assert f"next: gan sample --ckpt {RUN / 'last.ckpt'}" in told
    with (RUN / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == ["2", "4"]
    assert float(rows[1]["kimg"]) == pytest.approx(0.064)
    assert float(rows[1]["time/images_per_second"]) > 0


def test_the_saved_config_trains_the_same_again(workdir: Path) -> None:
    fit("--trainer.max_steps", "3")
    saved = yaml.safe_load((RUN / "config.yaml").read_text())
    assert saved["model"]["init_args"]["image_size"] == 16  # linked from the data
    assert saved["model"]["init_args"]["image_channels"] == 1
    GANCLI(["fit", "--config", str(RUN / "config.yaml")])
    again = weights(RUN.with_name("version_1") / "last.ckpt")
    assert all(torch.equal(value, again[name]) for name, value in weights(RUN / "last.ckpt").items())


def test_name_and_root_choose_the_folder(workdir: Path) -> None:
    fit("--trainer.max_steps", "1", "--name", "trial", "--trainer.default_root_dir", "elsewhere")
    assert Path("elsewhere/dcgan-digits-trial/version_0/last.ckpt").is_file()


def test_configs_merge_in_order_and_flags_win_wherever_they_stand(workdir: Path) -> None:
    Path("a.yaml").write_text("trainer: {max_steps: 5}\nmodel: {init_args: {latent_dim: 5}}\n")
    Path("b.yaml").write_text("trainer: {max_steps: 2}\n")
    words = ["--trainer.max-steps", "1", "--config", "dcgan", "--config", "a.yaml", "--config=b.yaml"]
    cli = GANCLI(["fit", *words, *[w for w in TINY_FLAGS if w not in ("--model.latent_dim", "8")]])
    assert cli.trainer.max_steps == 1
    assert cli.model.hparams["latent_dim"] == 5


@pytest.mark.parametrize("workers", ["0", "2"])
def test_last_goes_on_in_the_same_folder_bit_for_bit(
    workdir: Path, capsys: pytest.CaptureFixture[str], workers: str
) -> None:
    common = ("--data.num_workers", workers, "--trainer.log_every_n_steps", "1", "--checkpoint.every_n_steps", "4")
    fit(*common, "--trainer.max_steps", "9", "--trainer.default_root_dir", "whole")
    fit(*common, "--trainer.max_steps", "6")
    # A run that was killed has written more of its log than its last checkpoint knows of.
    with (RUN / "metrics.csv").open("a") as file:
        file.write(",".join(["7" for _ in (RUN / "metrics.csv").read_text().partition("\n")[0].split(",")]) + "\n")
    fit(*common, "--trainer.max_steps", "9", "--ckpt", "last")
    assert f"going on with {RUN / 'last.ckpt'} after step 6" in capsys.readouterr().out
    whole = Path("whole") / "dcgan-digits" / "version_0"
    resumed = weights(RUN / "last.ckpt")
    assert all(torch.equal(value, resumed[name]) for name, value in weights(whole / "last.ckpt").items())
    assert not RUN.with_name("version_1").exists()
    logs = []
    for folder in (whole, RUN):
        with (folder / "metrics.csv").open() as file:
            logs.append([{k: v for k, v in row.items() if "time/" not in k} for row in csv.DictReader(file)])
    assert logs[0] == logs[1]
    assert yaml.safe_load((RUN / "config.yaml").read_text())["ckpt_path"] is None


def test_a_resumed_run_keeps_its_settings(workdir: Path) -> None:
    fit("--trainer.max_steps", "1", "--seed_everything", "5")
    for words, said in (
        (("--seed_everything", "3"), "seed_everything: 3 is asked for, but the run to go on with has 5"),
        (("--model.latent_dim", "9"), "model.latent_dim: 9 is asked for, but the run to go on with has 8"),
        (("--data.image_size", "32"), "data.image_size: 32 is asked for, but the run to go on with has 16"),
    ):
        with pytest.raises(ValueError, match=said):
            fit("--ckpt_path", "last", *words)
    # What was not typed comes from the checkpoint, wherever it was typed then.
    flags = ["--model", "DCGAN", "--data", "Digits"]
    cli = GANCLI(["fit", *flags, "--ckpt_path", "last", "--trainer.max_steps", "2", "--trainer.accelerator", "cpu"])
    assert cli.model.hparams["base_channels"] == 4
    assert (cli.datamodule.image_size, cli.datamodule.batch_size) == (16, 16)
    assert cli.model.seed == 5


def test_a_resumed_run_keeps_its_domains(workdir: Path) -> None:
    for folder in ("cat", "dog"):
        for number in range(2):
            pictures.write(workdir / "pets" / folder / f"{number}.png")
    words = "--model CycleGAN --model.base_channels 2 --model.num_blocks 1 --model.patch_size 16 --data UnpairedFolder"
    words += (
        " --data.root pets --data.image_size 16 --data.num_workers 0 --trainer.max_steps 1 --trainer.accelerator cpu"
    )
    GANCLI(["fit", *words.split()])
    (workdir / "pets" / "cat").rename(workdir / "pets" / "wolf")
    with pytest.raises(
        UserError, match="domains: dog and wolf is asked for, but the run to go on with has cat and dog"
    ):
        GANCLI(["fit", *words.split(), "--ckpt_path", "last"])


def test_a_variant_of_ones_own_is_trained_by_its_path(workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--model", "tests.toys.ToyGAN", "--data", "Digits", "--data.image_size", "16", "--trainer.max_steps", "1"]
    cli = GANCLI(["fit", *words, "--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"])
    assert cli.model.hparams["num_classes"] == 10  # from the data
    next_command = capsys.readouterr().out.rpartition("next: gan ")[2].split()
    assert next_command[-2:] == ["--module", "tests.toys"]
    assert main(next_command) == 0


def test_wandb_by_a_second_config_logs_offline_in_the_run(workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("NETRC", str(workdir / "none"))
    monkeypatch.setenv("WANDB_SILENT", "true")
    fit(
        *("--config", "wandb.yaml", "--trainer.max_steps", "2"),
        *("--samples.every_n_steps", "1", "--trainer.log_every_n_steps", "1"),
    )
    import wandb

    wandb.finish()
    offline = list(RUN.glob("wandb/offline-run-*"))
    assert len(offline) == 1
    assert list(offline[0].glob("files/media/images/samples*.png"))
    assert (RUN / "metrics.csv").is_file()
    assert sorted(path.name for path in workdir.iterdir()) == ["checkpoints"]


def test_each_logger_is_added_by_its_config_and_goes_on_with_the_run(
    workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    loggers = ["--config", "tensorboard.yaml", "--config", "mlflow.yaml"]
    often = ["--samples.every_n_steps", "2", "--trainer.log_every_n_steps", "1"]
    fit(*loggers, *often, "--trainer.max_steps", "2")
    fit(*loggers, *often, "--trainer.max_steps", "4", "--ckpt_path", "last")
    assert len(list(RUN.glob("tensorboard/events.out.tfevents.*"))) == 2
    (losses,) = workdir.glob("checkpoints/mlruns/*/*/metrics/loss/generator/adversarial")
    assert [line.split()[2] for line in losses.read_text().splitlines()] == ["1", "2", "3", "4"]
    shown = workdir.glob("checkpoints/mlruns/*/*/artifacts/images/samples*.png")
    assert sorted(path.name.split("+")[2] for path in shown) == ["2", "4"]
    assert sorted(path.name for path in workdir.iterdir()) == ["checkpoints"]


def test_a_logger_that_is_not_installed_is_told_in_a_line(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--config", "tensorboard.yaml"]) == 2
    expected = "gan: trainer.logger: TensorBoard is not installed: pip install 'gan-cli[tensorboard]'\n"
    assert capsys.readouterr().err == expected
    assert not list(workdir.iterdir())


def test_dry_run_writes_nothing(workdir: Path) -> None:
    fit("--trainer.fast_dev_run", "true")
    assert not list(workdir.iterdir())


BAD = [
    (["fot"], "fot is no verb; did you mean fit?"),
    (["fit", "--config", "dcgn.yaml"], "config: dcgn.yaml is no file and no packaged config; did you mean dcgan.yaml?"),
    (["--model.generator_lrr", "1"], "generator_lrr is no argument here; did you mean generator_lr?"),
    (["--trainer.max_step", "1"], "trainer.max_step is no argument here; did you mean max_steps?"),
    (["--config", "unknown_key.yaml"], "base_channel is no argument here; did you mean base_channels?"),
    (
        ["--config", "unknown_top.yaml"],
        "modell is no argument here; did you mean model?\nThis stands in unknown_top.yaml",
    ),
    (
        ["--config", "bad_value.yaml"],
        "trainer.max_steps: many is not possible; take a whole number\nThis stands in bad_",
    ),
    (["--config", "unknown_class.yaml"], "model: DCGN is unknown; did you mean DCGAN?\nThere are ACGAN, "),
    (["--config", "no_class.yaml"], "model: 5 is no name of a class; such is class_path: DCGAN\nThis stands in no_"),
    (["--config", "broken.yaml"], "config: broken.yaml is no YAML"),
    (["--config", "list.yaml"], "config: list.yaml holds no settings"),
    (["--config", "binary.yaml"], "config: binary.yaml is no YAML\nIt is no text in UTF-8"),
    (["--trainer.max_steps"], "argument --trainer.max_steps: expected one argument"),
    (["stray"], "unrecognized arguments: stray"),
    (["--trainer.callbacks", "Foo"], "trainer.callbacks: Foo is not possible; take a list or a Callback by its path"),
    (["--trainer.logger.save_dir", "x"], "trainer.logger.save_dir: this is not possible here; type the class first"),
    (["--model", "DCGN"], "model: DCGN is unknown; did you mean DCGAN?"),
    (["--data", "Digit"], "data: Digit is unknown; did you mean Digits?"),
    (["--model.generator_lr", "fast"], "model.generator_lr: fast is not possible; take a number"),
    (["--model.generator_lr", "-1"], "model.generator_lr: -1.0 is not possible; take a number above 0 and up to 100"),
    (
        ["--model.latent_distribution", "gauss"],
        "model.latent_distribution: gauss is not possible; take normal, uniform",
    ),
    (["--model.image_size", "64"], "model.image_size: 64 was typed, but the data has 16"),
    (["--model.image_channels", "3"], "model.image_channels: 3 was typed, but the data has 1"),
    (["--model", "SNGAN", "--model.num_classes", "7"], "model.num_classes: 7 was typed, but the data has 10; take 10"),
    (["--data.image_size", "50"], "image_size: 50 is not possible here; take 16, 20"),
    (["--data.image_size", "512"], "image_size: 512 is not possible here; take 16, 20"),
    (["--data.batch_size", "1438"], "data.batch_size: 1438 is more than the 1437 images of Digits"),
    (
        ["--trainer.gradient_clip_val", "1"],
        "trainer.gradient_clip_val: 1 is not possible; with several players type --model.gen",
    ),
    (
        ["--trainer.accumulate_grad_batches", "2"],
        "trainer.accumulate_grad_batches: 2 is not possible; with several players type --model.accumulate",
    ),
    (["--trainer.precision", "8"], "trainer.precision: 8 is not possible"),
    (["--trainer.precision", "bf16-true"], "trainer.precision: bf16-true is not possible; take 32-true, bf16-mixed"),
    (["--trainer.accelerator", "foo"], "trainer.accelerator: foo is not possible; take auto, cpu"),
    (["--trainer.strategy", "foo"], "trainer.strategy: foo is not possible; each player's gradients"),
    (["--trainer.strategy", "ddp_spawn"], "trainer.strategy: ddp_spawn is not possible; each player's gradients"),
    (["--trainer.devices", "foo"], "trainer.devices: foo is not possible; take auto, a number"),
    (["--trainer.val_check_interval", "0"], "trainer.val_check_interval: 0 is not possible"),
    (["--seed_everything", "-1"], "seed_everything: -1 is not possible; take a whole number from 0 to 4,294,967,295"),
    (["--data.num_workers", "-1"], "data.num_workers: -1 is not possible; take a whole number from 0 to 256"),
    (["--name", "a[1]"], "name: 'a[1]' is part of a folder's name"),
    (["--name", "x/y"], "name: 'x/y' is part of a folder's name"),
    (["--samples.every_n_steps", "-1"], "samples.every_n_steps: -1 is not possible; take a whole number from 0"),
    (["--checkpoint.keep", "0"], "checkpoint.keep: 0 is not possible; take a whole number from 1 to 1,000"),
    (["--trainer.logger", "false"], "trainer.logger: false is not possible"),
    (["--ckpt_path", "last"], "ckpt_path: no run checkpoints/dcgan-digits is there to go on with"),
    (["--ckpt_path", "nothing.ckpt"], "ckpt: nothing.ckpt does not exist"),
    (["--trainer.default_root_dir", "file/below"], "cannot be written (Not a directory); name another place"),
]


@pytest.mark.parametrize(("words", "said"), BAD, ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_bad_input_gets_a_short_answer_and_exit_code_2(
    workdir: Path, capsys: pytest.CaptureFixture[str], words: Sequence[str], said: str
) -> None:
    Path("unknown_key.yaml").write_text("model: {class_path: DCGAN, init_args: {base_channel: 4}}\n")
    Path("broken.yaml").write_text("model: [\n")
    Path("unknown_top.yaml").write_text("modell: {class_path: DCGAN}\n")
    Path("bad_value.yaml").write_text("trainer: {max_steps: many}\n")
    Path("unknown_class.yaml").write_text("model: {class_path: DCGN}\n")
    Path("no_class.yaml").write_text("model: 5\n")
    Path("list.yaml").write_text("- a\n")
    Path("binary.yaml").write_bytes(b"\xff\xfe")
    Path("file").write_text("in the way")
    before = sorted(workdir.rglob("*"))
    typed = words if words[0] in ("fot", "fit") else ["fit", "--config", "dcgan.yaml", *TINY_FLAGS, *words]
    assert main(list(typed)) == 2
    told = capsys.readouterr()
    assert told.err.startswith(f"gan: {said}") or said in told.err
    assert len(told.err.strip().splitlines()) <= 3
    assert "Traceback" not in told.err
    assert sorted(workdir.rglob("*")) == before


def test_sigterm_while_a_run_starts_is_no_success(
    workdir: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    loader = Digits.train_dataloader

    def asked_to_stop(self: Digits) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return loader(self)

    monkeypatch.setattr(Digits, "train_dataloader", asked_to_stop)
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS]) == 143
    assert capsys.readouterr().err == "gan: stopped by SIGTERM\n"


def test_a_full_disk_ends_the_run_with_exit_code_1(
    workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gan_cli.files.os.fsync", no_room)
    assert main(["fit", "--config", "dcgan.yaml", *TINY_FLAGS, "--trainer.max_steps", "1"]) == 1
    told = capsys.readouterr().err
    assert "could not be written (No space left on device); what was there before is whole" in told
    assert len(told.splitlines()) == 2


def test_the_model_may_stand_in_a_file_or_a_text_of_its_own(workdir: Path) -> None:
    Path("far").mkdir()
    Path("far/model.yaml").write_text("{class_path: DCGAN, init_args: {generator_lr: 1e-3}}")
    Path("far/all.yaml").write_text("{model: model.yaml, data: Digits}")
    text = '{class_path: DCGAN, init_args: {generator_lr: "1e-3"}}'
    for words in (["--config", "far/all.yaml"], ["--model", "far/model.yaml"], [f"--model={text}"]):
        given = ["--data", "Digits", *TINY_FLAGS, "--trainer.max_steps", "1", "--trainer.fast_dev_run", "1"]
        assert GANCLI(["fit", *words, *given]).model.hparams["generator_lr"] == 1e-3


def test_arguments_may_stand_before_what_they_belong_to(workdir: Path) -> None:
    cli = GANCLI(["fit", *TINY_FLAGS, "--trainer.max_steps", "1", "--data", "Digits", "--model", "DCGAN"])
    assert cli.datamodule.batch_size == 16


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--data"], "data: a name must follow, such as --data MNIST; gan list shows them all"),
        (["--model", "--data", "Digits"], "model: a name must follow, such as --model DCGAN"),
        (["--data.batch_size", "16"], "data.batch_size: of which\\? --data NAME is missing"),
        (["--model", "LatentModule", "--data", "Digits"], "model: LatentModule is unknown\nThere are ACGAN, "),
        (
            ["--model", "CycleGAN", "--data", "Digits", "--model.latent_dim", "8"],
            "latent_dim is no argument here(?!.*latent_dim)",
        ),
        (
            ["--model", "GAN", "--data", "PointDataModule"],
            "data: PointDataModule is unknown\nThere are AdaptedDigits, ",
        ),
    ],
)
def test_what_is_no_variant_or_no_data_set_is_said(words: list[str], message: str) -> None:
    with pytest.raises(UserError, match=message):
        GANCLI(["fit", *words])
