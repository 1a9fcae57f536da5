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
from gan_cli.data.points.mixtures import RING8, mixture
from gan_cli.errors import UserError
from gan_cli.evaluation import published
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


def some_digits() -> Any:
    """Training digits as papers publish images, uint8 [40, 16, 16, 1]."""
    return Digits(image_size=16).read(train=True).images[:40].permute(0, 2, 3, 1).numpy()


def scores_of(*words: Any, output: str = "scores.json") -> dict[str, Any]:
    evaluate(*words, "--output", output)
    (table,) = json.loads(Path(output).read_text())["tables"]
    return {**table["scores"], "said": " | ".join(table["left_out"]), "protocol": table["protocol"]}


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize("order", ["[N, H, W, C]", "[N, C, H, W]"])
def test_published_arrays_are_the_images_they_hold(
    digits: Path, rows: Path, workdir: Path, save: Any, order: str
) -> None:
    images = some_digits() if order.endswith("C]") else some_digits().transpose(0, 3, 1, 2)
    save("x.npz", images, np.arange(40))
    found = scores_of("x.npz", digits, "--features", rows, "--num", 30)
    assert found["fid"]["value"] == pytest.approx(0, abs=1e-6)
    assert f"x.npz: arr_0: 40 images, uint8 {order}; not used: arr_1 (labels)" in found["said"]
    assert scores_of(digits, "x.npz", "--features", rows, "--image_size", 24)["precision"]["value"] == 1


def test_fid_against_published_statistics_is_that_against_the_images(
    digits: Path, rows: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The statistics are computed by numpy, as everybody does."""
    other = 255 - some_digits()
    np.savez("images.npz", arr_0=other)
    features = other[:, :, :, 0].mean(2) / 255
    np.savez("statistics.npz", mu=features.mean(0), sigma=np.cov(features, rowvar=False).astype(np.float32))
    wanted = scores_of(digits, "images.npz", "--features", rows)["fid"]["value"]
    for words in ((digits, "statistics.npz"), ("statistics.npz", digits)):
        found = scores_of(*words, "--features", rows)
        assert found["fid"]["value"] == pytest.approx(wanted, rel=1e-4)
        assert found.keys() == {"fid", "said", "protocol"}
        assert "statistics.npz: mu, sigma: statistics of 16 features" in found["said"]
        assert "all other scores: left out" in found["said"]
        assert "do not say which network and which resizing made them" in found["said"]
    assert "real: 40, " in capsys.readouterr().out
    ours = scores_of("statistics.npz", "statistics.npz")
    assert ours["fid"]["value"] == pytest.approx(0, abs=1e-6)
    assert ours["protocol"]["features"] == "those of the statistics"
    assert scores_of("statistics.npz", "Digits", "--features", rows, "--data.image_size", 16)["protocol"]["num"] == 0


def test_statistics_beside_images_are_taken_for_inceptions_features_alone(
    digits: Path, rows: Path, workdir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez("both.npz", arr_0=some_digits(), mu=np.full(16, 0.5), sigma=np.eye(16), mu_s=0)
    plain = scores_of(digits, "both.npz", "--features", rows)
    assert plain["fid"]["value"] == pytest.approx(0, abs=1e-6)
    assert "mu, sigma of both.npz: not used, they are not known to be of rows.pt's features" in plain["said"]
    monkeypatch.setattr(published, "Inception", object)  # its weights are not at hand
    both = scores_of(digits, "both.npz", "--features", rows)
    assert both["fid"]["value"] > 1
    assert both["fid"]["floor"] is None
    assert both["precision"] == plain["precision"]
    assert "FID: by mu and sigma of both.npz, the other scores by its images" in both["said"]


ARRAYS: dict[str, dict[str, Any]] = {
    "keys": {"fake": np.zeros((12, 8, 8, 3), np.uint8)},
    "flat": {"arr_0": np.zeros((12, 192), np.uint8)},
    "unit": {"arr_0": np.linspace(0, 1, 12 * 64 * 3, dtype=np.float32).reshape(12, 8, 8, 3)},
    "signed": {"arr_0": np.full((12, 8, 8, 3), -1, np.float32)},
    "large": {"arr_0": np.full((12, 8, 8, 3), 200.0)},
    "wide": {"arr_0": np.zeros((12, 8, 8, 9), np.uint8)},
    "objects": {"arr_0": np.array([{}, []], dtype=object)},
    "none": {"arr_0": np.zeros((0, 8, 8, 3), np.uint8)},
    "mu": {"mu": np.zeros(16), "sigma": np.zeros((16, 3))},
    "infinite": {"mu": np.full(16, np.inf), "sigma": np.eye(16)},
    "skew": {"mu": np.zeros(16), "sigma": np.triu(np.ones((16, 16)))},
    "other": {"mu": np.zeros(2048), "sigma": np.eye(2048)},
}


@pytest.mark.parametrize(
    ("name", "words", "message"),
    [
        ("keys", "", r"holds fake uint8 \[12, 8, 8, 3\]; taken are arr_0 or images .*, and mu with sigma"),
        ("flat", "", r"holds arr_0 uint8 \[12, 192\], and not uint8 \[N, H, W, C\]"),
        ("unit", "", r"goes from 0.00 to 0.08: save \(x \* 255\).round\(\).astype\('uint8'\) of it"),
        ("signed", "", r"from -1.00 to -1.00: save \(\(x \+ 1\) \* 127.5\).round"),
        ("large", "", r"float64 .*, and not uint8; save x.round\(\).astype\('uint8'\) of it"),
        ("wide", "", "whose images have 9 channels, and not 1, 3 or 4"),
        ("objects", "", "holds Python objects in arr_0, which are never loaded; save it as uint8"),
        ("none", "", r"holds arr_0 uint8 \[0, 8, 8, 3\], and not uint8"),
        ("mu", "", r"holds mu float64 \[16\] and sigma float64 \[16, 3\], and not mu \[F\] and sigma \[F, F\]"),
        ("infinite", "", "numbers in mu or sigma that are not finite"),
        ("skew", "", "a sigma that is no covariance"),
        ("other", "", r"rows.pt makes 16 and .* has statistics of 2,048 features; take the network that made"),
        ("other", "--metrics kid", "metrics: of statistics alone only fid can be had, and not kid"),
    ],
)
def test_arrays_of_other_kinds_are_refused_with_the_way_out(
    name: str, words: str, message: str, digits: Path, rows: Path, workdir: Path
) -> None:
    np.savez("x.npz", allow_pickle=True, **ARRAYS[name])
    with pytest.raises(UserError, match=message) as error:
        evaluate(digits, "x.npz", "--features", rows, *words.split())
    assert str(error.value).count("\n") <= 2


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
        ("not.npz Digits", "not.npz is no whole .npz file"),
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
@pytest.mark.usefixtures("without_lite0")
def test_what_cannot_be_compared_is_refused_by_name(
    words: str, message: str, digits: Path, rows: Path, workdir: Path
) -> None:
    with pytest.raises(UserError, match=message) as error:
        wrong(words, digits, rows)
    assert str(error.value).count("\n") <= 2


TESTS = ("--metrics", "means,variances,mmd,c2st")


def test_two_sample_tests_of_images_show_their_p_values(
    digits: Path, rows: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    held_out = Digits(image_size=16).read(train=False).images[:40]
    for number, image in enumerate(held_out):
        save_png(image, Path(f"other/{number}.png"))
        save_png(255 - image, Path(f"negative/{number}.png"))
    tables = {}
    for folder in ("other", "negative"):
        evaluate(folder, digits, "--features", rows, *TESTS, "--output", "scores.json")
        (table,) = json.loads(Path("scores.json").read_text())["tables"]
        tables[folder] = table["scores"]
    assert tables["other"].keys() == {"means", "variances", "mmd", "c2st"}
    assert tables["other"]["means"]["p_value"] is None
    for test in ("mmd", "c2st"):
        assert tables["other"][test]["p_value"] > 0.01 > tables["negative"][test]["p_value"]
        assert tables["negative"][test]["floor_p_value"] > 0
    said = capsys.readouterr().out
    assert "(p = 0.002)" in said
    assert "(p < 0.001)" in said
    assert "a network with 20 hidden units on 40 held-out images" in said


def test_points_of_every_kind_of_file_are_compared_in_their_coordinates(
    workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    points = {seed: mixture(RING8, 300, seed).points.numpy() for seed in (5, 6)}
    np.savetxt("a.csv", points[5], delimiter=",", header="x,y", comments="")
    np.savetxt("plain.csv", points[5], delimiter=",")
    np.save("a.npy", points[5])
    np.savez("a.npz", points=points[5], seeds=np.arange(300))  # as gan sample writes it
    found = []
    for file in ("a.csv", "plain.csv", "a.npy", "a.npz"):
        evaluate(file, "Ring8", "--num", 200, *TESTS, "--output", "scores.json")
        found.append(json.loads(Path("scores.json").read_text())["tables"][0])
    assert all(table["scores"] == found[0]["scores"] for table in found)
    assert found[0]["protocol"]["features"] == "coordinates"
    assert found[0]["scores"]["c2st"]["p_value"] > 0.01
    said = capsys.readouterr().out
    assert "points: 200, as they are" in said
    assert "the nearest neighbours on 200 held-out points" in said
    np.save("b.npy", points[6] * 1.1)
    evaluate("b.npy", "a.npz", "--metrics", "c2st,coverage", "--output", "scores.json")
    (table,) = json.loads(Path("scores.json").read_text())["tables"]
    assert table["scores"]["c2st"]["p_value"] < 1e-6
    assert table["scores"]["coverage"]["value"] < 0.2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("three.npy Ring8", r"three.npy holds points \[3\] and Ring8 test holds points \[2\]"),
        ("DIGITS three.npy", r"holds images .* and three.npy holds points \[3\]; these cannot be compared"),
        ("three.npy Digits", "three.npy holds points and Digits images; name another set"),
        ("DIGITS Ring8", "holds images and Ring8 points; name another set"),
        ("three.npy three.npy --image_size 32", "image_size: 32 is for images, and points have none"),
        ("two.npy Ring8 --features classifier", "classifier is for images, and Ring8 has none"),
        ("nan.npy Ring8", "not finite in row 4"),
        ("cube.npy Ring8", r"cube.npy holds float64 \[20, 2, 2\], and not numbers"),
        ("words.csv Ring8", r"words.csv cannot be read as points \(could not convert string 'hello'"),
        ("gone.csv Ring8", "gone.csv cannot be read as points .*No such file"),
    ],
)
def test_points_that_cannot_be_compared_are_refused_by_name(
    words: str, message: str, digits: Path, rows: Path, workdir: Path
) -> None:
    np.save("three.npy", np.zeros((20, 3)))
    np.save("two.npy", np.zeros((20, 2)))
    np.save("cube.npy", np.zeros((20, 2, 2)))
    np.save("nan.npy", np.where(np.arange(40).reshape(20, 2) == 7, np.nan, 1.0))
    Path("words.csv").write_text("x,y\n1,2\n3,hello\n")
    with pytest.raises(UserError, match=message):
        wrong(words, digits, rows)


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


@pytest.mark.usefixtures("without_lite0")
def test_without_features_the_verb_says_so_and_shows_the_rest(
    checkpoint: Path, workdir: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Digits, "class_names", ())
    gan_test("--ckpt", checkpoint, "--data", "Digits", "--output", "m.json", "--cache_dir", "empty")
    said = capsys.readouterr().out
    assert "no scores. features: Digits has no classes for a classifier" in said
    assert "logits/held_out" in said
    assert json.loads(Path("m.json").read_text())["tables"] == []
