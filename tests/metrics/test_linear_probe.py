"""The linear probe: what it learns from, and what it never looks at."""

from typing import Any

import pytest
import torch
from torch import Tensor

from gan_cli.metrics import linear_probe as module
from gan_cli.metrics.linear_probe import chosen_strength, labelled_subset, linear_probe


def clouds(each: int, seed: int) -> tuple[Tensor, Tensor]:
    """Three classes that two of twenty features tell."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(3).repeat_interleave(each)
    features = torch.randn(len(labels), 20, generator=generator)
    features[:, 0] += 5 * labels
    features[:, 1] += 5 * (labels == 1)
    return features, labels


@pytest.mark.parametrize("scale", [1e-3, 1, 1e3])
def test_it_tells_classes_that_lie_apart_at_any_scale(scale: float) -> None:
    (train, labels), (test, test_labels) = clouds(30, 0), clouds(100, 1)
    probed = linear_probe(scale * train, labels, scale * test, test_labels)
    assert probed.accuracy > 0.95
    assert probed.features == 20


def test_more_features_than_images_are_rotated_without_a_change() -> None:
    (train, labels), (test, _) = clouds(5, 0), clouds(100, 1)
    rotated = module._rotated(train, test)
    assert rotated[0].shape == (15, 15)
    plain, turned = (module._machine(1.0, 15, 0).set_params(tol=1e-8, max_iter=100_000) for _ in range(2))
    plain.fit(train.numpy(), labels.numpy())
    turned.fit(rotated[0].numpy(), labels.numpy())
    theirs, ours = plain.decision_function(test.numpy()), turned.decision_function(rotated[1].numpy())
    torch.testing.assert_close(torch.from_numpy(ours), torch.from_numpy(theirs), rtol=1e-3, atol=1e-3)


def test_it_is_the_same_again() -> None:
    assert linear_probe(*clouds(20, 0), *clouds(20, 1), seed=3) == linear_probe(*clouds(20, 0), *clouds(20, 1), seed=3)


def test_the_regularisation_is_chosen_without_the_test_images(monkeypatch: pytest.MonkeyPatch) -> None:
    train, test = clouds(20, 0), clouds(20, 1)
    seen: list[Tensor] = []

    def noted(features: Tensor, labels: Tensor, seed: int) -> Any:
        seen.append(features)
        return chosen_strength(features, labels, seed)

    monkeypatch.setattr(module, "chosen_strength", noted)
    honest = linear_probe(*train, *test)
    wrong = linear_probe(*train, test[0], (test[1] + 1) % 3)
    assert honest.strength == wrong.strength
    assert honest.held_out_accuracy == wrong.held_out_accuracy
    assert wrong.accuracy < 0.1
    assert all(len(features) == 60 for features in seen)  # the training images, whatever the test set is
    assert torch.equal(*seen)


def test_as_many_labels_of_each_class_are_taken() -> None:
    labels = torch.arange(300) % 3
    chosen = labelled_subset(labels, 7, seed=0)
    assert labels[chosen].bincount().tolist() == [7, 7, 7]
    assert len(chosen.unique()) == 21
    assert not torch.equal(chosen, labelled_subset(labels, 7, seed=1))
    assert torch.equal(labelled_subset(labels, None, seed=0), torch.arange(300))
