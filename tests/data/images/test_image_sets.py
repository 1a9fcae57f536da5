"""Published sets that torchvision reads, from files in their formats that are made here."""

import hashlib
import io
import pickle
import socket
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from torchvision import datasets

from gan_cli.data import CIFAR10, CIFAR100, MNIST, STL10, SVHN, Digits, FashionMNIST, ImageDataModule, StyledDigits
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from tests import fake_mnist, fake_sets

PIXELS = np.random.default_rng(0).integers(0, 256, (20, 3, 32, 32), dtype=np.uint8)
LABELS = list(range(10)) * 2


def cifar(root: Path, kind: Any, labels: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Writes a small set in CIFAR's format, and lets torchvision know its checksums."""
    names = {"base": kind.base_folder, "meta": kind.meta["filename"]}
    (root / names["base"]).mkdir(parents=True)
    content = {"data": PIXELS.reshape(20, -1), labels: LABELS}
    for listing in ("train_list", "test_list"):
        monkeypatch.setattr(kind, listing, [_pickled(root / names["base"] / getattr(kind, listing)[0][0], content)])
    meta = {kind.meta["key"]: [str(number) for number in range(100)]}
    _, digest = _pickled(root / names["base"] / names["meta"], meta)
    monkeypatch.setattr(kind, "meta", {**kind.meta, "md5": digest})


def _pickled(path: Path, content: Any) -> tuple[str, str]:
    path.write_bytes(pickle.dumps(content))
    return path.name, hashlib.md5(path.read_bytes()).hexdigest()


def test_a_share_of_the_training_images_is_chosen_by_a_seed() -> None:
    def numbers(**arguments: Any) -> set[bytes]:
        part = Digits(image_size=16, **arguments).part("train")
        images = part[torch.arange(len(part))].batch.images
        return {image.numpy().tobytes() for image in images}

    tenth, fifth, other = numbers(share=0.1), numbers(share=0.2), numbers(share=0.1, share_seed=1)
    assert [len(tenth), len(fifth), len(other)] == pytest.approx([144, 287, 144], abs=2)  # a few digits are twice there
    assert tenth < fifth < numbers()
    assert len(tenth & other) < 40
    assert len(Digits(image_size=16, share=0.1).part("test")) == 360


@pytest.mark.parametrize("side", [28, 32, 16])
def test_a_digit_of_mnist_from_a_file_is_padded_as_those_of_the_set(tmp_path: Path, side: int) -> None:
    pixels = fake_mnist.write(tmp_path, 2)
    data = MNIST(root=str(tmp_path), image_size=side)
    own = data.part("test")[torch.arange(2)].batch.real
    for number in range(2):
        assert data.brought(Image.fromarray(pixels[number].astype(np.uint8)), side, 1).equal(own[number])
    photo = Image.new("RGB", (60, 40), (255, 0, 0))
    assert data.brought(photo, side, 1).unique().tolist() == [76]  # ITU-R 601's grey of red, and no margin


@pytest.mark.parametrize(
    ("kind", "source", "labels"),
    [(CIFAR10, datasets.CIFAR10, "labels"), (CIFAR100, datasets.CIFAR100, "fine_labels")],
)
def test_cifar_is_read_and_mirrored(
    tmp_path: Path, kind: Any, source: Any, labels: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cifar(tmp_path, source, labels, monkeypatch)
    data = kind(root=str(tmp_path), batch_size=20)
    data.prepare_data()
    data.setup("fit")
    images, told = data.held_out_set[torch.arange(20)].batch
    assert np.array_equal(images.numpy(), PIXELS)
    assert told.tolist() == LABELS
    loaded = data.train_set[Span(0, 0, 20)]
    assert 3 < int(loaded.mirrored["images"].sum()) < 17
    shown = (data.on_device(loaded).images + 1) * 127.5
    for image, raw, mirrored in zip(shown, loaded.batch.images, loaded.mirrored["images"].tolist(), strict=True):
        assert torch.allclose(image, (raw.flip(2) if mirrored else raw).float(), atol=1e-3)
    assert kind(root=str(tmp_path), image_size=16).read(train=True).images.shape == (20, 3, 16, 16)


def test_house_numbers_are_read_and_not_mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split_list = {}
    for split in ("train", "test"):
        url, name, _ = datasets.SVHN.split_list[split]
        savemat(
            tmp_path / name, {"X": PIXELS.transpose(2, 3, 1, 0), "y": np.array([[label or 10] for label in LABELS])}
        )
        split_list[split] = [url, name, hashlib.md5((tmp_path / name).read_bytes()).hexdigest()]
    monkeypatch.setattr(datasets.SVHN, "split_list", split_list)
    data = SVHN(root=str(tmp_path), batch_size=20)
    data.prepare_data()
    data.setup("fit")
    assert data.train_set is not None
    images, labels = data.train_set[torch.arange(20)].batch
    assert np.array_equal(images.numpy(), PIXELS)
    assert labels.tolist() == LABELS  # 10 stands for the digit 0 in the files
    assert data.train_set[Span(0, 0, 20)].mirrored == {}


def test_stl10_is_learned_from_images_without_classes_or_from_the_few_with_classes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_sets.any_checksum(monkeypatch)
    pixels = fake_sets.stl10(tmp_path)
    data = STL10(root=str(tmp_path), image_size=96)
    data.prepare_data()
    assert np.array_equal(data.read(train=True).images.numpy(), pixels["unlabeled"])
    held_out = data.read(train=False)
    assert np.array_equal(held_out.images.numpy(), pixels["test"])
    assert (data.facts["num_classes"], held_out.labels.unique().tolist()) == (0, [0])
    few = STL10(root=str(tmp_path), subset="train", image_size=96)
    assert np.array_equal(few.read(train=True).images.numpy(), pixels["train"])
    assert few.facts["class_names"][few.read(train=False).labels[19]] == "truck"
    assert len(STL10(root=str(tmp_path), subset="train+unlabeled").read(train=True).images) == 50
    assert STL10(root=str(tmp_path)).read(train=True).images.shape == (30, 3, 48, 48)


def test_clothes_are_padded_as_digits_are_or_left_at_28(tmp_path: Path) -> None:
    pixels = fake_mnist.write(tmp_path, 20)
    (tmp_path / "MNIST").rename(tmp_path / "FashionMNIST")
    data = FashionMNIST(root=str(tmp_path))
    data.prepare_data()
    images, labels = data.read(train=False)
    assert np.array_equal(images[:, 0, 2:30, 2:30].numpy(), pixels)
    assert np.array_equal(
        FashionMNIST(root=str(tmp_path), image_size=28).read(train=False).images[:, 0].numpy(), pixels
    )
    assert data.class_names[labels[9]] == "boot"


@pytest.mark.parametrize("kind", [FashionMNIST, CIFAR10, CIFAR100, STL10, SVHN])
def test_without_a_network_the_files_are_named(
    tmp_path: Path, kind: type[ImageDataModule], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(UserError) as caught:
        kind(root=str(tmp_path)).prepare_data()
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith(f"{kind.__name__} is not whole in {tmp_path}")
    assert "http" in lines[0]
    assert "--data.root" in lines[1]
    assert "--data Digits or StyledDigits" in lines[2]


def test_a_cut_archive_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        archive.addfile(tarfile.TarInfo("x"), io.BytesIO())
    (tmp_path / "cifar-10-python.tar.gz").write_bytes(buffer.getvalue()[:20])

    def refuse(*_: object, **__: object) -> None:
        raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "create_connection", refuse)
    with pytest.raises(UserError, match="CIFAR10 is not whole in"):
        CIFAR10(root=str(tmp_path)).prepare_data()


def test_mirroring_can_be_asked_for() -> None:
    data = StyledDigits(flip=True, batch_size=50)
    data.setup("fit")
    assert data.train_set is not None
    assert 10 < int(data.train_set[Span(0, 0, 50)].mirrored["images"].sum()) < 40
