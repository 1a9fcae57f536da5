"""Every shipped config is run by the real command, shrunk by overrides."""

from pathlib import Path

import pytest
import yaml

from gan_cli import catalogue, data
from gan_cli.cli import GANCLI
from tests import fake_mnist
from tests.conftest import TINY_FLAGS

OVERLAYS = {"wandb.yaml": "dcgan.yaml"}
"""Configs that are laid over another one."""


def shrinking(config: Path) -> list[str]:
    """Flags that make a config's run one of moments; points have no image size."""
    name = yaml.safe_load(config.read_text()).get("data", {}).get("class_path", "Digits")
    if not issubclass(getattr(data, name), data.PointDataModule):
        return TINY_FLAGS
    sized = TINY_FLAGS.index("--data.image_size")
    return [*TINY_FLAGS[:sized], *TINY_FLAGS[sized + 2 :], "--data.num_points", "1000"]


@pytest.mark.parametrize("config", catalogue.config_files(), ids=lambda path: path.name)
def test_shipped_config_trains(config: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_SILENT", "true")
    fake_mnist.write(workdir / "data", count=40)
    names = [OVERLAYS[config.name], config.name] if config.name in OVERLAYS else [config.name]
    configs = [word for name in names for word in ("--config", name)]
    flags = [*shrinking(config), "--trainer.max_steps", "5", "--trainer.precision", "32-true"]
    cli = GANCLI(["fit", *configs, *flags])
    assert cli.model.counters.batches == 5
    assert cli.model.counters.generator_steps == 5 // cli.model.n_critic > 0
    assert list(workdir.glob("checkpoints/*/version_0/last.ckpt"))
    if config.name == "wandb.yaml":
        import wandb

        wandb.finish()


@pytest.mark.parametrize("config", catalogue.config_files(), ids=lambda path: path.name)
def test_header_says_what_it_is_and_how_to_run_it(config: Path) -> None:
    header = [line for line in config.read_text().splitlines() if line.startswith("#")]
    assert len(header[0]) > 20
    assert any(f"gan fit --config {config.name}" in line or f"--config {config.name}" in line for line in header)
    if config.name not in OVERLAYS:
        assert "arXiv:" in header[0]
        assert {"# Command:", "# Hardware:", "# Score:"} <= {" ".join(line.split()[:2]) for line in header}


def test_data_changes_the_set_and_nothing_else(workdir: Path) -> None:
    fake_mnist.write(workdir / "elsewhere", count=40)
    flags = [*TINY_FLAGS, "--trainer.max_steps", "1"]
    digits = GANCLI(["fit", "--config", "dcgan.yaml", *flags])
    mnist = GANCLI(["fit", "--config", "dcgan.yaml", *flags, "--data", "MNIST", "--data.root", "elsewhere"])
    assert dict(digits.model.hparams) == dict(mnist.model.hparams)
    assert mnist.datamodule.facts.name == "MNIST"
    assert (workdir / "checkpoints" / "dcgan-mnist" / "version_0" / "last.ckpt").is_file()
