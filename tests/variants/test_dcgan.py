from collections.abc import Callable

import pytest
import torch
from lightning.pytorch import Trainer
from torch.nn.functional import softplus

from gan_cli.variants import DCGAN
from tests.toys import FewDigits, batch_for, passes_of
from tests.variant_rows import TINY


def test_the_generator_repeats_its_step_with_new_noise(quiet_trainer: Callable[..., Trainer]) -> None:
    model = DCGAN(**TINY, generator_repeats=2)
    passes = passes_of(model.generator)
    quiet_trainer(max_steps=3).fit(model, FewDigits(image_size=16, batch_size=16))
    assert model.counters.generator_steps == 6
    seen = {tuple(latents.flatten().tolist()) for latents, *_ in passes}
    assert len(seen) == len(passes) == 6


def test_the_objective_is_the_non_saturating_one() -> None:
    torch.manual_seed(0)
    model = DCGAN(**TINY)
    batch = batch_for(model)
    shared, passes = model.shared(batch), passes_of(model.discriminator)
    losses = model.discriminator_losses(shared), model.generator_losses(shared)
    (seen, real), (_, fake), (learned_from, later) = passes
    assert torch.equal(seen, batch.real)
    assert torch.equal(learned_from, shared.fake)  # the discriminator's own, as in the authors' Torch code
    expected = softplus(-real).mean() + softplus(fake).mean()
    assert losses[0]["adversarial"].item() == pytest.approx(expected.item(), rel=1e-5)
    assert losses[1]["adversarial"].item() == pytest.approx(softplus(-later).mean().item(), rel=1e-5)
