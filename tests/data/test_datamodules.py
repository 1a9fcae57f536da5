import gzip
import os
import shutil
import socket
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from lightning.fabric.utilities import move_data_to_device
from sklearn.datasets import load_digits
from torch import Tensor
from torch.nn.functional import avg_pool2d
from torch.utils.data import get_worker_info

from gan_cli.batches import ImageBatch, LoadedBatch
from gan_cli.data import MNIST, Digits
from gan_cli.data.loading import PartLoader
from gan_cli.data.parts import InMemory
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.stopping import SIGNALS
from tests import fake_mnist


def test_digits_are_the_real_ones_and_split_for_good() -> None:
    data = Digits(image_size=32)
    data.setup("fit")
    assert data.train_set is not None
    assert data.held_out_set is not None
    assert (len(data.train_set), len(data.held_out_set)) == (1437, 360)
    images, labels = data.held_out_set[torch.arange(360)].batch
    original = load_digits()
    assert images.shape == (360, 1, 32, 32)
    assert images.dtype == torch.uint8
    assert labels.tolist() == original.target[1437:].tolist()
    small = avg_pool2d(images.float(), 4).squeeze(1).numpy() / 255 * 16
    assert np.corrcoef(small.ravel(), original.images[1437:].ravel())[0, 1] > 0.9


@pytest.mark.parametrize("image_size", [16, 32, 64, 256])
def test_digits_come_in_every_size(image_size: int) -> None:
    data = Digits(image_size=image_size)
    data.setup("test")
    assert data.held_out_set is not None
    images = data.examples(8).real
    assert images.shape[-2:] == (image_size, image_size)
    assert float(images.max()) > 0.9
    assert data.train_set is None  # nothing is read that the stage does not need


def test_batches_are_uint8_until_they_are_on_the_device() -> None:
    data = Digits(image_size=16, batch_size=8)
    data.setup("fit")
    loaded = next(iter(data.train_dataloader()))
    batch = loaded.batch
    assert batch.real.dtype == torch.uint8
    converted = data.on_after_batch_transfer(loaded, 0)
    assert isinstance(converted, ImageBatch)
    assert converted.real.dtype == torch.float32
    assert float(converted.real.min()) == -1
    assert float(converted.real.max()) <= 1
    assert torch.equal(converted.labels, batch.labels)


class Alone(NamedTuple):
    """A batch of a kind that is none of ours, without labels."""

    images: Tensor


def test_what_has_no_labels_is_held_in_memory_too() -> None:
    part = InMemory(Alone(torch.arange(12).view(6, 1, 1, 2)))
    assert len(part) == 6
    assert part[torch.tensor([4, 1])].batch.images.flatten().tolist() == [8, 9, 2, 3]
    assert part.labels.tolist() == [0] * 6


def test_held_out_images_come_once_each() -> None:
    data = Digits(image_size=16, batch_size=100)
    data.setup("test")
    labels = torch.cat([loaded.batch.labels for loaded in data.test_dataloader()])
    assert labels.tolist() == load_digits().target[1437:].tolist()


def test_facts_need_no_reading() -> None:
    names = tuple("0123456789")
    assert Digits(image_size=64).facts == {
        "name": "Digits",
        "image_size": 64,
        "image_channels": 1,
        "num_classes": 10,
        "class_names": names,
    }


@pytest.mark.parametrize("size", [28, 48, 112])
def test_any_size_from_16_is_given_and_the_network_says_what_it_makes(size: int) -> None:
    assert Digits(image_size=size).read(train=False).images.shape == (360, 1, size, size)
    with pytest.raises(UserError, match=r"data.image_size: 15 is not possible; take a whole number from 16 to 4,096"):
        Digits(image_size=15)


def test_noise_within_levels_follows_the_place_in_the_stream_and_leaves_held_out_images_as_they_are() -> None:
    data = Digits(image_size=16, batch_size=8, dequantise=True)
    data.setup("fit")
    assert data.train_set is not None

    def seen(start: int, stop: int, seed: int = 0) -> Tensor:
        assert data.train_set is not None
        return data.on_device(data.train_set[Span(seed, start, stop)]).real

    whole = seen(1430, 1446)  # over the end of a pass
    assert torch.equal(whole, torch.cat([seen(1430, 1433), seen(1433, 1446)]))
    kept = data.train_set[Span(0, 1430, 1446)].batch.real
    noise = (whole + 1) * 128 - kept
    assert 0 <= noise.min() < 0.01 < 0.99 < noise.max() <= 1
    assert noise[0].std() > 0.2
    assert not torch.equal(noise[0], noise[1])
    held_out = (data.examples(4).real + 1) * 127.5
    assert torch.allclose(held_out, held_out.round(), atol=1e-4)


def test_a_batch_larger_than_the_set_is_refused() -> None:
    with pytest.raises(UserError, match=r"data.batch_size: 1438 is more than the 1437 images of Digits"):
        Digits(image_size=16, batch_size=1438).setup("fit")


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)


@pytest.mark.usefixtures("no_network")
@pytest.mark.parametrize("found", ["nothing", "empty files", "damaged files"])
def test_mnist_without_network_says_where_files_go_and_what_works_offline(tmp_path: Path, found: str) -> None:
    raw = tmp_path / "MNIST" / "raw"
    if found != "nothing":
        raw.mkdir(parents=True)
        for name in ("train-images-idx3-ubyte", "t10k-labels-idx1-ubyte"):
            (raw / f"{name}.gz").write_bytes(b"" if found == "empty files" else gzip.compress(b"no images"))
    with pytest.raises(UserError) as caught:
        MNIST(root=str(tmp_path)).prepare_data()
    message = str(caught.value)
    assert str(raw) in message
    assert "train-images-idx3-ubyte.gz" in message
    assert "--data Digits" in message
    assert len(message.splitlines()) == 3


def test_mnist_is_padded_at_32_and_resampled_elsewhere(tmp_path: Path) -> None:
    pixels = fake_mnist.write(tmp_path, count=20)
    data = MNIST(root=str(tmp_path), batch_size=4)
    data.prepare_data()
    data.setup("fit")
    assert data.train_set is not None
    images = data.train_set[torch.arange(20)].batch.real
    assert images.shape == (20, 1, 32, 32)
    assert np.array_equal(images[:, 0, 2:30, 2:30].numpy(), pixels)
    assert not images[:, :, :2].any()
    assert MNIST(root=str(tmp_path), image_size=16).read(train=False).real.shape == (20, 1, 16, 16)


def test_real_mnist(tmp_path: Path, real_data: Path) -> None:
    shutil.copytree(real_data / "mnist", tmp_path / "mnist", copy_function=shutil.copy)
    for folder in (tmp_path / "mnist", tmp_path / "mnist/MNIST", tmp_path / "mnist/MNIST/raw"):
        folder.chmod(0o755)
    data = MNIST(root=str(tmp_path / "mnist"))
    data.prepare_data()
    data.setup("fit")
    assert data.train_set is not None
    assert data.held_out_set is not None
    assert (len(data.train_set), len(data.held_out_set)) == (60_000, 10_000)
    assert data.train_set[torch.arange(5)].batch.labels.tolist() == [5, 0, 4, 1, 9]


def test_the_held_out_part_at_hand_is_the_one_in_use() -> None:
    """So that who looks at examples while training, or on a test, reads nothing anew."""
    data = Digits(image_size=16)
    assert len(data.at_hand()) == 360
    data.setup("fit")
    assert data.at_hand() is data.at_hand("val") is data.held_out_set
    assert data.at_hand("test") is not data.held_out_set
    data.setup("test")
    assert data.at_hand() is data.at_hand("test") is data.held_out_set


def test_a_loaded_batch_goes_to_a_device_as_a_whole() -> None:
    batch = ImageBatch(torch.zeros(2, 1, 4, 4, dtype=torch.uint8), torch.zeros(2, dtype=torch.int64))
    moved = move_data_to_device(LoadedBatch(batch, {"images": torch.ones(2, dtype=torch.bool)}), torch.device("meta"))
    assert isinstance(moved, LoadedBatch)
    assert isinstance(moved.batch, ImageBatch)
    assert {tensor.device.type for tensor in (*moved.batch, *moved.mirrored.values())} == {"meta"}


def test_a_worker_leaves_signals_to_the_run_that_needs_it_to_save() -> None:
    """`timeout`, SLURM and a closed terminal send them to the whole group of processes."""

    class Sender(InMemory):
        @property
        def at_hand(self) -> bool:
            return False

        def __getitem__(self, at: Any) -> LoadedBatch:
            for number in SIGNALS if get_worker_info() else ():
                os.kill(os.getpid(), number)
            return super().__getitem__(at)

    whole = ImageBatch(torch.arange(4).view(4, 1, 1, 1), torch.arange(4))
    (loaded,) = PartLoader(Sender(whole), [torch.arange(4)], batch_size=4, num_workers=1)
    assert torch.equal(loaded.batch.real, whole.real)
