"""What is worse scores worse: on real digits, by a real classifier."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from gan_cli.data import Digits
from gan_cli.evaluation.collections import Collection, of_split
from gan_cli.evaluation.measures import measured
from gan_cli.evaluation.measuring import against_itself, against_training, floor_of
from gan_cli.metrics.distances import frechet_distance, kernel_distance
from gan_cli.metrics.feature_networks import FeatureRows
from gan_cli.metrics.features import Classifier


def blurred(images: Tensor, amount: int) -> Tensor:
    return avg_pool2d(images.float(), 2 * amount + 1, 1, amount, count_include_pad=False).round().to(torch.uint8)


def noisy(images: Tensor, amount: int) -> Tensor:
    noise = torch.randn(images.shape, generator=torch.Generator().manual_seed(0))
    return (images + 30 * amount * noise).clamp(0, 255).to(torch.uint8)


def dropped(images: Tensor, amount: int) -> Tensor:
    labels = Digits(image_size=16).read(train=True).labels[: len(images)]
    return images[labels >= 2 * amount]


@pytest.mark.parametrize("worse", [blurred, noisy, dropped])
def test_distances_rise_with_blur_noise_and_missing_modes(
    worse: Callable[[Tensor, int], Tensor], classifier: Classifier
) -> None:
    images = Digits(image_size=16).read(train=True).images[:700]
    real = classifier.rows(images)
    made = [classifier.rows(worse(images, amount)).features for amount in range(4)]
    frechet = [frechet_distance(features, real.features) for features in made]
    assert frechet[0] == pytest.approx(0, abs=1e-5)
    assert all(before < after for before, after in pairwise(frechet)), frechet
    # which classes are missing matters more to KID than how many, so there it only rises from nothing
    kernel = [kernel_distance(features, real.features).value for features in (made[0], made[3])]
    assert kernel[0] < 0.01 < kernel[1]


def test_missing_modes_are_counted(classifier: Classifier) -> None:
    images, _ = Digits(image_size=16).read(train=True)
    wanted = {"classes", "coverage", "recall"}
    found = measured(classifier.rows(dropped(images, 3)), classifier.rows(images), wanted).values
    assert found["classes"] == 4
    assert isinstance(found["coverage"], float)
    assert found["coverage"] < 0.6


def test_the_floor_is_held_out_against_training_or_two_halves(classifier: Classifier, tmp_path: Path) -> None:
    data = Digits(image_size=16)
    test, train = of_split(data, "test"), of_split(data, "train")
    pair = against_training(test, train, 300, classifier, tmp_path)
    assert pair.floor == "300 of Digits train"  # as many as are judged
    assert pair.other is not None
    assert len(pair.other.features) == 300
    halves = against_itself(test.some(25), classifier, tmp_path)
    assert halves.floor == "two disjoint halves, 12 each"
    wanted = {"fid", "kid", "precision", "density"}
    assert floor_of(pair, wanted).values.keys() == floor_of(halves, wanted).values.keys() == wanted
    assert floor_of(against_itself(test.some(20), classifier, tmp_path), wanted) == ({}, [])


def test_some_images_are_always_the_same() -> None:
    everything = of_split(Digits(image_size=16), "test")
    some = everything.some(36)
    assert some.total == len(some.all()) == 36
    assert torch.equal(some.all(), everything.some(36).all())
    assert everything.some(10**6) is everything
    assert some.key.startswith(everything.key)


def test_a_part_of_a_set_that_alternates_has_things_of_both_kinds() -> None:
    numbers = Collection("numbers", "", 10_000, lambda places: places)
    first, second = (half.all() for half in numbers.halves())
    assert torch.equal(torch.cat([first, second]).sort().values, torch.arange(10_000))
    for part in (first, second, numbers.some(1000).all()):
        assert (part % 2).double().mean().item() == pytest.approx(0.5, abs=0.05)


def test_features_alone_are_enough_for_distances() -> None:
    points = torch.randn(40, 3)
    found = measured(FeatureRows(points, None), FeatureRows(points, None), {"classes", "fid"})
    assert found.values.keys() == {"fid"}
