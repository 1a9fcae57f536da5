from typing import Any

import pytest
import torch

from gan_cli.batches import BarBatch
from gan_cli.errors import UserError
from gan_cli.seeding import Rows
from gan_cli.variants import MidiNet
from gan_cli.variants.places import Place

TINY: dict[str, Any] = {"num_pitches": 12, "base_channels": 2, "hidden": 8, "previous_channels": 2, "latent_dim": 4}


def ready(**arguments: Any) -> MidiNet:
    """A model as a trainer leaves it before a step."""
    torch.manual_seed(0)
    model = MidiNet(**{**TINY, **arguments})
    model._place = Place(Rows(0, 16, 16), 0, 0)
    model.watch = lambda *_: None  # type: ignore[method-assign]
    return model


def batch() -> BarBatch:
    bars, previous = (torch.rand(16, 1, 16, 12) > 0.8 for _ in range(2))
    return BarBatch(bars.float(), previous.float(), torch.eye(13)[torch.arange(16) % 12])


def test_the_generator_steps_twice_a_batch() -> None:
    model = ready()
    assert [*model.descending()] == ["discriminator", "generator", "generator"]
    assert model.batches_a_step() == 0.5


def test_features_are_matched_by_half_the_squared_distance_of_means() -> None:
    model, real = ready(lambda_features=3.0, lambda_bars=5.0), batch()
    fake = model.fakes("generator", real.previous, real.chords)
    losses = model.generator_losses(real)
    apart = (real.bars.mean(0) - fake.mean(0)).square().sum() / 2
    assert losses["bars"].item() == pytest.approx(5 * apart.item(), rel=1e-4)
    features = [model.discriminator.features(bars, real.chords).mean(0) for bars in (real.bars, fake)]  # type: ignore[operator]
    apart = (features[0] - features[1]).square().sum() / 2
    assert losses["features"].item() == pytest.approx(3 * apart.item(), rel=1e-4)


def test_real_bars_are_to_be_called_real_to_nine_tenths() -> None:
    losses = {
        target: ready(real_target=target).discriminator_losses(batch())["adversarial"].item() for target in (0.9, 1.0)
    }
    assert losses[0.9] != losses[1.0]


def test_the_bar_before_and_the_chord_change_what_is_made() -> None:
    for into in ("all", "last"):
        model, real = ready(previous_into=into).eval(), batch()
        latents = torch.zeros(16, 4)
        made = model(latents, real.previous, real.chords)
        assert not torch.equal(made, model(latents, real.previous * 0, real.chords))
        assert not torch.equal(made, model(latents, real.previous, real.chords.roll(1, 0)))


def test_steps_that_cannot_be_halved_thrice_are_refused() -> None:
    with pytest.raises(UserError, match=r"model.num_steps: 12 is not possible; take a value that 8 divides"):
        MidiNet(num_steps=12)
