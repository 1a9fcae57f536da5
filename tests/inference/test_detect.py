"""`gan detect` and its Python side: an untrained model, which finds something everywhere."""

import csv
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.__main__ import main
from gan_cli.data import DigitsInScenes
from gan_cli.data.boxes import digits_in_scenes
from gan_cli.errors import UserError
from gan_cli.inference.detector import Detector
from gan_cli.variants import GAN, PerceptualGAN
from tests.data import pictures
from tests.inference import translators
from tests.toys import FewCrops
from tests.variant_rows import DETECTING, OF_CROPS


def saved(model: Any, path: Path, **facts: Any) -> Path:
    """Writes a checkpoint as the end of a training does."""
    return translators.saved(model, path, **facts)


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.manual_seed(0)
    facts = DigitsInScenes(32, num_scenes=20, most_digits=3).record()
    return saved(PerceptualGAN(**DETECTING), tmp_path_factory.mktemp("detector") / "last.ckpt", **facts)


@pytest.fixture
def gan(workdir: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Types a verb; gives what it says, or, where it refuses, what it says then."""

    def typed(ckpt: Path, *words: Any, verb: str = "detect", refused: bool = False) -> str:
        code = main([verb, "--ckpt", str(ckpt), *map(str, words), "--trainer.accelerator", "cpu"])
        told = capsys.readouterr()
        assert code == (2 if refused else 0), told.err
        return told.out + told.err if refused else told.out

    return typed


@pytest.fixture
def photos(workdir: Path) -> Path:
    pictures.write(workdir / "photos" / "a.png", 64, 48)
    pictures.write(workdir / "photos" / "b.jpg", 32, 32)
    return workdir / "photos"


def test_boxes_are_drawn_and_listed(gan: Any, ckpt: Path, photos: Path) -> None:
    told = gan(ckpt, "--input", photos, "--output", "found", "--threshold", "0")
    assert "in 2 images" in told
    assert Image.open("found/a.png").size == (256, 192)  # enlarged, so that names can be read
    results = json.loads(Path("found/results.json").read_text())
    assert {one["file_name"] for one in results} == {"photos/a.png", "photos/b.jpg"} or len(results) > 1
    for one in results:
        left, top, width, height = one["bbox"]
        assert 0 <= left < left + width <= 64.01
        assert 0 <= top < top + height <= 48.01
        assert one["category"] == str(one["category_id"] - 1)
    rows = list(csv.DictReader(Path("found/detections.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == len(results)
    assert float(rows[0]["right"]) == pytest.approx(results[0]["bbox"][0] + results[0]["bbox"][2], abs=0.02)


def test_a_threshold_and_classes_leave_boxes_out(gan: Any, ckpt: Path, photos: Path) -> None:
    every = load(ckpt).detect(photos / "a.png", threshold=0)[0]
    assert every == sorted(every, key=lambda one: -one.score)
    names = {one.name for one in every}
    one = every[0]
    few = load(ckpt).detect([photos / "a.png"], threshold=0, classes=[one.name])[0]
    assert {found.name for found in few} == {one.name}
    assert len(few) == sum(found.name == one.name for found in every)
    assert not load(ckpt).detect(photos / "a.png", threshold=1.0)[0]
    told = gan(ckpt, "--input", photos, "--threshold", "1", "--output", "none")
    assert "found: 0 in 2 images" in told
    assert names


def test_a_large_image_is_looked_at_in_tiles(ckpt: Path, workdir: Path) -> None:
    """Each tile as the model sees it alone; what is found lies where the tile does."""
    image = pictures.write(workdir / "large.png", 80, 40)
    image.crop((48, 8, 80, 40)).save("corner.png")
    gan = load(ckpt)
    everywhere = gan.detect("large.png", threshold=0, tiles=True)[0]
    detector = Detector(gan.model, threshold=0, tiled=True)  # type: ignore[arg-type]
    corner = max(gan.detect("corner.png", threshold=0)[0], key=lambda one: one.score)
    moved = tuple(edge + shift for edge, shift in zip(corner.box, (48, 8, 48, 8), strict=True))
    found = [one for one in everywhere if one.name == corner.name]
    assert max(_overlap(one.box, moved) for one in found) > 0.5
    assert detector.side == 32
    assert all(0 <= one.box[0] < one.box[2] <= 80 and 0 <= one.box[1] < one.box[3] <= 40 for one in everywhere)


def _overlap(one: Any, other: Any) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    both = max(0, width) * max(0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return float(both / (sum(areas) - both))


def test_held_out_scenes_are_taken_if_nothing_is_named(gan: Any, ckpt: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits_in_scenes, "HELD_OUT", 5)
    told = gan(ckpt, "--output", "held-out")
    assert "in 5 images" in told
    assert len(list(Path("held-out").glob("*.png"))) == 5


def test_what_cannot_be_done_is_said(gan: Any, ckpt: Path, photos: Path, tmp_path: Path) -> None:
    assert "classes: 'seven' is unknown to this model" in gan(ckpt, "--classes", "seven", refused=True)
    assert "threshold" in gan(ckpt, "--threshold", "2", refused=True)
    assert "does not exist" in gan(ckpt, "--input", "nowhere", refused=True)
    assert "is to be a folder" in gan(ckpt, "--input", photos, "--output", "a.png", refused=True)
    assert "holds the images themselves" in gan(ckpt, "--input", photos, "--output", photos, refused=True)
    (photos / "c.png").write_bytes(b"\x89PNG\r\n\x1a\n nothing more")
    told = gan(ckpt, "--input", photos, "--output", "some", refused=True)
    assert "refused: " in told
    assert "1 of the images could not be read, 2 done" in told
    other = saved(GAN(image_size=8), tmp_path / "gan.ckpt")
    assert "GAN finds no boxes" in gan(other, refused=True)
    crops = PerceptualGAN(**{**DETECTING, **OF_CROPS})
    known = saved(crops, tmp_path / "crops.ckpt", **FewCrops().record())
    assert "classifies crops by boxes that are known" in gan(known, refused=True)
    with pytest.raises(UserError, match="paths: "):
        load(ckpt).detect("nowhere.png")


def test_pages_and_files_of_boxes(gan: Any, ckpt: Path, photos: Path) -> None:
    pictures.write(photos / "d.png", 32, 32)
    gan(ckpt, "--given", photos / "d.png", "--output", "page.png", verb="sample")
    gan(ckpt, "--given", photos / "d.png", "--output", "boxes.json", "--num", "1", verb="sample")
    medium = load(ckpt).model.medium
    kept = medium.read(Path("boxes.json"))
    assert kept.shape[1] == 6
    assert json.loads(Path("boxes.json").read_text())["image_size"] == 32
