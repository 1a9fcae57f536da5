from typing import Any

import pytest
import torch

from gan_cli.data.images.sources import digits
from gan_cli.metrics.classifier import FEATURES, ImageClassifier, accuracy, classify, shifted, train_classifier


def weights(**options: Any) -> torch.Tensor:
    """All weights of a classifier trained for a few steps on 100 images."""
    images, labels = digits(True, 16)
    model = train_classifier(images[:100], labels[:100], **{"steps": 3, **options})
    return torch.cat([value.flatten() for value in model.parameters()])


@pytest.mark.parametrize("autocast", [False, True])
def test_it_learns_the_digits_in_moments(autocast: bool) -> None:
    model = train_classifier(*digits(True, 16), steps=100, autocast=autocast)
    assert not model.training
    assert accuracy(model, *digits(False, 16)) > 0.85


def test_a_hundred_images_are_enough_to_beat_chance_by_far() -> None:
    images, labels = digits(True, 16)
    model = train_classifier(images[:100], labels[:100], steps=100)
    assert accuracy(model, *digits(False, 16)) > 0.5


def test_the_seed_decides_and_the_global_state_is_left_alone() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    first = weights()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    assert torch.equal(weights(), first)
    assert not torch.equal(weights(seed=1), first)
    assert not torch.equal(weights(shift=0), first)


def test_classes_confidences_and_features_belong_together() -> None:
    torch.manual_seed(0)
    model = ImageClassifier(num_classes=7).eval()
    images = torch.randint(0, 256, (10, 1, 32, 32), dtype=torch.uint8)
    said = classify(model, images)
    assert said.features.shape == (10, FEATURES)
    probabilities = model.head(said.features).softmax(1)
    assert torch.equal(said.labels, probabilities.argmax(1))
    assert torch.allclose(said.confidences, probabilities.max(1).values)
    assert torch.allclose(classify(model, images, batch_size=3).features, said.features, atol=1e-5)


@pytest.mark.parametrize("size", [16, 32, 64])
def test_it_takes_several_sizes(size: int) -> None:
    model = ImageClassifier().eval()
    assert model(torch.zeros(2, 1, size, size)).shape == (2, 10)


def test_shifts_move_the_image_and_bring_in_background() -> None:
    images = torch.zeros(200, 1, 16, 16, dtype=torch.uint8)
    images[:, :, 8, 5] = 255
    moved = shifted(images, 2, torch.Generator().manual_seed(0))
    places = moved.flatten(1).argmax(1)
    assert bool((moved.flatten(1).sum(1) == 255).all())
    assert {(int(place) // 16 - 8, int(place) % 16 - 5) for place in places} == {
        (down, right) for down in range(-2, 3) for right in range(-2, 3)
    }
    assert torch.equal(shifted(images, 0, torch.Generator()), images)


def test_attributes_are_told_each_by_itself() -> None:
    images = torch.zeros(64, 3, 16, 16, dtype=torch.uint8)
    labels = torch.tensor([[number % 2, number // 2 % 2] for number in range(64)]).float()
    images[labels[:, 0] > 0, 0] = 200
    images[labels[:, 1] > 0, 2] = 200
    model = train_classifier(images, labels, steps=40, num_classes=2)
    assert torch.equal(classify(model, images).logits > 0, labels > 0)
