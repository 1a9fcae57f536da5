"""`gan augment` and its Python side: a conditional GAN that learned nothing, on the embedded digits."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import Digits, ImageFolder
from gan_cli.errors import UserError
from gan_cli.inference import augmentation
from gan_cli.media.pictures import save_png
from gan_cli.variants import CGAN, DCGAN
from tests.conftest import TINY_DCGAN
from tests.inference import translators
from tests.inference.test_edit_inputs import icgan

COUNTS = Digits(image_size=16).read(True).labels.bincount().tolist()


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    model = CGAN(**TINY_DCGAN, num_classes=10)
    model.data_facts = Digits(image_size=16).record()
    return translators.saved(model, tmp_path_factory.mktemp("cgan") / "last.ckpt")


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(*words: Any, refused: bool = False) -> str:
        code = main([*map(str, words)])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.err if refused else told.out

    return typed


def augmented(gan: Any, ckpt: Path, *words: Any, output: str = "out", refused: bool = False) -> str:
    said: str = gan(
        *("augment", "--ckpt", ckpt, "--per_class", 2, "--output", output, *words),
        *("--trainer.accelerator", "cpu"),
        refused=refused,
    )
    return said


def manifest(folder: str) -> list[dict[str, str]]:
    with open(Path(folder) / "metadata.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_folder_has_all_real_images_and_as_many_generated_ones_of_each_class(gan: Any, ckpt: Path) -> None:
    said = augmented(gan, ckpt, "--seed", 5)
    assert said == "1,437 real images and 20 generated ones\nwritten: out\n"
    rows = manifest("out")
    assert {row["file_name"] for row in rows} == {str(path.relative_to("out")) for path in Path("out").glob("*/*.png")}
    made = [row for row in rows if row["origin"] == "generated"]
    assert [row["label"] for row in made] == [str(number) for number in range(10) for _ in range(2)]
    assert [int(row["seed"]) for row in made] == [5 + 10 * k + c for c in range(10) for k in range(2)]
    images = load(ckpt).sample(20, seed=5)
    for row in made:
        with Image.open(Path("out") / row["file_name"]) as image:
            assert list(image.get_flattened_data()) == images[int(row["seed"]) - 5].flatten().tolist()
    told = json.loads(Path("out/augment.json").read_text())
    assert told["classes"]["3"] == {"real": COUNTS[3], "generated": 2}
    assert told["variant"] == "CGAN"


def test_trainers_read_it(gan: Any, ckpt: Path) -> None:
    augmented(gan, ckpt, "--share", 0.5)
    data = ImageFolder(root="out", image_size=16, image_channels=1, held_out=0.25)
    assert data.facts["class_names"] == tuple("0123456789")
    assert len(data.part("train")) + len(data.part("val")) == 40
    said = gan("data", "check", "ImageFolder", "--data.root", "out", "--data.image_size", 16, "--data.batch_size", 8)
    assert "metadata.csv" in said
    assert "cannot be read" not in said
    from torchvision.datasets import ImageFolder as Torchvision

    assert Torchvision("out").classes == list("0123456789")


@pytest.mark.parametrize(("share", "real"), [(0.5, 2), (0.25, 6), (1, 0)])
def test_shares_are_as_stated(share: float, real: int, ckpt: Path, workdir: Path) -> None:
    done = load(ckpt).augment("out", 2, share=share)
    assert (done.real, done.made) == (10 * real, 20)
    rows = manifest("out")
    for label in "0123456789":
        origins = [row["origin"] for row in rows if row["label"] == label]
        assert (origins.count("real"), origins.count("generated")) == (real, 2)


def test_an_impossible_share_says_what_is_possible(gan: Any, ckpt: Path) -> None:
    said = augmented(gan, ckpt, "--share", 0.001, refused=True)
    fewest = min(COUNTS)
    assert "share: 0.001 generated, 2 images of each class, wants 1,998 real ones" in said
    assert f"There are {fewest} of the class" in said
    assert "take 0.02 or more" in said
    assert not list(Path().iterdir())


def test_images_that_are_not_read_as_their_class_are_left_out(
    ckpt: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(augmentation, "reader_of", lambda *_: torch.nn.Identity())
    monkeypatch.setattr(
        "gan_cli.inference.augment.reader_of", lambda *_: torch.nn.Identity()
    )  # what it says is laid down below
    monkeypatch.setattr(
        augmentation, "_confidences", lambda _, images, labels: images.float().mean((1, 2, 3)).sub(120).sigmoid()
    )
    done = load(ckpt).augment("out", 2, share=1, confidence=0.5)
    assert done.tried > done.made == 20
    images = load(ckpt).sample(done.tried + 100)
    bright = images.float().mean((1, 2, 3)) >= 120
    rows = manifest("out")
    for label in range(10):
        seeds = [int(row["seed"]) for row in rows if row["label"] == str(label)]
        assert seeds == [seed for seed in range(label, len(images), 10) if bright[seed]][:2]
    assert all(float(row["confidence"]) >= 0.5 for row in rows)


def test_too_few_that_are_read_as_their_class_are_told(gan: Any, ckpt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(augmentation, "STEPS", 5)
    said = augmented(gan, ckpt, "--confidence", 0.999999, refused=True)
    assert "confidence: 0 of 40 generated images of the class" in said
    assert not list(Path().iterdir())


def test_real_images_come_from_a_folder_with_the_same_classes(gan: Any, ckpt: Path) -> None:
    images, labels = Digits(image_size=16).read(False)
    for number in range(100):
        save_png(images[number], Path(f"few/{labels[number]}/{number:03d}.png"))
    data = ImageFolder(root="few", image_size=16, image_channels=1)
    assert augmented(gan, ckpt, "--real", "few").startswith(f"{len(data.part('train'))} real images and 20")
    save_png(images[0], Path("strange/cat/a.png"))
    save_png(images[0], Path("strange/0/a.png"))
    said = augmented(gan, ckpt, "--real", "strange", output="other", refused=True)
    assert "real: strange has the class cat, which this model does not know; it knows 0, 1" in said
    said = augmented(gan, ckpt, "--real", "strange/cat", output="other", refused=True)
    assert "real: strange/cat has no classes" in said
    assert not Path("other").exists()


def test_nothing_is_overwritten(gan: Any, ckpt: Path) -> None:
    Path("out").mkdir()
    augmented(gan, ckpt, "--share", 1)  # an empty folder is no loss
    said = augmented(gan, ckpt, "--share", 1, refused=True)
    assert "output: out is there already, and nothing is overwritten" in said
    assert len(manifest("out")) == 20


def test_models_without_classes_are_refused(gan: Any, workdir: Path) -> None:
    dcgan = DCGAN(**TINY_DCGAN)
    dcgan.data_facts = Digits(image_size=16).record()
    paths = [translators.saved(dcgan, workdir / "dcgan.ckpt"), translators.saved(icgan(), workdir / "icgan.ckpt")]
    assert "ckpt: this DCGAN knows no classes" in augmented(gan, paths[0], refused=True)
    assert "ckpt: this IcGAN makes images from attributes" in augmented(gan, paths[1], refused=True)
    assert "per_class: type how many" in gan("augment", "--ckpt", paths[0], refused=True)
    assert "output: type how many" in gan("augment", "--ckpt", paths[0], "--per_class", 3, refused=True)


def test_python_holds_arguments_to_their_ranges(ckpt: Path, workdir: Path) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"share": 0.0}, "share: 0.0 is not possible"),
        ({"share": 1.5}, "share: 1.5 is not possible"),
        ({"confidence": 1.0}, "confidence: 1.0 is not possible"),
    ]
    for arguments, message in wrong:
        with pytest.raises(UserError, match=message):
            load(ckpt).augment("out", 2, **arguments)
    with pytest.raises(UserError, match="per_class: 0 is not possible"):
        load(ckpt).augment("out", 0)
