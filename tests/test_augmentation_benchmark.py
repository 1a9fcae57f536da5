"""The benchmark of augmentation; what it trains takes minutes and is not repeated here."""

from pathlib import Path

import pytest
import torch

from benchmarks import augmentation, runs
from benchmarks.augmentation import Images
from gan_cli.data import Digits, ImageFolder
from gan_cli.variants import CGAN
from tests.conftest import TINY_DCGAN
from tests.inference import translators


@pytest.fixture(scope="module")
def digits() -> Images:
    return Images(*Digits(image_size=16).read(True))


def test_as_many_of_each_class_are_drawn_and_others_in_each_draw(digits: Images) -> None:
    first, second = (augmentation.some_of_each(digits.labels, 5, draw) for draw in (0, 1))
    assert digits.labels[first].bincount().tolist() == [5] * 10
    assert torch.equal(first, augmentation.some_of_each(digits.labels, 5, 0))
    assert len(set(first.tolist()) & set(second.tolist())) < 10


def test_classical_copies_are_changed_a_little(digits: Images) -> None:
    chosen = augmentation.some_of_each(digits.labels, 3, 0)
    few = Images(*(field[chosen] for field in digits))
    made = augmentation.copies(few, each=6, seed=0)
    assert made.labels.bincount().tolist() == [6] * 10
    apart = (made.images[:3].float() - few.images[few.labels == 0].float()).abs().mean((1, 2, 3))
    assert bool((apart > 1).all())
    assert bool((apart < 60).all())
    assert torch.equal(made.images, augmentation.copies(few, each=6, seed=0).images)


def test_lessons_are_read_from_what_gan_augment_writes(
    digits: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(augmentation, "PER_CLASS", 2)
    monkeypatch.setattr(augmentation, "CONFIDENCE", 0.001)
    monkeypatch.setattr(augmentation, "STEPS", 2)
    chosen = augmentation.some_of_each(digits.labels, 3, 0)
    few = Images(*(field[chosen] for field in digits))
    augmentation.write_few(few, Images(*(field[:20] for field in digits)), tmp_path / "few")
    model = CGAN(**TINY_DCGAN, num_classes=10)
    model.data_facts = ImageFolder(root=str(tmp_path / "few"), image_size=16, image_channels=1).record()
    checkpoint = translators.saved(model, tmp_path / "last.ckpt")
    monkeypatch.setattr("gan_cli.inference.augmentation.STEPS", 2)
    found = augmentation.lessons(tmp_path / "few", tmp_path / "draw", checkpoint, 0)
    assert torch.equal(found.real.images.flatten(1).double().sum(0), few.images.flatten(1).double().sum(0))
    rows = found.rows()
    assert [len(lesson.labels) for lesson in rows.values()] == [30, 50, 50, 50, 70, 20]
    shares = augmentation.accuracies(found, Images(*(field[:50] for field in digits)), 0)
    assert shares.keys() == rows.keys()
    table = augmentation.table([shares, {name: share + 0.1 for name, share in shares.items()}], "two draws")
    assert table.row_count == 6


def test_a_run_learns_from_the_few_alone(tmp_path: Path) -> None:
    run = augmentation.run_of("Digits", 3, 10, tmp_path / "few-3")
    wanted = runs.wanted_settings(run)
    assert wanted["seed_everything"] == 3
    assert wanted["data"]["init_args"]["image_channels"] == 1
    assert runs.command(run, tmp_path, False)[4:] != runs.command(run, tmp_path, True)[4:]
    assert str(tmp_path / "few-3") in runs.command(run, tmp_path, False)
