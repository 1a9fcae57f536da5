"""Training from files: resumed runs, loaders of several processes, and what a batch depends on."""

import csv
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.command.cli import GANCLI
from gan_cli.data import ImageFolder, UnpairedFolder, archives, caches, stores
from gan_cli.data.sampling import Span
from gan_cli.data.stores import DecodingStore, MemoryStore
from gan_cli.errors import UserError
from gan_cli.media import reading
from tests.data import pictures
from tests.data.images.test_image_folder import packed
from tests.toys import ToyGAN


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two folders with eleven and six grey pictures."""
    root = tmp_path_factory.mktemp("domains")
    for name, count in (("cat", 11), ("dog", 6)):
        for number in range(count):
            pictures.write(root / name / f"{number}.png", mode="L")
    return root


@pytest.mark.parametrize("cache", ["none", "memory", "disk"])
@pytest.mark.parametrize("num_workers", [0, 2])
def test_a_resumed_run_sees_the_files_as_the_uninterrupted_one(
    folder: Path, workdir: Path, quiet_trainer: Callable[..., Trainer], num_workers: int, cache: Any
) -> None:
    def train(steps: int, workers: int, cache: Any, resume: Path | None = None) -> dict[str, Tensor]:
        torch.manual_seed(0)
        model = ToyGAN(num_classes=2)
        shape: dict[str, Any] = {"image_size": 16, "image_channels": 1, "load_size": 20, "batch_size": 4}
        data = ImageFolder(root=str(folder), num_workers=workers, cache=cache, **shape)
        quiet_trainer(max_steps=steps, checkpoint_every=5).fit(model, data, ckpt_path=resume)
        return model.state_dict()

    whole = train(9, 0, "none")
    train(5, num_workers, cache)
    resumed = train(9, num_workers, cache, workdir / "run" / "last.ckpt")
    assert all(torch.equal(resumed[name], value) for name, value in whole.items())


def test_a_cache_on_disk_belongs_to_the_files_as_they_are_and_to_how_they_are_read(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another size, channels or content makes another cache; the same again makes none, and decodes no file."""
    root = tmp_path / "set"
    shutil.copytree(folder, root)

    def caches(**arguments: Any) -> set[str]:
        data = ImageFolder(root=str(root), cache="disk", cache_dir=str(tmp_path / "cache"), num_workers=0, **arguments)
        data.part("train")
        return {path.name for path in (tmp_path / "cache").iterdir()}

    (first,) = caches(image_size=16)
    assert first.startswith("ImageFolder-16-")
    with monkeypatch.context() as patch:
        patch.setattr(reading, "read", None)
        patch.setattr(reading, "size", None)
        assert caches(image_size=16) == {first}
    assert len(caches(image_size=32)) == 2
    assert len(caches(image_size=32, image_channels=1)) == 3
    changed = ImageFolder(root=str(root)).labelled_files("train")[0][3].path
    pictures.write(changed, seed=5)
    assert len(caches(image_size=32)) == 4


def same_size_and_time(path: Path, content: bytes) -> None:
    status = path.stat()
    path.write_bytes(content.ljust(status.st_size, b"\0"))
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize("in_zip", [False, True])
def test_a_cache_is_stale_where_the_content_differs_though_size_and_time_agree(tmp_path: Path, in_zip: bool) -> None:
    def mean() -> float:
        root = packed(tmp_path / "set") if in_zip else str(tmp_path / "set")
        os.utime(root, ns=(0, 0))
        where: dict[str, Any] = {"cache": "disk", "cache_dir": str(tmp_path / "cache"), "image_size": 16}
        part: Any = ImageFolder(root=root, num_workers=0, **where).part("train")
        stored = part[torch.arange(len(part))].batch.images
        return float(stored.float().mean())

    for number in range(4):
        pictures.plain(tmp_path / "set" / f"{number}.bmp", (9, 9, 9))
    assert mean() == 9
    for number in range(4):
        pictures.plain(tmp_path / "new.bmp", (80, 80, 80))
        same_size_and_time(tmp_path / "set" / f"{number}.bmp", (tmp_path / "new.bmp").read_bytes())
    stores._mapped.cache_clear()
    caches._state_of_container.cache_clear()
    archives._archive.cache_clear()
    assert mean() == 80


def test_only_some_files_are_looked_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(150):
        (tmp_path / f"{number:03d}.png").write_bytes(b"x")
    looked: list[str] = []

    def checksum(file: archives.File) -> bytes:
        looked.append(file.key)
        return b""

    monkeypatch.setattr(archives.File, "checksum", checksum)
    caches.digest_of("", archives.listing(tmp_path))
    assert looked == [f"{number:03d}.png" for number in range(0, 150, 3)]


def test_images_up_to_some_size_stay_in_memory_without_being_asked(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = ImageFolder(root=str(folder), image_size=16, num_workers=0)
    assert isinstance(data.part("train").store, MemoryStore)
    monkeypatch.setattr(caches, "MOST_IN_MEMORY", 1000)
    assert isinstance(data.part("train").store, DecodingStore)


@pytest.mark.parametrize("cache", ["none", "memory", "disk"])
def test_a_file_that_cannot_be_read_is_skipped_and_counted_where_that_is_asked_for(
    folder: Path, workdir: Path, cache: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(folder, workdir / "set")
    files, _ = ImageFolder(root="set").labelled_files("train")
    broken = [files[2].path, files[12].path]  # one of each class
    for path in broken:
        path.write_bytes(path.read_bytes()[:50])
    words = "fit --config cgan.yaml --data ImageFolder --data.root set --data.image_size 16 --data.image_channels 1"
    words += " --data.batch_size 6 --model.base_channels 4 --trainer.max_steps 12 --trainer.log_every_n_steps 1"
    words += f" --data.cache {cache} --trainer.accelerator cpu --trainer.devices 1 --report false"
    with pytest.raises(UserError, match=r"2 of the 15 files cannot be read: cat/.*\n.*--data.on_error skip"):
        GANCLI(words.split())
    GANCLI([*words.split(), "--data.on_error", "skip"])
    told = capsys.readouterr().out
    assert "unreadable files, for which others stood in: 2 (" in told
    assert all(str(path) in told for path in broken)
    (metrics,) = workdir.glob("checkpoints/*/version_0/metrics.csv")
    with open(metrics) as file:
        assert [row["data/unreadable_files"] for row in csv.DictReader(file) if row["data/unreadable_files"]][
            -1
        ] == "2.0"


def test_any_cut_of_the_stream_is_shown_alike(folder: Path) -> None:
    part = UnpairedFolder(root=str(folder), image_size=16, num_workers=0).part("train")
    whole, first, rest, other = (part[Span(*span)] for span in ((3, 0, 12), (3, 0, 5), (3, 5, 12), (4, 0, 12)))
    for name in ("a", "b"):
        assert torch.equal(getattr(whole.batch, name), torch.cat([getattr(p.batch, name) for p in (first, rest)]))
        assert torch.equal(whole.mirrored[name], torch.cat([part.mirrored[name] for part in (first, rest)]))
    assert not torch.equal(whole.batch[0], other.batch[0])


def test_the_two_domains_are_cut_and_mirrored_apart(folder: Path) -> None:
    framing = UnpairedFolder(root=str(folder), image_size=16, load_size=24, num_workers=0).framing
    a, b = (torch.stack(framing.views(Span(0, 0, 20), f"/{domain}")) for domain in "ab")
    assert not torch.equal(a, b)


def test_held_out_images_are_never_augmented(folder: Path) -> None:
    augmented: Any = ImageFolder(root=str(folder), image_size=16, load_size=24, num_workers=0)
    plain: Any = ImageFolder(root=str(folder), image_size=16, load_size=0, flip=False, num_workers=0)
    numbers = torch.arange(2)
    assert torch.equal(augmented.part("val")[numbers].batch.images, plain.part("val")[numbers].batch.images)
    span = Span(0, 0, 8)
    assert not torch.equal(augmented.part("train")[span].batch.images, plain.part("train")[span].batch.images)


def test_the_arguments_that_a_checkpoint_keeps_make_the_same_set(folder: Path) -> None:
    data = UnpairedFolder(root=str(folder), a_name="dog", image_size=16, split_seed=3, num_workers=0)
    again = UnpairedFolder(**data.hparams)
    assert again.facts == data.facts
    assert again.files("train") == data.files("train")
    assert all(isinstance(value, int | float | str | bool | None) for value in data.hparams.values())
