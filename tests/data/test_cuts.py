from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gan_cli.data import ImageFolder, PairedFolder
from gan_cli.data.doctor import diagnose
from gan_cli.data.sampling import Span
from gan_cli.errors import UserError
from gan_cli.media import reading
from tests.data import pictures

SMALL: dict[str, Any] = {"image_size": 16, "num_workers": 0, "crop": True}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, (width, height) in {"a": (64, 40), "b": (16, 16), "c": (33, 50)}.items():
        pictures.write(tmp_path / "train" / f"{name}.png", width, height)
    pictures.write(tmp_path / "test" / "d.png", 41, 30)
    return tmp_path


def pixels(path: Path) -> torch.Tensor:
    return reading.to_tensor(Image.open(path), 3)


def lies_in(cut: torch.Tensor, whole: torch.Tensor) -> bool:
    windows = whole.unfold(1, 16, 1).unfold(2, 16, 1)
    return bool((windows == cut[:, None, None]).all(0).flatten(2).all(2).any())


@pytest.mark.parametrize("cache", ["none", "memory"])
def test_images_are_cut_at_their_own_resolution_as_a_function_of_seed_and_place(folder: Path, cache: Any) -> None:
    part: Any = ImageFolder(root=str(folder), flip=False, cache=cache, **SMALL).part("train")
    assert len(part) == 4 * 2 + 1 + 2 * 3  # as many as lie beside each other
    wholes = [pixels(path) for path in sorted((folder / "train").iterdir())]
    whole, first, rest, other = (part[Span(*at)].batch.images for at in ((0, 0, 45), (0, 0, 7), (0, 7, 45), (1, 0, 45)))
    assert torch.equal(whole, torch.cat([first, rest]))
    assert not torch.equal(whole, other)
    owners = [[lies_in(cut, image) for image in wholes].index(True) for cut in whole]
    assert [owners.count(number) for number in range(3)] == [3 * 8, 3 * 1, 3 * 6]  # three passes
    assert len(whole.flatten(1).unique(dim=0)) > 35
    by_number = part[torch.arange(len(part))].batch.images
    assert torch.equal(by_number[0], wholes[0][:, :16, :16])
    assert torch.equal(by_number[7], wholes[0][:, -16:, -16:])


def test_held_out_images_show_their_middle_and_are_translated_whole(folder: Path) -> None:
    data = ImageFolder(root=str(folder), **SMALL)
    (image,) = data.part("test")[torch.arange(1)].batch.images
    assert torch.equal(image, pixels(folder / "test/d.png")[:, 7:23, 12:28])
    (named,) = data.test_inputs("")
    assert named.read().shape == (3, 30, 41)


def test_labels_and_flips_go_with_the_cuts(tmp_path: Path) -> None:
    for name, colour in (("dark", (10, 0, 0)), ("light", (200, 0, 0))):
        pictures.plain(tmp_path / "train" / name / "1.png", colour, 50, 40)
    data = ImageFolder(root=str(tmp_path), **SMALL)
    loaded = data.part("train")[Span(0, 0, 12)]
    assert [red > 100 for red, *_ in pictures.colours(loaded.batch.images)] == loaded.batch.labels.bool().tolist()
    assert set(loaded.mirrored["images"].tolist()) == {True, False}
    assert data.facts["class_names"] == ("dark", "light")


def test_both_sides_of_a_pair_are_cut_at_one_place(tmp_path: Path) -> None:
    for number in range(2):
        image = pictures.write(tmp_path / "sharp" / f"{number}.png", 60, 44)
        (tmp_path / "blurred").mkdir(exist_ok=True)
        image.point(lambda value: 255 - value).save(tmp_path / "blurred" / f"{number}.png")
    data = PairedFolder(root=str(tmp_path), source_name="blurred", target_name="sharp", held_out=0.5, **SMALL)
    batch = data.part("train")[Span(0, 0, 9)].batch
    assert torch.equal(255 - batch.source, batch.target)
    assert len(batch.source.flatten(1).unique(dim=0)) == 9
    pictures.write(tmp_path / "blurred" / "1.png", 60, 40)
    pictures.write(tmp_path / "blurred" / "0.png", 60, 40)
    with pytest.raises(UserError, match=r"blurred/\d.png \(60x40\) and .*\(60x44\) are a pair and differ in size"):
        data.part("train")


def test_what_cannot_be_cut_is_refused_by_name(folder: Path) -> None:
    small = {**SMALL, "image_size": 32}
    with pytest.raises(UserError, match=r"1 of the 3 files are smaller than the 32 pixels .* train/b.png \(16x16\)\n"):
        ImageFolder(root=str(folder), **small).part("train")
    (finding,) = diagnose(ImageFolder(root=str(folder), batch_size=1, **small)).findings
    assert (finding.what, len(finding.places)) == ("smaller than the 32 pixels that are cut from them", 2)
    with pytest.raises(UserError, match=r"data.load_size: 20 does nothing where data.crop is true"):
        ImageFolder(root=str(folder), load_size=20, **SMALL)
    with pytest.raises(UserError, match=r"data.cache: disk keeps images of one size.*\n?.*take memory or none"):
        ImageFolder(root=str(folder), cache="disk", **SMALL).part("train")


def test_others_stand_in_for_a_broken_image(folder: Path) -> None:
    data = (folder / "train/c.png").read_bytes()
    (folder / "train/c.png").write_bytes(data[: len(data) // 2])
    with pytest.raises(UserError, match=r"1 of the 3 files cannot be read: train/c.png"):
        ImageFolder(root=str(folder), **SMALL).part("train")
    skipping = ImageFolder(root=str(folder), on_error="skip", **SMALL)
    assert skipping.part("train")[Span(0, 0, 20)].batch.images.shape == (20, 3, 16, 16)
    assert [path.name for path in skipping.unreadable_files()] == ["c.png"]
