"""Where the attributes of a translated image come from: what is typed, what a list or the set says, or what is read."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from gan_cli import load
from gan_cli.batches import ImageBatch
from gan_cli.data import Digits, NamedImage
from gan_cli.errors import UserError
from gan_cli.inference.translator import Translator
from gan_cli.variants import StarGAN
from tests.inference.translators import FACE, colours, faces, gan, picture, saved
from tests.media.test_films import film


@pytest.fixture(scope="module")
def ckpt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return saved(faces(), tmp_path_factory.mktemp("faces") / "faces.ckpt")


@pytest.fixture
def photos(workdir: Path) -> Path:
    picture(Path("photos/a.png"))
    picture(Path("photos/sub/b.png"), 33, 50)
    return Path("photos")


def translate(ckpt: Path, *words: Any) -> None:
    gan("--ckpt", ckpt, "--input", "photos", "--output", "out", *words)


def made(name: str = "a.png") -> bytes:
    return Image.open(Path("out") / name).tobytes()


def expected(ckpt: Path, labels: Sequence[float], direction: str = "Young", name: str = "a.png") -> bytes:
    pixels = torch.from_numpy(np.array(Image.open(Path("photos") / name))).permute(2, 0, 1)
    told = load(ckpt).translate(pixels, direction, source_labels=torch.tensor(labels))
    return told.permute(1, 2, 0).contiguous().numpy().tobytes()


def test_what_nobody_tells_is_read_and_said_and_can_be_mended(
    ckpt: Path, photos: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    translate(ckpt, "--direction", "Blond_Hair,Young", "--gallery")
    listed = json.loads(Path("out/source_labels.json").read_text("utf-8"))
    pixels = torch.from_numpy(colours(40, 28)).permute(2, 0, 1)
    read = load(ckpt).read_labels(pixels[None])[0].tolist()
    assert listed["class_names"] == list(FACE)
    assert dict(listed["labels"])["a.png"] == read
    has = "+".join(name for name, value in zip(FACE, read, strict=True) if value) or "none"
    told = capsys.readouterr().out
    assert f"assumed: a.png: {has}\nassumed: sub/b.png: " in told
    assert (
        "as the discriminator reads them; all of it is in out/source_labels.json, which --source_labels takes" in told
    )
    assert f"a.png, input, {has}" in Path("out/gallery.html").read_text("utf-8")
    assert made("Young/a.png") == expected(ckpt, read)
    other = [1 - value for value in read]
    Path("mended.json").write_text(json.dumps({**listed, "labels": [["a.png", other]]}))
    translate(ckpt, "--direction", "Young", "--source-labels", "mended.json")
    assert made() == expected(ckpt, other) != expected(ckpt, read)
    told = capsys.readouterr().out
    assert "assumed: a.png" not in told  # of what is listed nothing is assumed
    assert "assumed: sub/b.png: " in told


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "file,label\na.png,Black_Hair+Male\nsub/b.png,none\nelsewhere.png,Young\n"),
        (
            "labels.jsonl",
            '{"file_name": "a.png", "label": [1, 0, 1, 0]}\n{"file_name": "sub/b", "label": [0, 0, 0, 0]}',
        ),
        (
            "list_attr_celeba.txt",
            "2\nYoung Male Smiling Blond_Hair Black_Hair\na.png -1 1 1 -1 1\nb.png -1 -1 1 -1 -1\n",
        ),
    ],
)
def test_lists_of_the_usual_kinds_are_taken(
    ckpt: Path, photos: Path, name: str, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    Path(name).write_text(text)
    translate(ckpt, "--direction", "Young", "--source_labels", name)
    assert made() == expected(ckpt, [1, 0, 1, 0])
    assert made("sub/b.png") == expected(ckpt, [0, 0, 0, 0], name="sub/b.png")
    assert "assumed" not in capsys.readouterr().out
    assert not Path("out/source_labels.json").exists()


def test_one_set_serves_all(ckpt: Path, photos: Path) -> None:
    translate(ckpt, "--direction", "Blond_Hair", "--source_labels", "Black_Hair+Male")
    assert made() == expected(ckpt, [1, 0, 1, 0], "Blond_Hair") == expected(ckpt, [0, 1, 1, 0], "Blond_Hair")
    image = load(ckpt).translate("photos/a.png", "Blond_Hair", source_labels=["Black_Hair", "Male"])
    assert image.tobytes() == made()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            "Blonde_Hair+Male",
            "source_labels: Blonde_Hair is no attribute; did you mean Blond_Hair[?]; there are Black_H",
        ),
        ("nowhere.csv", "source_labels: nowhere.csv does not exist; type a file, or attributes such as Black_Hair"),
        (
            "bad.csv",
            "source_labels: bad.csv: Beard is no attribute; there are Black_Hair, Blond_Hair, Male, Young and n",
        ),
        ("short.json", "source_labels: short.json tells x, y, and not Black_Hair, Blond_Hair, Male, Young; name them"),
        ("broken.json", "source_labels: broken.json, line 1: this is no JSON"),
        ("celeba.txt", "source_labels: celeba.txt has no Black_Hair"),
    ],
)
def test_bad_names_and_lists_are_refused_in_a_line(ckpt: Path, photos: Path, words: str, message: str) -> None:
    Path("bad.csv").write_text("a.png,Beard\n")
    Path("short.json").write_text('{"class_names": ["x", "y"], "labels": [["a.png", [1, 1]]]}')
    Path("broken.json").write_text("{")
    Path("celeba.txt").write_text("1\nMale Young\na.png 1 1\n")
    with pytest.raises(UserError, match=message) as caught:
        translate(ckpt, "--direction", "Young", "--source_labels", words)
    assert len(str(caught.value).splitlines()) == 1
    assert not Path("out").exists()


def test_domains_have_nothing_to_be_told(photos: Path) -> None:
    domains = saved(faces(), Path("domains.ckpt"), attributes=False)
    with pytest.raises(UserError, match="source_labels: these directions start from no attributes of an image"):
        translate(domains, "--direction", "Young", "--source_labels", "Male")


def test_tiles_and_frames_start_from_the_labels_of_the_whole(
    ckpt: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[torch.Tensor] = []
    read = StarGAN.read_labels

    def read_labels(model: StarGAN, images: torch.Tensor) -> torch.Tensor:
        asked.append(images)
        return read(model, images)

    told: list[Any] = []
    passed = Translator._passed

    def noted(translator: Translator, image: Any, direction: str, name: str, given: Any) -> torch.Tensor:
        told.append(given["source_labels"][0])
        return passed(translator, image, direction, name, given)

    monkeypatch.setattr(StarGAN, "read_labels", read_labels)
    monkeypatch.setattr(Translator, "_passed", noted)
    picture(Path("photos/large.png"), 90, 62)
    film(Path("photos/clip.mp4"), "libx264", 64, 48)
    translate(ckpt, "--direction", "Young", "--tile", 32)
    wholes = [tuple(images.shape[2:]) for images in asked if min(images.shape[2:]) > 32]
    assert wholes.count((62, 90)) == 1
    assert wholes.count((48, 64)) == 1
    assert len(told) > 20
    assert len({tuple(labels.tolist()) for labels in told}) <= 2


class Faces(Digits):
    """A set that knows its test images' attributes."""

    def test_inputs(self, domain: str) -> list[NamedImage]:
        image = torch.from_numpy(colours(32, 32)).permute(2, 0, 1)
        return [NamedImage("a.png", lambda: image, (0, 1, 1, 0)), NamedImage("b.png", lambda: image, (0, 1, 1, 1))]


def test_a_sets_own_images_bring_their_labels(ckpt: Path, workdir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = torch.load(ckpt, weights_only=True)
    content["gan_cli"]["data"]["name"] = "Faces"
    torch.save(content, "with_data.ckpt")
    gan("--module", __name__, "--ckpt", "with_data.ckpt", "--direction", "Black_Hair,Young", "--output", "out")
    assert "assumed" not in capsys.readouterr().out
    Image.fromarray(colours(32, 32)).save("photos.png")
    Path("photos").mkdir()
    Path("photos.png").rename("photos/a.png")
    assert made("Black_Hair/a.png") == expected(ckpt, [0, 1, 1, 0], "Black_Hair")
    assert made("Black_Hair/b.png") == expected(ckpt, [0, 1, 1, 1], "Black_Hair")


def test_grids_and_scores_start_from_the_sets_labels(monkeypatch: pytest.MonkeyPatch) -> None:
    model = faces()
    seen: list[torch.Tensor] = []
    forward = StarGAN.forward

    def noted(model: StarGAN, images: torch.Tensor, direction: str, **told: Any) -> torch.Tensor:
        seen.append(told["source_labels"])
        return forward(model, images, direction, **told)

    monkeypatch.setattr(StarGAN, "forward", noted)

    labels = torch.tensor([[0.0, 1, 1, 0], [1, 0, 0, 1]])
    with torch.no_grad():
        columns = model.columns(ImageBatch(torch.rand(2, 3, 32, 32), labels))
    assert len(columns) == 1 + len(FACE)
    assert all(torch.equal(told, labels) for told in seen)


def test_the_python_side_names_what_is_wrong(ckpt: Path) -> None:
    image = torch.zeros(2, 3, 8, 8, dtype=torch.uint8)
    with pytest.raises(UserError, match="source_labels: Beard is no attribute"):
        load(ckpt).translate(image, "Young", source_labels="Beard")
    with pytest.raises(UserError, match=r"source_labels: \[3, 4\] is not possible; give \[4\] or \[2, 4\]"):
        load(ckpt).translate(image, "Young", source_labels=torch.zeros(3, 4))
