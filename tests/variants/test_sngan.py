from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import nn
from torch.nn.utils.parametrize import is_parametrized

from gan_cli.variants import SNGAN
from tests.toys import FewDigits, batch_for
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


def weighty(network: nn.Module) -> list[nn.Module]:
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
