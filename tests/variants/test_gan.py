from typing import Any

import pytest
import torch
from torch.nn.functional import softplus

from gan_cli.variants import GAN
from tests.toys import batch_for
from tests.variant_rows import TINY


def losses(steps: int = 0, **arguments: Any) -> tuple[float, float]:
    torch.manual_seed(0)
    model = GAN(**{**TINY, "base_channels": 16}, **arguments)
    model.counters.generator_steps = steps
    batch = batch_for(model)
    return model.discriminator_losses(batch)["adversarial"].item(), model.generator_losses(batch)["adversarial"].item()


def test_the_objective_is_the_generators_only() -> None:
    torch.manual_seed(0)
    model = GAN(**{**TINY, "base_channels": 16})
    batch_for(model)
    logits = model.judged_fakes().detach()
    saturating, minimax = losses(), losses(objective="minimax")
    assert saturating[0] == minimax[0]
    assert saturating[1] == pytest.approx(float(softplus(-logits).mean()), rel=1e-5)
    assert minimax[1] == pytest.approx(float(-softplus(logits).mean()), rel=1e-5)


def test_smoothed_labels_are_one_sided() -> None:
    plain, smooth = losses(), losses(real_target=0.9)
    assert plain[0] != smooth[0]
    assert plain[1] == smooth[1]


def test_instance_noise_falls_to_nothing() -> None:
    arguments: dict[str, Any] = {"instance_noise": 1.0, "instance_noise_end": 10}
    assert losses(steps=10, **arguments) == losses(steps=99, **arguments) == losses()
    model = GAN(**TINY, **arguments)
    plain = torch.zeros(64, 1, 16, 16)
    for steps, deviation in ((0, 1.0), (5, 0.5), (9, 0.1)):
        model.counters.generator_steps = steps
        assert model.presented(plain).std().item() == pytest.approx(deviation, rel=0.05)
    assert GAN(**TINY, instance_noise=0.5).presented(plain).std().item() == pytest.approx(0.5, rel=0.05)
