"""Scores by the field's names: how many images of which, in which features, and what is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from gan_cli import verbs
from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.evaluation import fifty_thousand, kept
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.fifty_thousand import Training, of_images, of_model
from gan_cli.inference.checkpoints import load_model
from gan_cli.metrics import features
from gan_cli.metrics.distances import frechet_distance, gaussian_of, inception_score, kernel_distance
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.features import Inception
from tests.inference.translators import pix2pix
from tests.toys import FewPairs

NUM = 130
"""Samples that stand for 50,000: more than one batch."""


class Standing(Inception):
    """Sixteen means of an image in place of inception's features, which take seconds an image."""

    batch_size = 250

    def __init__(self, path: Path | None = None) -> None:
        FeatureNetwork.__init__(self, "inception", "standing", "none")
        self.network = torch.nn.Identity()

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        rows = images.float().mean(1).flatten(1)
        return FeatureRows(rows.unflatten(1, (16, -1)).mean(2), rows[:, ::25] / 100)


@pytest.fixture(autouse=True)
def _standing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(fifty_thousand, "NUM", NUM)
    monkeypatch.setattr(features, "Inception", Standing)
    monkeypatch.setattr(features, "inception_weights", lambda *_: tmp_path)


def training_rows(data: Digits) -> FeatureRows:
    return Standing().rows(of_split(data, "train").all())


def test_samples_are_held_against_all_training_images(checkpoint: Path, tmp_path: Path) -> None:
    model, data = load_model(checkpoint), Digits(image_size=16)
    names = ["fid50k_full", "kid50k_full", "is50k"]
    scores = of_model(model, data, names, seed=5, weights=None, folder=tmp_path)
    protocol = scores.protocol
    assert (protocol.num, protocol.num_real, protocol.real) == (NUM, 1437, "Digits train")
    assert protocol.made.startswith(f"seeds 5 to {NUM + 4}, rounded to 8 bits as saved, no truncation")
    assert "50,000 samples beside all training images" in protocol.kind
    verbs.run(["sample", "--ckpt", str(checkpoint), "--num", f"{NUM}", "--seed", "5", "--output", f"{tmp_path}/x.npz"])
    made = Standing().rows(torch.from_numpy(np.load(tmp_path / "x.npz")["images"]).permute(0, 3, 1, 2))
    real = training_rows(data)
    assert scores.scores["fid50k_full"].value == pytest.approx(frechet_distance(made.features, real.features), rel=1e-6)
    assert scores.scores["kid50k_full"].value == pytest.approx(kernel_distance(made.features, real.features).value)
    assert scores.scores.keys() == {"fid50k_full", "kid50k_full"}
    assert any("Inception Score: left out, it is for natural coloured images" in line for line in scores.left_out)


def test_natural_images_have_an_inception_score_too(tmp_path: Path) -> None:
    random = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (NUM + 70, 3, 16, 16), generator=random, dtype=torch.uint8)
    images = Collection("ours", "", len(pixels), lambda numbers: pixels[numbers])
    found = of_images(images, Training(images, Standing(), tmp_path, natural=True), ["is50k"])
    logits = Standing().rows(images.some(NUM).all()).logits
    assert logits is not None
    assert found.scores["is50k"].value == pytest.approx(inception_score(logits).value)
    assert found.protocol.num == NUM


def test_moments_of_many_images_are_those_of_all_of_them_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = of_split(Digits(image_size=16), "train")
    found = kept.statistics_of(images, Standing(), tmp_path)
    wanted = gaussian_of(training_rows(Digits(image_size=16)).features)
    np.testing.assert_allclose(found.mean, wanted.mean, rtol=1e-12)
    np.testing.assert_allclose(found.covariance, wanted.covariance, rtol=1e-9, atol=1e-9)
    (file,) = tmp_path.glob("statistics-*-1437.npz")
    assert np.load(file).keys() == {"mu", "sigma"}  # which `gan evaluate` takes, and whoever computes FID
    monkeypatch.setattr(kept, "_batches", None)
    assert np.array_equal(kept.statistics_of(images, Standing(), tmp_path).mean, found.mean)
    file.write_bytes(b"half")
    with pytest.raises(UserError, match=r"statistics-.*npz is damaged"):
        kept.statistics_of(images, Standing(), tmp_path)


def test_mirrored_images_do_not_count() -> None:
    plain, mirrored = (of_split(Digits(image_size=16, flip=flip), "train") for flip in (False, True))
    assert torch.equal(plain.all(), mirrored.all())
    assert plain.key == mirrored.key


def tables(path: Path | str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(Path(path).read_text("utf-8"))["tables"]
    return found


def test_the_verbs_name_the_protocol_of_each_table(
    checkpoint: Path, cache: Path, workdir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    common = ["--cache_dir", str(cache), "--output", "scores.json"]
    words = ["test", "--ckpt", str(checkpoint), "--metrics", "fid50k_full,fid", "--features", "inception"]
    verbs.run([*words, "--trainer.accelerator", "cpu", *common])
    said = capsys.readouterr().out
    ours, theirs = tables("scores.json")
    assert [table["scores"].keys() for table in (theirs, ours)] == [{"fid50k_full"}, {"fid"}]
    assert "FID (fid50k_full)" in said
    for table in (theirs, ours):
        assert f"protocol: {table['protocol']['kind']}" in said
    assert (
        theirs["protocol"]["kind"]
        == "fid50k_full: 50,000 samples beside all training images, each once and none mirrored"
    )
    assert ours["protocol"]["kind"].startswith("as said here; the field's is asked for by name")
    np.savez("images.npz", images=of_split(Digits(image_size=16), "train").some(200).all().permute(0, 2, 3, 1))
    verbs.run(["evaluate", "images.npz", "Digits", "--metrics", "fid50k_full", *common])
    (beside_set,) = tables("scores.json")
    assert (beside_set["protocol"]["num"], beside_set["protocol"]["real"]) == (NUM, "Digits train")
    verbs.run(
        [
            "evaluate",
            "images.npz",
            "images.npz",
            "--metrics",
            "fid50k_full,precision",
            "--features",
            "inception",
            *common,
        ]
    )
    precision, beside_itself = tables("scores.json")
    assert beside_itself["protocol"]["num_real"] == precision["protocol"]["num_real"] == 200
    assert "in inception features; published ones (pr50k3_full) are in VGG16's" in " ".join(precision["left_out"])


def test_what_the_names_leave_no_choice_of_is_refused_in_a_line(checkpoint: Path, workdir: Path) -> None:
    def refused(*words: str) -> str:
        with pytest.raises(UserError) as error:
            verbs.run(list(words))
        assert "\n" not in str(error.value)
        return str(error.value)

    test = ("test", "--ckpt", str(checkpoint), "--trainer.accelerator", "cpu", "--metrics", "is50k")
    assert "num: is50k is of 130 samples; leave --num out" in refused(*test, "--num", "20")
    assert "is50k is in features of inception, and not of classifier" in refused(*test, "--features", "classifier")
    assert "pr50k3_full is in features of VGG16, which are not made here" in refused(*test[:-1], "pr50k3_full")
    np.savez("few.npz", images=np.zeros((20, 16, 16, 1), np.uint8))
    np.savez("moments.npz", mu=np.zeros(16), sigma=np.eye(16))
    named = ("--metrics", "fid50k_full")
    assert "is of 130 images, and few.npz holds 20; make more" in refused("evaluate", "few.npz", "Digits", *named)
    assert "moments.npz holds statistics alone; take fid" in refused("evaluate", "few.npz", "moments.npz", *named)
    beside_test = refused("evaluate", "few.npz", "Digits", *named, "--split", "test")
    assert "split: fid50k_full is beside all training images, and not test; leave --split out" in beside_test


def test_a_translator_has_no_samples(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="is50k is of samples from noise, and Pix2Pix has none; take fid or kid"):
        of_model(pix2pix(), FewPairs(), ["is50k"], 0, None, tmp_path)
