import os
import signal
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer

from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.callbacks.loggers import RunLogger
from gan_cli.callbacks.run_checkpoint import RunCheckpoint
from gan_cli.data import Digits
from gan_cli.evaluation.collections import lesson_of
from gan_cli.metrics import features
from gan_cli.metrics.features import Classifier, trained_on
from gan_cli.variants import DCGAN

TINY_DCGAN: dict[str, Any] = {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}

TINY_FLAGS = [
    *("--model.base_channels", "4", "--model.latent_dim", "8", "--data.image_size", "16", "--data.batch_size", "16"),
    *("--trainer.accelerator", "cpu", "--trainer.devices", "1", "--trainer.enable_progress_bar", "false"),
    *("--report", "false"),  # 5 MB that are forced to the disk
]
"""What shrinks a packaged config to a run of moments."""


features.STEPS = 150  # batches of a classifier: a second or two, and it still tells digits


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("filterwarnings", "ignore::lightning.pytorch.utilities.warnings.PossibleUserWarning")


@pytest.fixture(autouse=True, scope="session")
def _no_waiting_for_the_disk() -> Iterator[None]:
    """There is no power cut to survive, and forcing files to the disk takes longer than making them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)
        yield


@pytest.fixture(autouse=True)
def _unseeded() -> Iterator[None]:
    """No test leaves a seed, a signal handler or another number of threads to the next."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    os.environ.pop("PL_GLOBAL_SEED", None)
    assert {number: signal.getsignal(number) for number in handlers} == handlers


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quiet(folder: Path, checkpoint_every: int = 10**9, **options: Any) -> Trainer:
    """A trainer on the CPU that writes into a run's folder and shows nothing."""
    callbacks = [RunCheckpoint(every_n_steps=checkpoint_every), *options.pop("callbacks", [])]
    defaults: dict[str, Any] = {
        "accelerator": "cpu",
        "devices": 1,
        "max_epochs": -1,
        "logger": RunLogger(folder),
        "plugins": [AtomicCheckpointIO()],
        "limit_val_batches": 0,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        "use_distributed_sampler": False,
        "log_every_n_steps": 1,
    }
    return Trainer(**{**defaults, **options}, callbacks=callbacks)


@pytest.fixture
def quiet_trainer(tmp_path: Path) -> Callable[..., Trainer]:
    """Makes such trainers that write into `tmp_path / "run"`."""
    return partial(quiet, tmp_path / "run")


@pytest.fixture
def trained(quiet_trainer: Callable[..., Trainer]) -> Callable[..., DCGAN]:
    """Trains a tiny DCGAN on 16x16 digits for a few steps, from the same start each time."""

    def train(steps: int = 3, batch_size: int = 16, trainer: dict[str, Any] | None = None, **arguments: Any) -> DCGAN:
        torch.manual_seed(0)
        model = DCGAN(**{**TINY_DCGAN, **arguments})
        quiet_trainer(max_steps=steps, **(trainer or {})).fit(model, Digits(image_size=16, batch_size=batch_size))
        return model

    return train


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The last checkpoint of a tiny run made by the command, `.../checkpoints/dcgan-digits/version_0/last.ckpt`."""
    from gan_cli.command.cli import GANCLI

    root = tmp_path_factory.mktemp("trained") / "checkpoints"
    flags = [*TINY_FLAGS, "--trainer.max_steps", "4", "--trainer.default_root_dir", str(root)]
    GANCLI(["fit", "--config", "dcgan.yaml", *flags])
    return root / "dcgan-digits" / "version_0" / "last.ckpt"


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a quickly trained classifier is kept, and real features."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def classifier(cache: Path) -> Classifier:
    """Of digits in 16x16 pixels."""
    lesson = lesson_of(Digits(image_size=16))
    assert lesson is not None
    return trained_on(lesson, cache)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that GAN_DATA names; without it the test is skipped."""
    folder = os.environ.get("GAN_DATA")
    if not folder:
        pytest.skip("GAN_DATA names no folder of data sets")
    return Path(folder)
