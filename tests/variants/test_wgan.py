from collections.abc import Callable

import pytest
import torch
from lightning.pytorch import Trainer

from gan_cli.variants import WGAN
from tests.toys import FewDigits, batch_for
from tests.variant_rows import TINY


@pytest.mark.parametrize("clip", [0.01, 0.1])
def test_the_critics_weights_are_clipped_and_the_generators_are_not(
    quiet_trainer: Callable[..., Trainer], clip: float
) -> None:
    torch.manual_seed(0)
    model = WGAN(**TINY, clip=clip, n_critic=2)
    quiet_trainer(max_steps=4).fit(model, FewDigits(image_size=16, batch_size=16))
    largest = [float(weight.detach().abs().max()) for weight in model.discriminator.parameters()]
    assert max(largest) == pytest.approx(clip)
    assert max(float(weight.detach().abs().max()) for weight in model.generator.parameters()) > 0.5


def test_the_losses_are_the_papers() -> None:
    """Arjovsky et al. 2017, algorithm 1: the critic raises real images above generated ones."""
    torch.manual_seed(0)
    model = WGAN(**{**TINY, "architecture": "mlp", "base_channels": 16})
    batch = batch_for(model)
    with torch.no_grad():
        images = (batch.real, model.fakes("discriminator"), model.fakes("generator"))
        real, fake, later = (model.discriminator(each).mean().item() for each in images)
    assert model.discriminator_losses(batch)["adversarial"].item() == pytest.approx(fake - real, rel=1e-4)
    assert model.generator_losses(batch)["adversarial"].item() == pytest.approx(-later, rel=1e-4)


def test_the_critic_warms_up_as_the_authors_have_it() -> None:
    warm, plain = WGAN(**TINY, critic_warmup=True), WGAN(**TINY)
    waits = {}
    for done in (0, 24, 25, 499, 500, 501, 1000):
        warm.counters.generator_steps = plain.counters.generator_steps = done
        waits[done] = warm.n_critic_now()
        assert plain.n_critic_now() == 5
    assert waits == {0: 100, 24: 100, 25: 5, 499: 5, 500: 100, 501: 5, 1000: 100}


def test_the_generator_waits_for_a_hundred_steps_at_first(quiet_trainer: Callable[..., Trainer]) -> None:
    model = WGAN(**{**TINY, "architecture": "mlp", "base_channels": 8}, critic_warmup=True)
    start = [weight.detach().clone() for weight in model.generator.parameters()]
    quiet = {"log_every_n_steps": 100}
    for steps, generator_steps in ((99, 0), (1, 1)):
        trainer = quiet_trainer(max_steps=steps, **quiet)
        trainer.fit(model, FewDigits(image_size=16, batch_size=16))
        assert model.counters.generator_steps == generator_steps
        moved = [not torch.equal(now, before) for now, before in zip(model.generator.parameters(), start, strict=True)]
        assert moved == [bool(generator_steps)] * len(start)
