from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.variants import SNGAN
from tests.networks.counting import count
from tests.toys import FewDigits, batch_for, passes_of
from tests.variant_rows import TINY


def test_a_descent_is_one_power_iteration_and_held_out_images_are_none(quiet_trainer: Callable[..., Trainer]) -> None:
    torch.manual_seed(0)
    model: Any = SNGAN(**TINY, architecture="cnn")
    passes: list[bool] = []
    model.discriminator.register_forward_pre_hook(lambda module, _: passes.append(module.training))
    batch = batch_for(model)
    model.discriminator_losses(batch)
    model.generator_losses(batch)
    assert passes == [True, True]
    before = {name: value.clone() for name, value in model.discriminator.state_dict().items()}
    del model.watch
    trainer = quiet_trainer(limit_val_batches=1)
    trainer.validate(model, FewDigits(image_size=16, batch_size=16), verbose=False)
    assert len(passes) == 3
    assert all(torch.equal(value, before[name]) for name, value in model.discriminator.state_dict().items())


def test_every_layer_of_the_discriminator_is_divided_and_none_of_the_generators() -> None:
    model = SNGAN(**TINY)
    assert all(is_parametrized(layer, "weight") for layer in weighty(model.discriminator))
    assert not any(is_parametrized(layer) for layer in weighty(model.generator))


def weighty(network: nn.Module) -> list[Any]:
    return [module for module in network.modules() if isinstance(module, nn.Conv2d | nn.Linear)]


def test_the_discriminator_has_a_margin_and_the_generator_none() -> None:
    """Miyato et al. 2018, equations 16 and 17."""
    torch.manual_seed(0)
    model: Any = SNGAN(**TINY, architecture="cnn").eval()
    batch = batch_for(model)
    with torch.no_grad():
        model.discriminator.head.bias.fill_(0.97)  # some real images are beyond the margin
        real, fake = model.discriminator(batch.real), model.discriminator(model.fakes("discriminator"))
        later = model.discriminator(model.fakes("generator"))
    assert real.min() < 1 < real.max()
    expected = (1 - real).clamp(min=0).mean() + (1 + fake).clamp(min=0).mean()
    assert model.discriminator_losses(batch)["adversarial"].item() == pytest.approx(expected.item(), rel=1e-4)
    assert model.generator_losses(batch)["adversarial"].item() == pytest.approx(-later.mean().item(), rel=1e-4)


def test_by_class_the_logit_is_the_heads_and_the_product_of_features_and_embedding() -> None:
    """Miyato and Koyama 2018, equation 3, worked out by hand: everything in it is divided by its singular value."""
    model: Any = SNGAN(**TINY, num_classes=3).eval()
    judge = model.discriminator
    features = torch.tensor([[1.0, 2.0], [3.0, -1.0]])
    judge.discriminator.body = nn.Identity()
    judge.discriminator.head = nn.Linear(2, 1)
    judge.embedding = nn.Linear(3, 2, bias=False)
    with torch.no_grad():
        judge.discriminator.head.weight.copy_(torch.tensor([[3.0, 4.0]]))  # of length 5
        judge.discriminator.head.bias.fill_(0.5)
        judge.embedding.weight.copy_(torch.tensor([[2.0, 0.0, 0.0], [0.0, 4.0, 0.0]]))  # columns: e_0, e_1, e_2
    normalise_spectrally(judge)
    for _ in range(20):
        judge.train()(features, torch.tensor([0, 1]))
    logits = judge.eval()(features, torch.tensor([1, 0])).tolist()
    assert logits == pytest.approx([11 / 5 + 0.5 + 2 * 1, 5 / 5 + 0.5 + 3 * 0.5], abs=1e-4)


def test_by_class_real_images_have_their_labels_and_made_ones_those_they_were_made_of() -> None:
    model: Any = SNGAN(**TINY, num_classes=10, generator_batch_multiple=2)
    batch = batch_for(model)
    made, judged = passes_of(model.generator), passes_of(model.discriminator)
    model.discriminator_losses(batch)
    model.generator_losses(batch)
    (images, labels, _), (fake, fake_labels, _) = judged
    assert torch.equal(images, torch.cat([batch.real, made[0][2]]))
    assert torch.equal(labels, torch.cat([batch.labels, made[0][1]]))
    assert not torch.equal(made[0][1], batch.labels)  # drawn, all equally likely
    assert len(fake) == len(fake_labels) == 2 * len(batch.labels)
    assert torch.equal(fake_labels, made[1][1])


def test_first_weights_are_the_authors() -> None:
    torch.manual_seed(0)
    cnn: Any = SNGAN(**{**TINY, "base_channels": 32}, architecture="cnn")
    for layer in weighty(cnn.discriminator):
        assert layer.parametrizations.weight.original.std().item() == pytest.approx(0.02, rel=0.1)
    resnet: Any = SNGAN(**{**TINY, "base_channels": 32}, num_classes=10).discriminator
    for head in (resnet.embedding, resnet.discriminator.head):
        limit = (6 / sum(head.weight.shape)) ** 0.5
        assert limit / 2 < head.parametrizations.weight.original.abs().max() <= limit


def test_parameter_counts_by_class_are_the_authors() -> None:
    """Counted by hand from resnet_32.py and snresnet_32.py, whose head alone has no bias."""
    model = SNGAN(image_size=32, num_classes=10)
    assert count(model.generator) == 4_276_739 + 9 * 2 * 6 * 256
    assert count(model.discriminator) == 1_053_824 + 1 + 10 * 128
