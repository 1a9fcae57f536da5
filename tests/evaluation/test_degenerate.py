"""Scores of sets that hold next to nothing: finite numbers in valid JSON, or a line that says why there are none."""

import json
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data import Digits
from gan_cli.evaluation.collections import Collection
from gan_cli.evaluation.measures import MEASURES, attempted, measured, titles
from gan_cli.evaluation.measuring import IN_HOLES, OF_MAPS, OF_PAIRS
from gan_cli.evaluation.neighbours import compare, pixels, sentence
from gan_cli.evaluation.scorer import Scorer
from gan_cli.evaluation.scores import KINDS
from gan_cli.evaluation.testing import score_and_write
from gan_cli.inference.checkpoints import load_model
from gan_cli.metrics import features
from gan_cli.metrics.distances import Estimate
from gan_cli.metrics.feature_networks import FeatureRows
from gan_cli.metrics.features import Classifier
from gan_cli.variants import DCGAN
from tests.evaluation.test_neighbours import Halves
from tests.metrics.test_degenerate import CASES, some

WITH_A_NETWORK = {"ppl", "conditional_accuracy"}
"""Measures that ask the model, and not only two sets."""


def test_every_measure_is_of_two_sets_of_pairs_or_asks_the_model() -> None:
    of_two_sets = {name for names in MEASURES for name in names}
    assert of_two_sets | OF_PAIRS | IN_HOLES | OF_MAPS | WITH_A_NETWORK == KINDS.keys()


@pytest.mark.parametrize("case", [*CASES, "not finite", "infinite logits"])
def test_every_measure_has_a_finite_number_or_its_line(case: str) -> None:
    made, real = CASES.get(case, (some(50), some(49)))
    logits = made[:, :4].clone()
    if case == "not finite":
        made = made.index_fill(0, torch.tensor([7]), torch.nan)
    if case == "infinite logits":
        logits[3] = torch.inf
    found = measured(FeatureRows(made, logits), FeatureRows(real, real[:, :4]), {*KINDS})
    wanted = {name for names in MEASURES for name in names}
    lines = " ".join(line.partition(":")[0] for line in found.left_out)
    assert {name for name in wanted if KINDS[name].title in lines} | found.values.keys() == wanted
    for value in found.values.values():
        assert all(map(isfinite, value)) if isinstance(value, tuple) else isfinite(value)
    if "finite" in case:
        lost = titles([name for names in MEASURES for name in names])
        assert found.left_out == [f"{lost}: left out, the features of 1 of 50 images are not finite"]


def test_a_number_that_is_not_finite_is_left_out_and_the_others_stay() -> None:
    found = attempted(("fid", "kid"), lambda: (1.0, Estimate(2.0, torch.inf)))
    assert found == ({"fid": 1.0}, ["KID: left out, not finite"])


class Same(Digits):
    """Nothing but one digit, again and again."""

    def read(self, train: bool) -> ImageBatch:
        images, labels = super().read(True)
        return ImageBatch(images[:1].repeat(40, 1, 1, 1), labels[:40] % 2)


class Alike(DCGAN):
    """Makes one and the same image."""

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        return torch.zeros(len(latents), 1, 16, 16)


def test_a_set_of_one_image_again_and_again_is_scored(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "STEPS", 10)
    (table,) = Scorer(Same(image_size=16), folder=tmp_path).score(load_model(checkpoint))
    assert table.scores.keys() >= {"fid", "kid", "precision", "recall", "density", "coverage", "ppl", "classes"}
    assert "diversity / real: left out, the real images are all the same" in table.left_out
    assert table.scores["density"].floor == 8  # 40 in each ball of 5 neighbours
    assert all(isfinite(value) for value in table.values().values())


def test_images_that_are_all_the_same_are_scored(classifier: Classifier, cache: Path) -> None:
    model = Alike(image_size=16, image_channels=1, base_channels=4, latent_dim=8)
    found = Scorer(Digits(image_size=16), num=40, folder=cache).score(model)[0].values()
    assert found["diversity"] == found["ppl"] == found["recall"] == 0
    assert all(map(isfinite, found.values()))


class Four(Digits):
    """Four digits, which are too few for anything."""

    def read(self, train: bool) -> ImageBatch:
        images, labels = super().read(train)
        return ImageBatch(images[:4], labels[:4])


def test_too_few_images_leave_the_rest_of_a_test_to_be_written(checkpoint: Path, workdir: Path) -> None:
    asked: Any = type("Asked", (), {"metrics": None, "weights": None, "features": None, "num": None})()
    asked.output, asked.cache_dir, asked.seed = "m.json", "cache", 0
    logged = {"logits/held_out": float("nan"), "metric/accuracy": 0.5}
    file = score_and_write(load_model(checkpoint), Four(image_size=16), logged, checkpoint, asked)
    found = json.loads(file.read_text(), parse_constant=pytest.fail)  # NaN is no JSON
    assert found["logged"] == {"logits/held_out": None, "metric/accuracy": 0.5}
    assert found["note"].startswith("no scores. data: 4 images are too few")


def verdict(training: Tensor, made: Tensor, held_out: Tensor) -> str:
    images = Collection("some", "", len(training), training.__getitem__)
    return sentence([compare("pixels", "", pixels, made, held_out, images, 2)])


def test_a_verdict_on_memorisation_is_not_drawn_from_nothing() -> None:
    images = Digits(image_size=16).read(train=True).images
    grey, held_out = torch.full_like(images[:20], 60), images[400:]
    assert verdict(images[:300], grey, held_out).startswith(
        "All samples have the same nearest one of the training images"
    )
    assert verdict(images[:300], images[:20] // 2, held_out[:99]).startswith("No exact copies; more cannot be said")
    same = images[:1].repeat(20, 1, 1, 1)
    copies = "100.0% of the samples are exact copies of training images, and so are 100.0% of the held-out images."
    assert verdict(same, same, same) == copies


def test_a_copy_is_one_in_features_too() -> None:
    images = Digits(image_size=16).read(train=True).images
    training = Collection("some", "", 300, images[:300].__getitem__)
    found = compare("features", "", Halves(), images[[5, 7]], images[400:], training, 1)
    assert found.found.copies == 1
