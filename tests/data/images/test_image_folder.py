import os
from pathlib import Path
from typing import Any

import pytest
import torch

from gan_cli.batches import ImageBatch
from gan_cli.data import ImageFolder, ImageNet
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.media import reading
from tests.data import pictures
from tests.data.test_archives import zipped

RED, BLUE = (200, 0, 0), (0, 0, 200)
SMALL: dict[str, Any] = {"image_size": 16, "num_workers": 0, "batch_size": 4}


def by_class(root: Path, layout: str, count: int = 10) -> None:
    for name, colour in (("cat", RED), ("dog", BLUE)):
        for number in range(count):
            pictures.plain(root / layout.format(name=name) / f"{number}.png", colour)


def packed(root: Path) -> str:
    """The images of a folder as a .zip beside it."""
    names = [path for path in root.rglob("*") if path.is_file()]
    return str(
        zipped(root.with_suffix(".zip"), {path.relative_to(root).as_posix(): path.read_bytes() for path in names})
    )


def test_a_picture_from_elsewhere_becomes_what_it_would_be_in_the_set(tmp_path: Path) -> None:
    data = ImageFolder(root=str(tmp_path), resampling="lanczos", **SMALL)
    for number, mode in enumerate(("RGB", "L", "RGBA", "P")):
        pictures.write(tmp_path / f"{number}.png", 40, 24, mode=mode)
    part = data.part("train")
    files, _ = data.labelled_files("train")
    for number, file in enumerate(files):
        assert data.brought(reading.read(file.path), 16, 3).equal(part[torch.tensor([number])].batch.real[0])
    assert data.brought(reading.read(files[0].path), 8, 1).shape == (1, 8, 8)
    assert len(files) == 3  # one is held out


@pytest.mark.parametrize("in_zip", [False, True])
@pytest.mark.parametrize("layout", ["{name}", "train/{name}"])
def test_folders_are_classes_and_labels_their_numbers(tmp_path: Path, layout: str, in_zip: bool) -> None:
    by_class(tmp_path / "set", layout)
    data = ImageFolder(root=packed(tmp_path / "set") if in_zip else str(tmp_path / "set"), **SMALL)
    data.setup("fit")
    assert (data.facts["num_classes"], data.facts["class_names"]) == (2, ("cat", "dog"))
    assert data.train_set is not None
    assert len(data.train_set) == 18
    batch = data.train_set[Span(0, 0, 18)].batch
    assert batch.labels.dtype == torch.int64
    assert all(
        (RED, BLUE)[label] == colour for label, colour in zip(batch.labels, pictures.colours(batch[0]), strict=True)
    )
    assert sorted(image.name[:4] for image in data.test_inputs("")) == ["cat/", "dog/"]
    shown = data.examples(2)
    assert isinstance(shown, ImageBatch)
    assert shown.labels.tolist() == [0, 1]
    assert float(shown.images.max()) <= 1


@pytest.mark.parametrize("val", [False, True])
def test_imagenets_folders_are_its_classes_and_its_val_is_held_out(tmp_path: Path, val: bool) -> None:
    for number, colour in enumerate((RED, BLUE)):
        for part in ("train", "val")[: 1 + val]:
            for image in range(10):
                pictures.plain(tmp_path / "imagenet" / part / f"n0144076{number}" / f"{image}.png", colour)
    for root in (tmp_path, tmp_path / "imagenet"):
        data = ImageNet(root=str(root), **SMALL)
        assert data.facts["class_names"] == ("n01440760", "n01440761")
        files, labels = data.labelled_files("train")
        assert len(files) == (20 if val else 18)
        assert labels.sum() == len(files) / 2
        assert {"val" in file.path.parts for file in data.labelled_files("test")[0]} == {val}


@pytest.mark.parametrize("in_zip", [False, True])
def test_a_flat_folder_has_no_classes_and_subfolders_may_be_just_folders(tmp_path: Path, in_zip: bool) -> None:
    root = tmp_path / "set"
    for number in range(10):
        pictures.plain(root / ("" if number < 5 else "more/deep") / f"{number}.png", RED)
    data = ImageFolder(root=packed(root) if in_zip else str(root), held_out=0.3, **SMALL)
    files, labels = data.labelled_files("train")
    assert (data.facts["num_classes"], len(files), labels.tolist()) == (0, 7, [0] * 7)
    held_out, _ = data.labelled_files("test")
    assert len(held_out) == 3
    assert not set(files) & set(held_out)
    by_class(root, "x/{name}", 1)
    assert ImageFolder(root=str(root), class_folders="no").facts["num_classes"] == 0
    with pytest.raises(
        UserError, match=r"0.png is in none of the folders of .* that are its classes\nMove it, or type"
    ):
        _ = ImageFolder(root=str(root), class_folders="yes").facts


def test_published_parts_are_kept(tmp_path: Path) -> None:
    by_class(tmp_path, "train/{name}", 3)
    by_class(tmp_path, "test/{name}", 2)
    data = ImageFolder(root=str(tmp_path), **SMALL)
    assert [len(data.labelled_files(split)[0]) for split in ("train", "val", "test")] == [6, 4, 4]
    pictures.plain(tmp_path / "test" / "horse" / "1.png", RED)
    with pytest.raises(UserError, match=r"horse/1.png \(horse\) is of a class that train/ does not have: cat, dog"):
        _ = ImageFolder(root=str(tmp_path), **SMALL).facts


def test_an_archives_one_folder_is_left_out_and_images_beside_the_parts_are_told(tmp_path: Path) -> None:
    by_class(tmp_path / "set", "mine/train/{name}", 3)
    by_class(tmp_path / "set", "mine/valid/{name}", 2)
    pictures.write(tmp_path / "set" / "mine" / "stray.png")
    data = ImageFolder(root=packed(tmp_path / "set"), **SMALL)
    assert data.facts["class_names"] == ("cat", "dog")
    assert [len(data.labelled_files(split)[0]) for split in ("train", "val", "test")] == [6, 4, 4]
    assert [file.name for file in data.not_used()] == ["stray"]


def test_a_single_image_of_a_class_is_trained_on(tmp_path: Path) -> None:
    by_class(tmp_path, "{name}", 5)
    pictures.write(tmp_path / "bird" / "1.png")
    files, labels = ImageFolder(root=str(tmp_path), **SMALL).labelled_files("train")
    assert (len(files), torch.bincount(labels).tolist()) == (9, [1, 4, 4])


def test_names_may_be_of_any_script_and_even_of_none(tmp_path: Path) -> None:
    for name in ("ñandú 1.png", "写真.png", "with\nline.png", " lead.png"):
        pictures.write(tmp_path / name)
    broken = os.fsencode(tmp_path) + b"/\xff\xfe.png"
    with open(broken, "wb") as file:
        file.write((tmp_path / "写真.png").read_bytes())
    data = ImageFolder(root=str(tmp_path), held_out=0.2, **SMALL)
    data.setup("fit")
    assert data.train_set is not None
    assert data.train_set[torch.arange(4)].batch.images.shape == (4, 3, 16, 16)


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there are no images to train on below"):
        ImageFolder(root=str(tmp_path)).setup("fit")
    with pytest.raises(UserError, match=r"nowhere is no folder; type --data.root FOLDER"):
        ImageFolder(root=str(tmp_path / "nowhere")).setup("fit")


def test_fewer_images_than_a_batch_are_refused(tmp_path: Path) -> None:
    by_class(tmp_path, "{name}", 5)
    with pytest.raises(UserError, match=r"data.batch_size: 64 is more than the 8 images of ImageFolder; take"):
        ImageFolder(root=str(tmp_path), image_size=16, num_workers=0).setup("fit")


def test_real_images_by_class(real_data: Path) -> None:
    data = ImageFolder(root=str(real_data / "cifar10_png"), image_size=32, num_workers=0)
    data.setup("fit")
    assert data.train_set is not None
    assert data.held_out_set is not None
    assert (len(data.train_set), len(data.held_out_set), data.facts["num_classes"]) == (2000, 500, 10)
