import gc
import os
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import ImageBatch, LoadedBatch
from gan_cli.command.running import short_errors
from gan_cli.data.loading import PartLoader, fitting
from gan_cli.data.parts import Part
from gan_cli.errors import RunFailed, UserError

MOUNT = 'mount -t tmpfs -o size=4m tmpfs /dev/shm && exec "$@"'
PROGRAM = "import tests.data.test_loading as here; here.load_with_little_shared_memory()"


class Grey(Part):
    """Twelve images of a megabyte, each as bright as its number."""

    def __len__(self) -> int:
        return 12

    def __getitem__(self, places: Any) -> LoadedBatch:
        images = places.to(torch.uint8).view(-1, 1, 1, 1).repeat(1, 1, 1000, 1000)
        return LoadedBatch(ImageBatch(images, places))


class Deadly(Grey):
    """A part whose workers are killed."""

    def __init__(self, by: signal.Signals) -> None:
        self.by = by

    def __getitem__(self, places: Any) -> LoadedBatch:
        if torch.utils.data.get_worker_info() is not None:
            os.kill(os.getpid(), self.by)
        return super().__getitem__(places)


class Broken(Grey):
    """A part whose second half cannot be read."""

    def __getitem__(self, places: Any) -> LoadedBatch:
        if int(places[0]) >= 6:
            raise UserError("no such image")
        return super().__getitem__(places)


class Shared(Grey):
    """A part that holds each image's pixels once for three channels and at hand."""

    at_hand = True

    def __getitem__(self, places: Any) -> LoadedBatch:
        images = places.to(torch.uint8).view(-1, 1, 1, 1).expand(-1, 3, 2, 2)
        return LoadedBatch(ImageBatch(images, places))


def batches(size: int) -> list[Tensor]:
    return list(torch.arange(12).split(size))


def load_with_little_shared_memory() -> None:
    for size in (3, 6):
        print([int(loaded.batch.images[0, 0, 0, 0]) for loaded in PartLoader(Grey(), batches(size), size, 4)])
    careless = PartLoader(Grey(), batches(6), 0, 2)
    with short_errors("fit"):
        list(careless)


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_are_written_out_so_that_a_gpu_can_be_sent_them(workers: int) -> None:
    """PyTorch pins no tensor that has some memory for several places."""
    for loaded in PartLoader(Shared(), batches(3), 3, num_workers=workers):
        images = loaded.batch.images
        images[:, 0] = 99
        assert (images[:, 1:] != 99).all()


def test_no_more_workers_load_than_the_shared_memory_has_room_for() -> None:
    batch = 10_000_000
    assert [fitting(4, batch, free) for free in (10**9, 75_000_000, 52_000_000, 40_000_000, 0)] == [4, 2, 1, 0, 0]


def test_a_container_with_little_shared_memory_loads_without_workers_and_says_so() -> None:
    words = ["unshare", "-m", "sh", "-c", MOUNT, "sh"]
    if subprocess.run([*words, "true"], capture_output=True, check=False).returncode:
        pytest.skip("only the administrator can mount another /dev/shm")
    done = subprocess.run([*words, sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=100)
    assert done.stdout.splitlines() == [
        "note: none of the 4 --data.num_workers will load: /dev/shm has 4.2 MB free of 4.2 MB, through which they",
        "hand over batches of 3.0 MB; docker run --ipc host, or --shm-size 1g, gives more",
        "[0, 3, 6, 9]",
        "note: none of the 4 --data.num_workers will load: /dev/shm has 4.2 MB free of 4.2 MB, through which they",
        "hand over batches of 6.0 MB; docker run --ipc host, or --shm-size 1g, gives more",
        "[0, 6]",
    ]
    assert "NoRoom: data.num_workers: a batch of 6.0 MB could not be handed over" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("by", "said"),
    [
        (signal.SIGBUS, r"a process that loads data was ended by the system \(Bus error\); /dev/shm has .* free of .*"),
        (signal.SIGKILL, r"a process that loads data was ended by the system \(Killed\), as where memory has run out"),
    ],
)
def test_a_worker_that_dies_ends_the_run_in_two_lines(by: signal.Signals, said: str) -> None:
    list(PartLoader(Grey(), batches(6), 6, 1))
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # as the end of a Trainer leaves it
    with (
        pytest.raises(RunFailed, match=rf"^{said}\n.*num_workers.*, then go on with --ckpt_path last$"),
        short_errors("fit"),
    ):
        list(PartLoader(Deadly(by), batches(6), 6, 1))


def test_workers_end_with_the_error_of_one() -> None:
    """And not when its frames are collected, where PyTorch waits ten seconds for each of them."""
    with pytest.raises(UserError, match="no such image"):
        for _ in PartLoader(Broken(), batches(3), 3, 2):
            pass
    begun = time.monotonic()
    gc.collect()
    assert time.monotonic() - begun < 4
