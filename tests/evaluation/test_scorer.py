"""Scores of a model: what is left as it was, what is kept, and that all of it is said."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.data import CIFAR10, Digits, StackedMNIST, StyledDigits
from gan_cli.errors import UserError
from gan_cli.evaluation import kept
from gan_cli.evaluation.collections import Collection
from gan_cli.evaluation.measuring import usual_features
from gan_cli.evaluation.scorer import REPORTING_SEED, SELECTING_SEED, Scorer
from gan_cli.evaluation.scores import Scores
from gan_cli.inference.checkpoints import load_model
from gan_cli.media.pictures import to_float
from gan_cli.metrics import features
from gan_cli.metrics.feature_networks import FeatureNetwork, FeatureRows
from gan_cli.metrics.features import Classifier
from gan_cli.variants import StarGAN
from tests.ampere import on_ampere
from tests.inference.translators import cyclegan, lively, pix2pix
from tests.toys import FewPairs, FewUnpaired, ToyGAN


def scorer(cache: Path, **options: Any) -> Scorer:
    return Scorer(Digits(image_size=16), folder=cache, **options)


def only(tables: list[Scores]) -> Scores:
    (table,) = tables
    return table


@pytest.fixture(scope="module")
def scores(checkpoint: Path, cache: Path, classifier: Classifier) -> Scores:
    return only(scorer(cache).score(load_model(checkpoint)))


def test_scores_say_the_protocol_they_belong_to(scores: Scores, classifier: Classifier) -> None:
    said = "\n".join(scores.lines())
    for words in (
        f"features: classifier ({classifier.weights}, accuracy {classifier.accuracy:.2%} on the test images)",
        "resize: none up to 64 pixels",
        "images: 360, seeds 0 to 359, rounded to 8 bits as saved, no truncation, ",
        "real: 360, Digits test; real against real: 360 of Digits train",
        "100 subsets of 180 images",
        "Inception Score: left out",
    ):
        assert words in said
    assert scores.title == "DCGAN after 4 batches beside Digits test"
    assert {"fid", "kid", "precision", "recall", "density", "coverage", "diversity", "ppl"} <= scores.scores.keys()
    assert all(score.floor is not None for name, score in scores.scores.items() if name != "ppl")
    assert scores.scores["fid"].value > 3 * (scores.scores["fid"].floor or 0)


def test_few_images_show_the_kernel_distance_first_and_many_the_frechet_distance(scores: Scores) -> None:
    assert scores.ordered()[0][0] == "kid"
    many = scores._replace(protocol=scores.protocol._replace(num=10_000))
    assert [name for name, _ in many.ordered()[:2]] == ["fid", "kid"]
    assert scores.values()["kid_deviation"] > 0


def test_a_running_model_is_left_as_it_was(checkpoint: Path, cache: Path) -> None:
    model = load_model(checkpoint).train()
    model.generator.eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    wanting = [parameter.requires_grad for parameter in model.parameters()]
    modes, state = [module.training for module in model.modules()], torch.get_rng_state()
    with torch.inference_mode():  # as Lightning validates
        scorer(cache, num=20).score(model)
    assert torch.equal(torch.get_rng_state(), state)
    assert [module.training for module in model.modules()] == modes
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
    assert [parameter.requires_grad for parameter in model.parameters()] == wanting


def test_scores_are_computed_in_true_float32(checkpoint: Path, cache: Path) -> None:
    asked, model, found = scorer(cache, num=20, metrics=["ppl", "kid"]), load_model(checkpoint), []
    for allowed in (False, True):
        with on_ampere(allowed) as computed:
            found.append(only(asked.score(model)).values())
            model(torch.zeros(1, 8))
        assert computed[-1].rounded == allowed  # or this test would show nothing
    assert found[0] == found[1]


def test_same_seed_same_scores_another_seed_others(checkpoint: Path, cache: Path) -> None:
    asked = scorer(cache, num=40, metrics=["fid", "ppl"])
    model = load_model(checkpoint)
    first, again, other = (asked.score(model, seed) for seed in (REPORTING_SEED, REPORTING_SEED, SELECTING_SEED))
    assert only(first).values() == only(again).values()
    assert only(first).values() != only(other).values()
    assert only(first).values().keys() == {"fid", "ppl"}


def test_real_features_are_read_once_for_each_protocol(
    checkpoint: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = load_model(checkpoint)
    looked: list[str] = []
    look = kept._look

    def noted(images: Collection, network: FeatureNetwork) -> FeatureRows:
        looked.append(images.key)
        return look(images, network)

    monkeypatch.setattr(kept, "_look", noted)
    first = only(scorer(cache, num=50).score(model))
    assert len(looked) == 2  # held out, and training
    assert only(scorer(cache, num=50).score(model)) == first
    assert len(looked) == 2
    scorer(cache, num=51).score(model)
    assert len(looked) == 4
    Scorer(Digits(image_size=16), num=50, split="val", folder=cache).score(model)
    assert len(looked) == 5  # the training part is the same


def test_a_damaged_cache_is_named(checkpoint: Path, cache: Path) -> None:
    scorer(cache, num=52).score(load_model(checkpoint))
    (file,) = (path for path in cache.glob("features-*-52.npz") if "test" in path.name)
    file.write_bytes(b"half")
    with pytest.raises(UserError, match=r"features-.*52.npz is damaged; remove it"):
        scorer(cache, num=52).score(load_model(checkpoint))


class Perfect(ToyGAN):
    """Makes real digits of the class that it is asked for."""

    def forward(self, latents: Tensor, labels: Tensor, truncation_psi: float = 1.0, ema: bool = True) -> Tensor:
        images, classes = Digits(image_size=16).read(train=True)
        chosen = [
            images[classes == label][int(z * 1000) % 100] for label, z in zip(labels, latents[:, 0].abs(), strict=True)
        ]
        return to_float(torch.stack(chosen))


def test_a_conditional_model_is_asked_for_all_classes(cache: Path) -> None:
    found = only(scorer(cache, metrics=["conditional_accuracy", "classes", "fid"]).score(Perfect()))
    assert found.scores["conditional_accuracy"].value > 0.9
    assert found.scores["classes"].value == 10
    assert found.scores["fid"].value < 3 * (found.scores["fid"].floor or 0)
    assert "all classes in turn" in found.protocol.made


def test_too_few_images_are_refused(checkpoint: Path, cache: Path) -> None:
    with pytest.raises(UserError, match="num: 5 images are too few"):
        scorer(cache, num=5).score(load_model(checkpoint))


def test_a_set_that_is_too_small_is_said_of_the_set_whatever_number_is_asked_for(checkpoint: Path, cache: Path) -> None:
    class Five(Digits):
        def read(self, train: bool) -> ImageBatch:
            return ImageBatch(*(part[:5] for part in super().read(train)))

    with pytest.raises(UserError, match="data: 5 images are too few"):
        Scorer(Five(image_size=16), num=20, folder=cache).score(load_model(checkpoint))


@pytest.mark.parametrize(
    ("data", "present", "wanted"),
    [(Digits, True, "classifier"), (CIFAR10, True, "inception"), (CIFAR10, False, "classifier")],
)
def test_the_usual_features_follow_from_the_data(data: Any, present: bool, wanted: str, tmp_path: Path) -> None:
    if present:
        (tmp_path / features.INCEPTION_FILE).touch()
    assert usual_features(data(), tmp_path) == wanted


def test_without_classes_lite0_is_usual(tmp_path: Path) -> None:
    assert usual_features(StackedMNIST(), tmp_path) == "lite0"


@pytest.mark.usefixtures("without_lite0")
def test_without_classes_and_weights_the_choices_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        UserError,
        match=r"StackedMNIST has no classes .*\n.* --features inception .* --features FILE.pt\n.*gan-cli\[features\]",
    ):
        usual_features(StackedMNIST(), tmp_path)


@pytest.fixture
def means(tmp_path: Path) -> str:
    """A TorchScript file: the mean of each row of each colour."""

    class Rows(torch.nn.Module):
        def forward(self, images: Tensor) -> Tensor:
            return images.float().mean(3).flatten(1) / 255

    with pytest.warns((FutureWarning, DeprecationWarning)):
        torch.jit.script(Rows()).save(str(tmp_path / "rows.pt"))
    return str(tmp_path / "rows.pt")


def test_pairs_are_scored_pixel_by_pixel_and_as_a_set(means: str, tmp_path: Path) -> None:
    model = pix2pix(source_channels=1, target_channels=3)
    data = FewPairs()
    found = only(Scorer(data, means, num=20, folder=tmp_path).score(model))
    assert {"mae", "psnr", "ssim", "fid", "kid"} <= found.scores.keys()
    assert "digit2negative" not in found.title  # the model's own names
    assert found.title.endswith("horse2zebra")
    assert any(line.startswith("ms_ssim: left out") for line in found.left_out)
    assert "noise of seed 0" in found.protocol.made
    again = only(Scorer(data, means, num=20, folder=tmp_path).score(model))
    assert again == found


@pytest.mark.usefixtures("without_lite0")
def test_without_features_pairs_still_have_their_scores(tmp_path: Path) -> None:
    model = pix2pix(source_channels=1, target_channels=3)
    found = only(Scorer(FewPairs(), num=12, folder=tmp_path).score(model))
    assert found.scores.keys() == {"mae", "psnr", "ssim", "ab", "chroma"}
    assert "FID, KID and the like: left out. features: FewPairs has no classes" in "\n".join(found.lines())


@pytest.mark.usefixtures("without_lite0")
def test_a_perfect_translator_has_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = pix2pix(source_channels=1, target_channels=3)
    monkeypatch.setattr(model, "forward", lambda images, direction: -images.expand(-1, 3, -1, -1))
    found = only(Scorer(FewPairs(), num=12, folder=tmp_path).score(model))
    assert found.values() == pytest.approx({"mae": 0, "psnr": 100, "ssim": 1, "ab": 0, "chroma": 0}, abs=1e-4)  # grey


def test_domains_without_pairs_are_scored_in_both_directions(means: str, tmp_path: Path) -> None:
    model = cyclegan(image_size=32)
    there, back = Scorer(FewUnpaired(image_size=32), means, num=24, folder=tmp_path).score(model)
    assert there.title.endswith("horse2zebra")
    assert back.title.endswith("zebra2horse")
    assert there.scores["fid"].value != back.scores["fid"].value
    assert there.protocol.floor == "two disjoint halves, 12 each"
    assert "mae" not in there.scores


def test_only_the_measures_asked_for_are_computed(means: str, tmp_path: Path) -> None:
    model = pix2pix(source_channels=1, target_channels=3)
    found = only(Scorer(FewPairs(), means, num=12, metrics=["kid"], folder=tmp_path).score(model))
    assert found.scores.keys() == {"kid"}


def test_translations_into_a_class_are_held_against_its_images(means: str, tmp_path: Path) -> None:
    model = lively(StarGAN(image_size=16, base_channels=2, num_blocks=1, num_classes=4))
    model.data_facts["class_names"] = ("plain", "inverted", "thick", "red")
    data = StyledDigits(image_size=16)
    tables = Scorer(data, means, folder=tmp_path).score(model)
    labels = data.read(train=False).labels
    assert [table.title.rpartition(" ")[2] for table in tables] == ["plain", "inverted", "thick", "red"]
    for number, table in enumerate(tables):
        assert table.protocol.num_real == int((labels == number).sum())
        assert table.protocol.num == int((labels != number).sum())
        assert table.protocol.real.startswith("StyledDigits test ")
