from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import StarGAN
from gan_cli.variants.base import Place
from gan_cli.variants.label_vectors import LabelSets, accuracy, classification
from tests.networks.counting import count

TINY: dict[str, Any] = {"image_size": 16, "num_classes": 3, "base_channels": 2, "num_blocks": 1}


def model_and_batch(labels: Tensor, **arguments: Any) -> tuple[Any, ImageBatch]:
    torch.manual_seed(0)
    model: Any = StarGAN(**{**TINY, **arguments})
    model.watch = lambda *_: None
    model._place = Place(Rows(0, len(labels), len(labels)), model.seed, 0)
    return model, ImageBatch(torch.rand(len(labels), 3, 16, 16) * 2 - 1, labels)


CLASSES = torch.tensor([0, 1, 2, 2])
ATTRIBUTES = torch.tensor([[1.0, 0, 1], [0, 1, 0], [0, 0, 0], [1, 1, 1]])


@pytest.mark.parametrize("labels", [CLASSES, ATTRIBUTES], ids=["classes", "attributes"])
def test_the_losses_are_the_papers(labels: Tensor) -> None:
    model, batch = model_and_batch(labels, lambda_cls=2.0, lambda_rec=3.0)
    targets = model._targets(labels)
    assert sorted(targets.tolist()) == sorted(labels.tolist())  # the batch's own labels, in another order
    fake = model.generator(batch.images, model._planes(targets))
    real_outputs, fake_outputs = model.discriminator(batch.images), model.discriminator(fake)

    def classified(outputs: Tensor, wanted: Tensor) -> Tensor:
        if wanted.ndim == 2:
            return binary_cross_entropy_with_logits(outputs[:, 1:], wanted, reduction="none").sum(1).mean()
        return cross_entropy(outputs[:, 1:], wanted)

    told_apart = model.discriminator_losses(batch)
    distance = fake_outputs[:, 0].mean() - real_outputs[:, 0].mean()
    assert torch.allclose(told_apart["adversarial"], distance, atol=1e-6)
    assert torch.allclose(told_apart["class"], 2 * classified(real_outputs, labels), atol=1e-6)
    losses = model.generator_losses(batch)
    assert torch.allclose(losses["adversarial"], -fake_outputs[:, 0].mean(), atol=1e-6)
    assert torch.allclose(losses["class"], 2 * classified(fake_outputs, targets), atol=1e-6)
    back = model.generator(fake, model._planes(labels))
    assert torch.allclose(losses["reconstruction"], 3 * (back - batch.images).abs().mean(), atol=1e-6)


def test_the_penalty_is_on_the_slope_of_the_sum_of_the_patches_as_in_the_authors_code() -> None:
    """Worked out by hand: every layer passes on every second pixel, so that the map is 1/2 of four pixels.

    The sum's gradient is 1/2 at each of the four, a slope of 1, where the mean's is 1/4: a penalty of 0, not of 9/16.
    At twice the scores it is (2 - 1)^2.
    """
    model, batch = model_and_batch(CLASSES, image_channels=1, base_channels=1, lambda_gp=10.0)
    batch = batch._replace(images=batch.images[:, :1] / 4 + 0.5)  # all above 0, where LeakyReLU is the identity
    judge = model.discriminator
    with torch.no_grad():
        for parameter in judge.parameters():
            parameter.zero_()
        for layer in (layer for layer in judge.body if hasattr(layer, "weight")):
            layer.weight[0, 0, 1, 1] = 1
        model.generator.translator.layers[-2].weight.fill_(0)  # what is made is grey, and not below 0
        judge.score.weight[0, 0, 1, 1] = 0.5
        assert torch.allclose(judge(batch.images)[:, 0], batch.images[:, 0, ::8, ::8].mean((1, 2)) / 2)
    penalties = []
    for _ in range(2):
        penalties.append(model.discriminator_losses(batch)["penalty"].item())
        with torch.no_grad():
            judge.score.weight *= 2
    assert penalties == pytest.approx([0, 10], abs=1e-5)


def test_a_direction_is_a_domain_or_several_attributes() -> None:
    model, batch = model_and_batch(ATTRIBUTES)
    model.data_facts = {"class_names": ("dark", "blond", "young")}
    assert model.directions == ("dark", "blond", "young")
    both = torch.tensor([[0.0, 1, 1]]).expand(4, -1)
    assert torch.equal(model(batch.images, "blond+young"), model.generator(batch.images, both))
    with pytest.raises(UserError, match="old is unknown to this model; take dark or blond or young"):
        model(batch.images, "blond+old")


FACE = ("Black_Hair", "Blond_Hair", "Male", "Young", "happy", "angry")
NAN = float("nan")
JOINT: LabelSets = ((4, "attributes"), (2, "classes"))
BOTH = ("4 attributes", "2 classes")


class Reader(nn.Module):
    """Reads whether each of the first image's pixels, row by row, is light; the first output is the score."""

    patches = 1

    def forward(self, images: Tensor) -> Tensor:
        assert images.shape[2:] == (16, 16)
        return torch.cat([images[:, :1, 0, 0], images[:, 0].flatten(1)[:, : len(FACE)]], dim=1)


def of_faces(**arguments: Any) -> tuple[Any, list[Tensor]]:
    """A model whose generator notes what it is told, and whose discriminator reads it off the image."""
    model, _ = model_and_batch(ATTRIBUTES, **arguments)
    model.data_facts = {"class_names": FACE[: model.num_classes], "attributes": True}
    model.discriminator = Reader()
    seen: list[Tensor] = []

    def noted(images: Tensor, wanted: Tensor) -> Tensor:
        seen.append(wanted)
        return images

    model.generator.forward = noted
    return model, seen


SOURCE = torch.tensor([[1.0, 0, 1, 0], [0, 0, 0, 1]])


@pytest.mark.parametrize(
    ("direction", "wanted"),
    [
        ("Blond_Hair", [[0, 1, 1, 0], [0, 1, 0, 1]]),
        ("Black_Hair", [[1, 0, 1, 0], [1, 0, 0, 1]]),
        ("Young", [[1, 0, 1, 1], [0, 0, 0, 0]]),
        ("Male+Blond_Hair+Male", [[0, 1, 0, 0], [0, 1, 1, 1]]),
    ],
)
def test_a_direction_changes_what_it_names_as_the_authors_code_does_and_keeps_the_rest(
    direction: str, wanted: list[list[float]]
) -> None:
    model, seen = of_faces(num_classes=4)
    images = torch.rand(2, 3, 16, 16) * 2 - 1
    model(images, direction, source_labels=SOURCE)
    images.view(2, 3, -1)[:, 0, :4] = SOURCE * 2 - 1
    model(images, direction)  # the discriminator reads the same
    partly = torch.where(torch.tensor([True, False, True, False]), NAN, SOURCE)
    model(images, direction, source_labels=partly)
    assert [told.tolist() for told in seen] == [wanted] * 3


def test_labels_are_read_in_the_square_in_the_middle_as_in_training() -> None:
    model, _ = of_faces(num_classes=4)
    large = -torch.ones(1, 3, 32, 40)
    large[..., 4:12] = 1  # of the square, columns 0 to 7: four pixels of the small image
    assert model.read_labels(large).tolist() == [[1, 1, 1, 1]]
    assert model.read_labels(large.roll(-4, 3)).tolist() == [[1, 1, 0, 0]]


def test_contradictory_directions_are_refused() -> None:
    model, _ = of_faces(num_classes=6, label_sets=BOTH)
    with pytest.raises(
        UserError, match=r"direction: Black_Hair\+Blond_Hair asks for Black_Hair and Blond_Hair at once"
    ):
        model.check_direction("Black_Hair+Blond_Hair")
    with pytest.raises(UserError, match=r"direction: Young\+happy names labels of two sets"):
        model.check_direction("Young+happy")


def test_of_two_sets_a_mask_says_which_labels_count() -> None:
    model, seen = of_faces(num_classes=6, label_sets=BOTH)
    images = torch.rand(1, 3, 16, 16)
    model(images, "Young", source_labels=torch.tensor([[0.0, 1, 0, 0, NAN, NAN]]))
    model(images, "angry", source_labels=torch.tensor([[0.0, 1, 0, 0, NAN, NAN]]))
    assert [told.tolist() for told in seen] == [[[0, 1, 0, 1, 0, 0, 1, 0]], [[0, 0, 0, 0, 0, 1, 0, 1]]]
    assert model.starts_from("Young") == FACE[:4]
    assert model.starts_from("angry") == ()


def test_of_two_sets_only_known_labels_are_classified() -> None:
    logits = torch.randn(4, 6)
    mine, theirs = torch.tensor([[1.0, 0, 0, 1], [0, 1, 1, 1]]), torch.tensor([[1.0, 0], [0, 1]])
    labels = torch.full((4, 6), NAN)
    labels[::2, :4], labels[1::2, 4:] = mine, theirs
    found = classification(logits, labels, JOINT)
    attributes = binary_cross_entropy_with_logits(logits[::2, :4], mine, reduction="sum")
    classes = cross_entropy(logits[1::2, 4:], theirs.argmax(1), reduction="sum")
    assert torch.allclose(found, (attributes + classes) / 4)
    assert torch.allclose(classification(logits[::2], labels[::2], JOINT), attributes / 2)
    assert torch.allclose(classification(logits[1::2], labels[1::2], JOINT), classes / 2)
    right = ((logits[::2, :4] > 0) == (mine > 0.5)).sum() + (logits[1::2, 4:].argmax(1) == theirs.argmax(1)).sum()
    assert torch.allclose(accuracy(logits, labels, JOINT), right / 10)


def test_of_two_sets_the_networks_have_the_authors_sizes() -> None:
    with torch.device("meta"):
        model = StarGAN(num_classes=13, label_sets=("5 attributes", "8 classes"))
    assert count(model.generator) == 8_430_528 + (8 + 2) * 64 * 7 * 7
    assert count(model.discriminator) == 44_762_048 + 8 * 2048 * 2 * 2
    for wrong in (("5 attributes", "7 classes"), ("13 attributes",), ("5 attributes", "8 moods")):
        with pytest.raises(
            UserError, match=r"label_sets: .* is not possible; take a value such as \[5 attributes, 8 cl"
        ):
            StarGAN(num_classes=13, label_sets=wrong)


def test_of_two_sets_the_generator_steps_on_a_batch_of_each() -> None:
    model, _ = of_faces(num_classes=6, label_sets=BOTH, n_critic=2)
    stepped = []
    for batches in range(8):
        model.counters.batches = batches
        stepped.append("generator" in model.descending())
    assert stepped == [False, False, True, True] * 2


def test_fewer_than_two_domains_are_refused() -> None:
    with pytest.raises(UserError, match="StarGAN needs domains"):
        StarGAN(num_classes=1)
