from pathlib import Path

import pytest
import torch
from sklearn.datasets import load_sample_images
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, normalize

from gan_cli.data import Digits
from gan_cli.errors import UserError
from gan_cli.media.pictures import to_float
from gan_cli.metrics.classifier import ImageClassifier
from gan_cli.metrics.feature_networks import ContinuousFeatures, FeatureRows
from gan_cli.metrics.features import Classifier, load_features
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance, distance_of
from tests.metrics.test_features import Means, saved


class TwoLayers(ContinuousFeatures):
    """The colours themselves, and their sums of 2x2 pixels."""

    def __init__(self) -> None:
        super().__init__("two layers", "none", "none")
        self.network = nn.Conv2d(2, 2, 2, 2, bias=False)
        self.network.weight.data = torch.eye(2)[:, :, None, None].expand(-1, -1, 2, 2).clone()

    def rows_of_batch(self, images: Tensor) -> FeatureRows:
        raise NotImplementedError

    rows_of_floats = rows_of_batch

    def maps(self, images: Tensor) -> list[Tensor]:
        return [images, self.network(images)]


def test_the_distance_is_that_of_directions_averaged_over_places_and_summed_over_layers() -> None:
    along = torch.tensor([1.0, 0.0])[:, None, None].expand(1, 2, 2, 2).clone()
    across = along.clone()
    across[0, :, 0, 0] = torch.tensor([0.0, 7.0])  # at one place of four, of any length: squared distance 2
    coarse = torch.tensor([3.0, 7.0]) / torch.tensor([3.0, 7.0]).norm()
    expected = 2 / 4 + float((coarse - torch.tensor([1.0, 0.0])).square().sum())
    distance = PerceptualDistance(TwoLayers())
    torch.testing.assert_close(distance(along, across), torch.tensor([expected]))
    assert distance(along, 5 * along).item() == pytest.approx(0, abs=1e-6)
    both = torch.cat([along, across])
    torch.testing.assert_close(distance(both, both.flip(0)), torch.tensor([expected, expected]))
    torch.testing.assert_close(distance_of(distance.seen(along), distance.seen(both)), torch.tensor([0, expected]))


@pytest.fixture(scope="module")
def in_lite0() -> PerceptualDistance:
    return PerceptualDistance(Lite0())


@pytest.fixture(scope="module")
def crops() -> Tensor:
    """Two parts of each of two photographs, [4, 3, 64, 64] in [-1, 1]."""
    photographs = [torch.from_numpy(image.copy()).permute(2, 0, 1) for image in load_sample_images().images]
    parts = [image[:, 150:214, at : at + 64] for image in photographs for at in (200, 300)]
    return torch.stack(parts).float() / 127.5 - 1


def test_it_grows_with_blur_and_is_larger_between_two_pictures(in_lite0: PerceptualDistance, crops: Tensor) -> None:
    blurred = [avg_pool2d(crops, 2 * amount + 1, 1, amount, count_include_pad=False) for amount in (0, 1, 2)]
    with torch.no_grad():
        none, little, much = (in_lite0(crops, image) for image in blurred)
        others = in_lite0(crops, crops.roll(2, 0))
    assert none.equal(torch.zeros(4))
    assert (little > 0).all()
    assert (little < much).all()
    assert (much < others).all()


def test_it_is_a_part_of_a_model_that_is_neither_trained_nor_saved(in_lite0: PerceptualDistance, crops: Tensor) -> None:
    owner = nn.Sequential(nn.Conv2d(3, 3, 1), in_lite0).train().double()
    assert list(owner.state_dict()) == [name for name, _ in owner.named_parameters()] == ["0.weight", "0.bias"]
    images = crops[:1].double().requires_grad_()
    before = in_lite0(images, crops[1:2].double())
    assert before.dtype == torch.float64
    (slope,) = torch.autograd.grad(before.sum(), images)
    with torch.no_grad():
        after = in_lite0(images - 0.1 * slope / slope.norm(), crops[1:2].double())
    fallen, foretold = float(before.detach() - after), 0.1 * float(slope.norm())
    assert fallen == pytest.approx(foretold, rel=0.2)
    in_lite0.float()


def test_large_images_are_made_smaller_and_grey_ones_taken(in_lite0: PerceptualDistance, crops: Tensor) -> None:
    with torch.no_grad():
        seen = in_lite0.seen(crops[:1, :1].repeat_interleave(8, 2))
    assert [tuple(made.shape[2:]) for made in seen] == [(128, 16), (64, 8), (32, 4), (16, 2), (8, 1)]


def test_a_classifier_has_layers_too_and_a_file_has_none(tmp_path: Path) -> None:
    network = ImageClassifier(width=4).eval()
    classifier = Classifier(network, 1.0, 1.0, "untrained")
    distance = PerceptualDistance(classifier)
    digits = to_float(Digits(image_size=16).read(train=False).images[:40])
    assert [tuple(made.shape[1:]) for made in distance.seen(digits)] == [(4, 8, 8), (8, 4, 4), (8, 2, 2)]
    ours, theirs = distance.seen(digits)[0], normalize(network.body[:3](digits))
    torch.testing.assert_close(ours, theirs)  # the normalisation is folded
    assert (distance(digits[:20], digits[20:]) > 0).all()
    assert list(network.parameters())  # a copy of it is used
    with pytest.raises(UserError, match=r"means.pt takes images only as they are saved, .* take lite0 or classifier"):
        PerceptualDistance(load_features(saved(Means(), tmp_path / "means.pt"), tmp_path))
