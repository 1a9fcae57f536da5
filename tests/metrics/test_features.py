import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from gan_cli.data.images.sources import digits
from gan_cli.errors import UserError
from gan_cli.metrics import features
from gan_cli.metrics.features import LabelledImages, Lesson, load_features


def lesson() -> Lesson:
    return Lesson("digits-16", 10, False, lambda: LabelledImages(*digits(True, 16), *digits(False, 16)))


def no_reading() -> LabelledImages:
    raise AssertionError("the set was read again")


class Means(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float().mean((2, 3))


class Rows(nn.Module):
    def forward(self, things: Tensor) -> Tensor:
        return things.flatten(2).float().mean(2)


class Maps(nn.Module):
    def forward(self, images: Tensor) -> Tensor:
        return images.float()


def saved(network: nn.Module, path: Path) -> str:
    with warnings.catch_warnings(action="ignore"):
        torch.jit.script(network).save(str(path))
    return str(path)


def test_a_classifier_is_trained_once_and_says_how_good_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(features, "STEPS", 100)
    state = torch.get_rng_state()
    network = load_features("classifier", tmp_path, lesson())
    assert torch.equal(torch.get_rng_state(), state)
    assert network.accuracy is not None
    assert network.accuracy > 0.8
    assert "training a classifier on digits-16" in capsys.readouterr().out
    again = load_features("classifier", tmp_path, lesson()._replace(read=no_reading))
    images = digits(False, 16).images[:20]
    assert torch.equal(network(images), again(images))
    assert again.key == network.key
    assert again.accuracy == network.accuracy
    assert again(images).shape == (20, 128)
    assert again.rows(images).logits is not None


def test_a_classifier_takes_colours_and_large_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(features, "STEPS", 3)

    def colours() -> LabelledImages:
        images = torch.randint(0, 256, (40, 3, 80, 80), dtype=torch.uint8)
        labels = torch.arange(40) % 2
        return LabelledImages(images, labels, images, labels)

    network = load_features("classifier", tmp_path, Lesson("noise-80", 2, True, colours))
    assert network(colours().images).shape == (40, 128)
    with pytest.raises(UserError, match="trained on 3 channels, and not on 1"):
        network(digits(False, 16).images[:2])


def test_a_torchscript_file_gets_images_as_they_are_saved(tmp_path: Path) -> None:
    network = load_features(saved(Means(), tmp_path / "means.pt"), tmp_path)
    images = torch.randint(0, 256, (5, 3, 8, 8), dtype=torch.uint8)
    assert torch.equal(network(images), images.float().mean((2, 3)))
    assert network.name == "means.pt"
    assert "uint8" in network.resize


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("resnet", "resnet is no file; take inception, lite0, classifier"),
        ("broken.pt", r"broken.pt is no TorchScript file"),
        ("maps.pt", r"gives \[5, 3, 8, 8\] for 5 things, and not floats \[N, F\]"),
        ("classifier", "needs a data set with classes"),
    ],
)
def test_what_is_no_network_is_refused(
    name: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("broken.pt").write_bytes(b"PK nothing")
    saved(Maps(), Path("maps.pt"))
    with pytest.raises(UserError, match=message):
        load_features(name, tmp_path)(torch.zeros(5, 3, 8, 8, dtype=torch.uint8))


def test_a_damaged_classifier_is_named(tmp_path: Path) -> None:
    (tmp_path / f"classifier-digits-16-{features.STEPS}.pt").write_bytes(b"half")
    with pytest.raises(UserError, match=r"digits-16-\d+.pt is damaged; remove it"):
        load_features("classifier", tmp_path, lesson())


def test_inception_without_weights_names_the_other_choices_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def offline(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr(torch.hub, "download_url_to_file", offline)
    with pytest.raises(UserError, match="--weights FILE, or take --features lite0, classifier") as error:
        load_features("inception", tmp_path)
    assert "\n" not in str(error.value)
    with pytest.raises(UserError, match=r"gone.pth does not exist"):
        load_features("inception", tmp_path, weights=tmp_path / "gone.pth")
    with pytest.raises(UserError, match="these are inception's, and the features are classifier"):
        load_features("classifier", tmp_path, weights=tmp_path / "gone.pth")
    (tmp_path / "wrong.pth").write_bytes(b"no weights")
    with pytest.raises(UserError, match=r"wrong.pth holds no weights"):
        load_features("inception", tmp_path, weights=tmp_path / "wrong.pth")


@pytest.fixture(scope="module")
def random_inception(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inception's own architecture with weights that nobody trained, as a file of the published kind."""
    from torch_fidelity import feature_extractor_inceptionv3 as published

    class Untrained(published.FeatureExtractorInceptionV3):  # type: ignore[misc]
        def load_state_dict(self, *_: Any, **__: Any) -> Any:
            return None

    with pytest.MonkeyPatch.context() as patch, torch.random.fork_rng():
        torch.manual_seed(0)
        patch.setattr(published, "load_state_dict_from_url", lambda *_, **__: {})
        network = Untrained("inception", ["2048"])
    path = tmp_path_factory.mktemp("weights") / features.INCEPTION_FILE
    torch.save(network.state_dict(), path)
    return path


def test_inception_is_read_from_a_file_and_sees_grey_as_colours(random_inception: Path, tmp_path: Path) -> None:
    state = torch.get_rng_state()
    network = load_features("inception", tmp_path, weights=random_inception)
    assert torch.equal(torch.get_rng_state(), state)
    grey = digits(False, 32).images[:1]
    seen = network.rows(grey.expand(-1, 3, -1, -1))
    assert seen.features.shape == (1, 2048)
    assert seen.logits is not None
    assert seen.logits.shape == (1, 1008)
    assert torch.equal(network(grey), seen.features)
    assert network.key.startswith("inception-")
    assert "299x299" in network.resize
    assert features.inception_weights(random_inception.parent) == random_inception  # found where weights are kept


def test_a_file_takes_things_of_any_type_and_shape_as_they_are_kept(tmp_path: Path) -> None:
    network = load_features(saved(Rows(), tmp_path / "rows.pt"), tmp_path)
    for things in (torch.randn(5, 3, 2), torch.ones(5, 3, 4, 4, 4, dtype=torch.uint8), torch.arange(15).view(5, 3, 1)):
        assert network(things).equal(things.flatten(2).float().mean(2))
    with pytest.raises(UserError, match=r"rows.pt does not take float32 of shape \[5\] \("):
        network(torch.randn(5))
