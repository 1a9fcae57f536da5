from typing import Any

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from gan_cli.batches import PairedBatch
from gan_cli.errors import UserError
from gan_cli.variants import Pix2Pix

TINY: dict[str, Any] = {"image_size": 64, "source_channels": 1, "base_channels": 2}


def model_and_batch(**arguments: Any) -> tuple[Any, PairedBatch]:
    torch.manual_seed(0)
    model: Any = Pix2Pix(**{**TINY, **arguments})
    model.watch = lambda *_: None
    return model, PairedBatch(torch.rand(2, 1, 64, 64) * 2 - 1, torch.rand(2, 3, 64, 64) * 2 - 1)


def test_the_losses_are_the_papers() -> None:
    model, batch = model_and_batch(lambda_l1=7.0)
    shared = model.shared(batch)
    real, fake = (
        model.discriminator(torch.cat([batch.source, images], dim=1)) for images in (batch.target, shared.fake.detach())
    )
    ones, zeros = torch.ones_like(real), torch.zeros_like(real)
    told_apart = (binary_cross_entropy_with_logits(real, ones) + binary_cross_entropy_with_logits(fake, zeros)) / 2
    assert torch.allclose(model.discriminator_losses(shared)["adversarial"], told_apart, atol=1e-6)
    losses = model.generator_losses(shared)
    assert torch.allclose(losses["adversarial"], binary_cross_entropy_with_logits(fake, ones), atol=1e-6)
    assert torch.allclose(losses["l1"], 7 * (shared.fake - batch.target).abs().mean())


def test_without_the_adversarial_term_a_regression_is_left() -> None:
    model, batch = model_and_batch(lambda_adversarial=0.0)
    assert list(model.generator_losses(model.shared(batch))) == ["l1"]


def test_both_descents_see_the_same_outputs_and_only_the_generator_learns_from_its_own() -> None:
    model, batch = model_and_batch()
    shared = model.shared(batch)
    model.discriminator_losses(shared)["adversarial"].backward()
    assert all(parameter.grad is None for parameter in model.generator.parameters())
    torch.stack(list(model.generator_losses(shared).values())).sum().backward()
    assert all(parameter.grad is not None for parameter in model.generator.parameters())


def test_an_image_is_translated_as_if_it_were_alone() -> None:
    model, batch = model_and_batch()
    model.eval()
    together = model(batch.source, dropout=False)
    assert torch.allclose(together[1:], model(batch.source[1:], dropout=False), atol=1e-6)


def test_the_noise_is_dropout_and_can_be_left_out() -> None:
    model, batch = model_and_batch()
    model.eval()
    assert not torch.equal(model(batch.source), model(batch.source))
    assert torch.equal(model(batch.source, dropout=False), model(batch.source, dropout=False))


def test_the_direction_has_the_names_of_the_data() -> None:
    model, _ = model_and_batch()
    assert model.directions == ("a2b",)
    model.data_facts = {"domains": ("edges", "photo")}
    assert model.directions == ("edges2photo",)
    assert model.channels("edges2photo") == (1, 3)


@pytest.mark.parametrize("size", [32, 96])
def test_the_u_net_wants_a_power_of_two(size: int) -> None:
    with pytest.raises(UserError, match=rf"model.image_size: {size} is not possible"):
        Pix2Pix(image_size=size)
