from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy

from gan_cli.batches import ImageBatch
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import StarGAN
from gan_cli.variants.base import Place

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
    fake = model.generator(batch.images, model._shares(targets))
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
    back = model.generator(fake, model._shares(labels))
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


def test_fewer_than_two_domains_are_refused() -> None:
    with pytest.raises(UserError, match="StarGAN needs domains"):
        StarGAN(num_classes=1)
