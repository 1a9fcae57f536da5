"""`gan evaluate` and `gan test`, run as the command does."""

import json
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from gan_cli import verbs
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.media.pictures import save_png
from gan_cli.metrics.features import Classifier
from gan_cli.verbs import evaluate as evaluate_verb


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of training digits."""
    folder = tmp_path_factory.mktemp("digits")
    for number, image in enumerate(Digits(image_size=16).read(train=True).images[:40]):
        save_png(image, folder / f"{number:03d}.png")
    return folder


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    class Rows(torch.nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.float().mean(3).flatten(1) / 255

    path = tmp_path_factory.mktemp("network") / "rows.pt"
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(Rows()).save(str(path))
    return path


def evaluate(*words: Any) -> None:
    evaluate_verb.run([str(word) for word in words])


def test_a_folder_beside_a_data_set(
    digits: Path, cache: Path, classifier: Classifier, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluate(digits, "Digits", "--cache_dir", cache, "--output", "scores.json")
    said = capsys.readouterr().out
    assert f"{digits} beside Digits test" in said
    assert "accuracy" in said
    assert "written: scores.json" in said
    (table,) = json.loads(Path("scores.json").read_text())["tables"]
    assert table["protocol"]["num"] == 40
    assert table["protocol"]["num_real"] == 360
    assert table["scores"]["precision"]["value"] > 0.5
    assert "conditional_accuracy" not in table["scores"]


def test_two_folders_by_a_network_of_ones_own(
    digits: Path, rows: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for number, path in enumerate(sorted(digits.glob("*.png"))):
        save_png(torch.from_numpy(np.array(Image.open(path)))[None], Path(f"same/{number}.png"))
    evaluate(digits, "same", "--features", rows, "--metrics", "fid,density", "--output", "scores.json")
    (table,) = json.loads(Path("scores.json").read_text())["tables"]
    assert table["scores"]["fid"]["value"] == pytest.approx(0, abs=1e-6)
    assert table["scores"].keys() == {"fid", "density"}
    assert table["protocol"]["floor"] == "two disjoint halves, 20 each"
    assert "rows.pt" in capsys.readouterr().out
    evaluate(digits, "same", "--features", rows, "--image_size", 24, "--num", 30)
    assert "resized to 24 pixels, bicubic" in capsys.readouterr().out


def test_an_array_of_gan_sample(checkpoint: Path, cache: Path, classifier: Classifier, workdir: Path) -> None:
    verbs.run(["sample", "--ckpt", str(checkpoint), "--num", "30", "--output", "x.npz", "--trainer.accelerator", "cpu"])
    evaluate("x.npz", "Digits", "--cache_dir", cache, "--output", "scores.json")
    (table,) = json.loads(Path("scores.json").read_text())["tables"]
    assert table["protocol"]["num"] == 30
    assert table["protocol"]["floor"] == "30 of Digits train"


def wrong(words: str, digits: Path, rows: Path) -> None:
    Path("empty").mkdir(exist_ok=True)
    Path("broken").mkdir(exist_ok=True)
    Path("broken/a.png").write_bytes(b"no image")
    for name, side in (("mixed/a.png", 8), ("mixed/b.png", 9), ("small/a.png", 8)):
        save_png(torch.zeros(1, side, side, dtype=torch.uint8), Path(name))
    Path("not.npz").write_bytes(b"no array")
    evaluate(*words.replace("DIGITS", str(digits)).replace("ROWS", str(rows)).split())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("DIGITS", "type gan evaluate IMAGES REAL"),
        ("DIGITS MNST", "MNST is no folder, no .zip, no .npz and no data set.*MNIST"),
        ("gone Digits", "gone is no folder, no .zip and no .npz"),
        ("empty Digits", "there are no images in empty"),
        ("broken Digits", r"broken/a.png cannot be read \("),
        ("not.npz Digits", "not.npz holds no images as gan sample"),
        ("mixed Digits", r"images of 2 sizes \(8x8, 9x9\); type --image_size N"),
        ("DIGITS small --features ROWS", r"the sizes differ: .* 16x16 and small 8x8; type --image_size N"),
        ("DIGITS Digits --num 7", "7 images are too few"),
        ("DIGITS Digits --data.image_size 8 --image_size 16", "16 and data.image_size 8 do not agree"),
        ("DIGITS DIGITS", "two folders have no classes"),
        ("DIGITS DIGITS --features classifier", "name one in place of the second folder"),
        ("DIGITS Digits --metrics fud", "metrics: 'fud' is none; there are fid, kid"),
        ("DIGITS Digits --split all", "split: all is none"),
        ("DIGITS FewPairs", "no data set"),
        ("DIGITS Edges2Shoes", "Edges2Shoes does not hold single images"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    words: str, message: str, digits: Path, rows: Path, workdir: Path
) -> None:
    with pytest.raises(UserError, match=message) as error:
        wrong(words, digits, rows)
    assert str(error.value).count("\n") <= 2


def gan_test(*words: Any) -> None:
    verbs.run(["test", *map(str, words), "--trainer.accelerator", "cpu"])


def test_the_verb_prints_a_table_and_writes_it_beside_the_run(
    checkpoint: Path, cache: Path, classifier: Classifier, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gan_test("--ckpt", checkpoint, "--cache_dir", cache, "--num", 40, "--metrics", "kid,fid")
    said = capsys.readouterr().out
    assert said.index("KID") < said.index("FID") < said.index("logits/held_out")
    content = json.loads((checkpoint.parent / "metrics.json").read_text())
    assert content["variant"] == "DCGAN"
    assert content["split"] == "test"
    assert content["logged"].keys() == {"logits/held_out"}
    assert content["tables"][0]["scores"].keys() == {"kid", "fid"}
    gan_test("--ckpt", checkpoint, "--cache_dir", cache, "--num", 40, "--output", "mine.json", "--seed", 9)
    assert json.loads(Path("mine.json").read_text())["tables"][0]["protocol"]["made"].startswith("seeds 9 to 48")


def test_without_features_the_verb_says_so_and_shows_the_rest(
    checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Digits, "class_names", ())
    gan_test("--ckpt", checkpoint, "--data", "Digits", "--output", "m.json", "--cache_dir", "empty")
    said = capsys.readouterr().out
    assert "no scores. features: Digits has no classes for a classifier" in said
    assert "logits/held_out" in said
    assert json.loads(Path("m.json").read_text())["tables"] == []
