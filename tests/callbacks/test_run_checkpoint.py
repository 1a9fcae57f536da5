import os
import resource
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer

from gan_cli import outputs
from gan_cli.callbacks.atomic_checkpoint_io import AtomicCheckpointIO
from gan_cli.callbacks.run_checkpoint import Interrupted
from gan_cli.variants import DCGAN

Trained = Callable[..., DCGAN]


def batches(path: Path) -> int:
    return int(torch.load(path, weights_only=True)["gan_cli"]["counters"]["batches"])


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ckpt"))


def test_last_and_the_newest_two_are_kept_and_nothing_of_a_run_that_was_killed(
    trained: Trained, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    for half in (".step-00000001.ckpt.12.tmp", ".last.ckpt.12.tmp"):
        (run / half).write_bytes(b"half")
    trained(steps=9, trainer={"checkpoint_every": 2})
    assert names(run) == ["last.ckpt", "step-00000008.ckpt", "step-00000009.ckpt"]
    assert batches(run / "last.ckpt") == 9
    assert not [path for path in run.iterdir() if path.name.startswith(".")]


class Stopper(Callback):
    """Sends the process signals in the middle of a batch."""

    def __init__(self, numbers: list[int], step: int = 3) -> None:
        self.numbers = numbers
        self.step = step

    def on_train_batch_start(self, trainer: Trainer, *_: Any) -> None:
        if trainer.global_step == self.step - 1:
            for number in self.numbers:
                os.kill(os.getpid(), number)


@pytest.mark.parametrize(
    ("number", "exit_code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGUSR1, 138)],
)
def test_a_signal_finishes_the_batch_saves_and_ends(
    trained: Trained, tmp_path: Path, number: int, exit_code: int
) -> None:
    whole = trained(steps=6).state_dict()
    with pytest.raises(Interrupted, match=f"stopped by {signal.Signals(number).name}; the run is saved in") as caught:
        trained(steps=6, trainer={"callbacks": [Stopper([number])]})
    assert caught.value.exit_code == exit_code
    assert batches(tmp_path / "run" / "last.ckpt") == 3
    assert all(torch.equal(value, whole[name]) for name, value in resumed(trained, tmp_path).state_dict().items())


def resumed(trained: Trained, tmp_path: Path) -> DCGAN:
    from gan_cli.data import Digits
    from tests.conftest import TINY_DCGAN

    model = DCGAN(**TINY_DCGAN)
    trainer = Trainer(
        accelerator="cpu", max_steps=6, logger=False, enable_checkpointing=False, enable_progress_bar=False
    )
    trainer.fit(model, Digits(image_size=16, batch_size=16), ckpt_path=tmp_path / "run" / "last.ckpt")
    return model


@pytest.mark.parametrize("hangup", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_run_whose_output_nobody_reads_is_saved_and_ends_but_not_under_nohup(
    trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hangup: Any
) -> None:
    monkeypatch.setattr(outputs, "deserted", lambda: True)
    before = signal.signal(signal.SIGHUP, hangup)
    try:
        if hangup == signal.SIG_IGN:
            trained(steps=2)
        else:
            with pytest.raises(Interrupted, match=r"^stopped by SIGPIPE \(nobody reads its output") as caught:
                trained(steps=2)
            assert caught.value.exit_code == 141
    finally:
        signal.signal(signal.SIGHUP, before)
    assert batches(tmp_path / "run" / "last.ckpt") == (2 if hangup == signal.SIG_IGN else 1)


def test_a_second_interrupt_ends_at_once(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        trained(steps=6, trainer={"callbacks": [Stopper([signal.SIGINT, signal.SIGINT])]})
    assert caught.value.code == 130
    assert not (tmp_path / "run" / "last.ckpt").exists()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("temporary", ["same file system", "another file system"])
def test_a_full_disk_leaves_the_old_checkpoint_whole(
    checkpoint: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch, temporary: str
) -> None:
    """A limit on the size of files stands for the full disk: the write really fails in the middle."""
    monkeypatch.setenv("TMPDIR", str(workdir) if temporary == "same file system" else "/dev/shm")
    monkeypatch.setattr(tempfile, "tempdir", None)  # which remembers where temporary files go
    content = torch.load(checkpoint, weights_only=True)
    io = AtomicCheckpointIO()
    io.save_checkpoint(content, "last.ckpt")
    with pytest.raises(OSError, match="File too large") as caught, no_file_larger_than(checkpoint.stat().st_size // 2):
        io.save_checkpoint({**content, "new": True}, "last.ckpt")
    assert (caught.value.filename, caught.value.strerror) == ("last.ckpt", "File too large")
    assert [path.name for path in workdir.iterdir()] == ["last.ckpt"]
    assert "new" not in torch.load(workdir / "last.ckpt", weights_only=True)


def test_step_checkpoints_and_last_are_one_file_where_links_work(trained: Trained, tmp_path: Path) -> None:
    trained(steps=2)
    run = tmp_path / "run"
    assert (run / "last.ckpt").samefile(run / "step-00000002.ckpt")


def test_without_links_last_is_a_copy(trained: Trained, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no hard links here")

    monkeypatch.setattr(os, "link", refuse)
    trained(steps=2)
    run = tmp_path / "run"
    assert (run / "last.ckpt").read_bytes() == (run / "step-00000002.ckpt").read_bytes()
