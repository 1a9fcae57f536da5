import shutil
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from gan_cli.data import CelebA, Digits, ImageFolder, PairedFolder, Ring8, UnpairedFolder
from gan_cli.data.datamodules import GANDataModule
from gan_cli.data.doctor import contact_sheet, diagnose
from gan_cli.errors import UserError
from tests.data import pictures
from tests.data.images.test_celeba import ROWS
from tests.data.images.test_celeba import write as write_faces

SMALL: dict[str, Any] = {"image_size": 16, "num_workers": 0, "batch_size": 1, "on_error": "skip", "cache": "none"}


def found(data: GANDataModule) -> dict[str, list[str]]:
    return {finding.what: finding.places for finding in diagnose(data).findings}


def clean(root: Path, count: int = 10) -> None:
    for number in range(count):
        pictures.write(root / f"{number}.png")


def test_a_clean_folder_has_facts_and_no_findings(tmp_path: Path) -> None:
    clean(tmp_path)
    (tmp_path / "notes.txt").touch()
    done: list[tuple[int, int]] = []
    diagnosis = diagnose(ImageFolder(root=str(tmp_path), **SMALL), lambda *count: done.append(count))
    assert diagnosis.findings == []
    assert done[-1] == (10, 10)
    assert diagnosis.facts[:2] == ["train: 9", "held out: 1"]
    for fact in ("sizes: 24x20", "colours: RGB, 8 bits 10", "formats: PNG 10"):
        assert fact in diagnosis.facts
    assert any("left out, being no images: .txt 1" in fact for fact in diagnosis.facts)


def test_everything_that_is_wrong_with_a_file_is_found_under_its_name(tmp_path: Path) -> None:
    clean(tmp_path)
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.jpg").write_text("no image")
    pictures.write(tmp_path / "cut.jpg", 300, 300)
    data = (tmp_path / "cut.jpg").read_bytes()
    (tmp_path / "cut.jpg").write_bytes(data[: len(data) // 2])
    shutil.copy(tmp_path / "0.png", tmp_path / "twice.png")
    pictures.plain(tmp_path / "white.png", (255, 255, 255))
    pictures.write(tmp_path / "long.png", 100, 20)
    pictures.write(tmp_path / "grey.png", mode="L")
    Image.merge("RGB", [Image.open(tmp_path / "grey.png")] * 3).save(tmp_path / "grey in colours.png")
    pictures.write(tmp_path / "x.png").save(tmp_path / "x.jpg", format="PNG")
    (tmp_path / "x.png").unlink()
    frames = [pictures.write(tmp_path / "f.png", seed=seed) for seed in (1, 2)]
    frames[0].save(tmp_path / "film.gif", save_all=True, append_images=frames[1:])
    (tmp_path / "f.png").unlink()
    told = {
        what: [Path(place.split(" (")[0].split(" = ")[-1]).name for place in places]
        for what, places in found(ImageFolder(root=str(tmp_path), **SMALL)).items()
    }
    shared = [what for what in told if "more than once" in what or "held out" in what]
    assert [told.pop(what) for what in shared] == [["twice.png"]]
    assert told == {
        "cannot be read": ["cut.jpg", "empty.png", "text.jpg"],
        "of one colour": ["white.png"],
        "named as what they are not": ["x.jpg"],
        "grey among colours": ["grey in colours.png", "grey.png", "white.png"],
        "with several frames, of which the first is taken": ["film.gif"],
        "over 3 times longer than wide": ["long.png"],
    }


def test_what_numbers_were_taken_for_is_said_and_another_white_is_found(tmp_path: Path) -> None:
    for number in range(10):
        values = np.linspace(0, 1 if number else 200, 480, dtype=np.float32).reshape(20, 24)
        Image.fromarray(values).save(tmp_path / f"{number}.tif")
    diagnosis = diagnose(ImageFolder(root=str(tmp_path), **{**SMALL, "image_channels": 1}))
    assert "numbers, taken as grey from 0 to 1: 9, 255: 1" in diagnosis.facts
    assert found(ImageFolder(root=str(tmp_path), **SMALL))["of another white than most numbers have"] == [
        f"{tmp_path}/0.tif (255)"
    ]


def test_a_set_without_images_or_with_too_few_is_not_clean(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data.root: there are no images below"):
        diagnose(ImageFolder(root=str(tmp_path)))
    clean(tmp_path)
    (told,) = found(ImageFolder(root=str(tmp_path), **{**SMALL, "batch_size": 16})).values()
    assert told == ["data.batch_size: 16 is more than the 9 images to train on"]


def test_an_image_that_is_trained_on_and_held_out_is_found(tmp_path: Path) -> None:
    clean(tmp_path / "train")
    clean(tmp_path / "test", 1)
    (places,) = found(ImageFolder(root=str(tmp_path), **SMALL)).values()
    assert places == [f"{tmp_path}/train/0.png = {tmp_path}/test/0.png"]


def test_counts_are_given_by_class_and_by_attribute(tmp_path: Path) -> None:
    clean(tmp_path / "set" / "cat")
    clean(tmp_path / "set" / "dog", 4)
    facts = diagnose(ImageFolder(root=str(tmp_path / "set"), **SMALL)).facts
    assert facts[0] == "train: 12 (cat 9, dog 3)"
    write_faces(tmp_path / "faces", ROWS)
    facts = diagnose(CelebA(root=str(tmp_path / "faces"), attributes=("Male", "Young"), **SMALL)).facts
    assert "attributes: Male 2, Young 2" in facts


def test_pairs_without_a_partner_and_of_odd_width_are_found(tmp_path: Path) -> None:
    for name in ("a/1.png", "a/2.png", "b/1.png", "b/3.png"):
        pictures.write(tmp_path / "two" / name, seed=None)
    told = found(PairedFolder(root=str(tmp_path / "two"), **SMALL))
    assert [Path(place).name for place in told["without a partner of the same name"]] == ["2.png", "3.png"]
    for number in range(3):
        pictures.write(tmp_path / "one" / "train" / f"{number}.png", 24 + number % 2, 12)
    told = found(PairedFolder(root=str(tmp_path / "one"), **SMALL))
    assert told == {"of odd width, not to be cut into two sides": [f"{tmp_path}/one/train/1.png (25x12)"]}


def test_sets_in_memory_are_looked_at_as_well() -> None:
    diagnosis = diagnose(Digits(image_size=16))
    assert diagnosis.facts[0].startswith("train: 1,437 (0 143, 1 146, ")
    assert diagnosis.findings == []
    assert diagnose(Ring8(num_points=100)).facts[0].startswith("train: 100 (0 10, ")


def test_a_contact_sheet_shows_what_a_network_sees(tmp_path: Path) -> None:
    clean(tmp_path / "trainA", 40)
    clean(tmp_path / "trainB", 40)
    for data in (UnpairedFolder(root=str(tmp_path), **SMALL), ImageFolder(root=str(tmp_path / "trainA"), **SMALL)):
        assert cast(Tensor, contact_sheet(data)).shape == (3, 8 * 18 + 2, 8 * 18 + 2)
    sheet = cast(Tensor, contact_sheet(Digits(image_size=16))).numpy()
    assert sheet.shape == (1, 146, 146)
    assert np.unique(sheet).size > 10


@pytest.mark.parametrize("name", ["horse2zebra", "celeba_subset"])
def test_real_sets_have_real_findings(real_data: Path, name: str) -> None:
    kind: Any = UnpairedFolder if name == "horse2zebra" else CelebA
    told = found(kind(root=str(real_data / name), **{**SMALL, "image_size": 64}))
    grey = [Path(place).name for place in told.pop("grey among colours")]
    if name == "horse2zebra":
        assert len(grey) == 5
        (places,) = told.values()
        assert len(places) == 1
    else:
        assert grey == ["001646.jpg"]
        assert told == {}
