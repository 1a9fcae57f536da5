from collections.abc import Callable
from math import cos, pi
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Callback, Trainer
from torch import Tensor
from torch.nn.functional import softplus

from gan_cli.inference.checkpoints import arguments_of, load_model
from gan_cli.variants import R3GAN
from gan_cli.variants.descents import frozen
from tests.toys import FewDigits, batch_for, passes_of
from tests.variant_rows import TINY

SMALL: dict[str, Any] = {**TINY, "architecture": "mlp", "base_channels": 16}
TOGETHER: dict[str, Any] = {**SMALL, "own_reals": False}
"""Both players descend on every batch."""


class Rates(Callback):
    """Notes each player's learning rate and Adam's two rates, as each batch used them."""

    def __init__(self) -> None:
        self.notes: list[list[float]] = []

    def on_train_batch_end(self, trainer: Trainer, *_: Any) -> None:
        groups = [optimizer.param_groups[0] for optimizer in trainer.optimizers]
        self.notes.append([value for group in groups for value in (group["lr"], *group["betas"])])


def test_learning_rates_and_beta2_follow_a_cosine_over_the_images_shown(quiet_trainer: Callable[..., Trainer]) -> None:
    rates = Rates()
    model = R3GAN(**SMALL, discriminator_lr=8e-4, generator_lr=4e-4, beta2=(0.9, 0.99), schedule_kimg=16 * 4 / 1000)
    quiet_trainer(max_steps=12, callbacks=[rates]).fit(model, FewDigits(image_size=16, batch_size=16))
    for batch, note in enumerate(rates.notes):
        left = (1 + cos(pi * min(batch // 2, 4) / 4)) / 2  # 1 at the first round of two batches, 0 from the fifth on
        factor, beta2 = 0.25 + 0.75 * left, 0.99 - 0.09 * left
        assert note == pytest.approx([8e-4 * factor, 0, beta2, 4e-4 * factor, 0, beta2])
    assert rates.notes[4] == rates.notes[5] == pytest.approx([5e-4, 0, 0.945, 2.5e-4, 0, 0.945])  # halfway


@pytest.mark.parametrize(("own_reals", "n_critic"), [(True, 1), (True, 2), (False, 1)])
def test_the_generators_step_has_reals_of_its_own(
    quiet_trainer: Callable[..., Trainer], own_reals: bool, n_critic: int
) -> None:
    model = R3GAN(**SMALL, own_reals=own_reals, n_critic=n_critic)
    learned: list[tuple[str, float]] = []

    def noting(player: str) -> Callable[[Any], Any]:
        losses = getattr(model, f"{player}_losses")

        def note(batch: Any) -> Any:
            learned.append((player, batch.real.sum().item()))
            return losses(batch)

        return note

    for player in model.players:
        setattr(model, f"{player}_losses", noting(player))
    quiet_trainer(max_steps=6).fit(model, FewDigits(image_size=16, batch_size=16))
    players = [player for player, _ in learned]
    alone = [*["discriminator"] * n_critic, "generator"]
    assert players == (alone * (6 // (n_critic + 1)) if own_reals else alone * 6)
    assert len({batch for _, batch in learned}) == 6


def test_an_older_run_goes_on_with_the_batches_it_had(tmp_path: Path, quiet_trainer: Callable[..., Trainer]) -> None:
    """A checkpoint of before says nothing of the generator's reals: both players descended on every batch."""
    trainer = quiet_trainer(max_steps=2)
    trainer.fit(R3GAN(**TOGETHER), FewDigits(image_size=16, batch_size=16))
    trainer.save_checkpoint(tmp_path / "new.ckpt")
    content = torch.load(tmp_path / "new.ckpt", weights_only=True)
    del content["hyper_parameters"]["own_reals"]
    torch.save(content, tmp_path / "old.ckpt")
    assert not load_model(tmp_path / "old.ckpt").own_reals
    assert arguments_of(content, R3GAN) == {**content["hyper_parameters"], "own_reals": False}


def test_gamma_follows_the_cosine_too() -> None:
    torch.manual_seed(0)
    model = R3GAN(**TOGETHER, r1_gamma=2.0, r1_gamma_end=0.2, schedule_kimg=10)
    batch = batch_for(model)
    fake = model.fakes("discriminator").detach()

    def squared_slopes(images: Tensor) -> Tensor:
        images = images.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(model.discriminator(images).sum(), images)
        return gradient.flatten(1).square().sum(1).mean()

    for shown, gamma in ((0, 2.0), (5_000, 1.1), (10_000, 0.2), (99_000, 0.2)):
        model.counters.images = shown
        losses = model.discriminator_losses(batch)
        for name, images in (("r1", batch.real), ("r2", fake)):
            assert losses[name].item() == pytest.approx(gamma / 2 * squared_slopes(images).item(), rel=1e-4)


@pytest.mark.parametrize("pack", [1, 2])
def test_penalties_are_on_the_slopes_before_augmentation(monkeypatch: pytest.MonkeyPatch, pack: int) -> None:
    """Where the augmentation doubles every value, the slope at an image is twice that at what the network sees."""
    monkeypatch.setattr("gan_cli.variants.chosen_networks.diff_augment", lambda images, policy: images * 2)
    torch.manual_seed(0)
    model = R3GAN(**SMALL, augment=("cutout",), pack=pack)
    batch = batch_for(model)
    losses = model.discriminator_losses(batch)
    for name, images in (("r1", batch.real), ("r2", model.fakes("discriminator").detach())):
        seen = (2 * images.reshape(-1, pack, 16, 16)).requires_grad_()
        (gradient,) = torch.autograd.grad(model.discriminator(seen).sum(), seen)
        assert losses[name].item() == pytest.approx((2 * gradient).flatten(1).square().sum(1).mean().item(), rel=1e-4)


def test_each_real_image_is_held_against_its_generated_partner() -> None:
    torch.manual_seed(0)
    model = R3GAN(**SMALL)
    batch = batch_for(model)
    with torch.no_grad():
        real = model.discriminator(batch.real)
        fake = model.discriminator(model.fakes("discriminator"))
        other_fake = model.discriminator(model.fakes("generator"))
    losses = model.discriminator_losses(batch), model.generator_losses(batch)
    assert losses[0]["adversarial"].item() == pytest.approx(softplus(fake - real).mean().item(), rel=1e-4)
    assert losses[1]["adversarial"].item() == pytest.approx(softplus(real - other_fake).mean().item(), rel=1e-4)


def test_the_penalty_of_a_fresh_network_by_hand() -> None:
    """It is linear, because each block starts as the identity: its output on a single pixel of 1 is the slope there."""
    torch.manual_seed(0)
    model = R3GAN(**{**TINY, "base_channels": 1}, depth=1, r1_gamma=3.0)
    pixels = torch.eye(256).reshape(256, 1, 16, 16)
    with torch.no_grad():
        squared_slope = model.discriminator(pixels).square().sum().item()
    losses = model.discriminator_losses(batch_for(model))
    assert losses["r1"].item() == pytest.approx(1.5 * squared_slope, rel=1e-4)
    assert losses["r2"].item() == pytest.approx(1.5 * squared_slope, rel=1e-4)


def test_with_classes_a_real_image_is_held_against_one_of_its_class() -> None:
    torch.manual_seed(0)
    model = R3GAN(**SMALL, num_classes=10, r1_gamma=0.0, r1_gamma_end=0.0)
    batch = batch_for(model)
    losses = model.discriminator_losses(batch), model.generator_losses(batch)
    with torch.no_grad():
        real = model.discriminator(batch.real, batch.labels)
        rounds: Any = (("discriminator", losses[0], 1), ("generator", losses[1], -1))
        for player, found, sign in rounds:
            made = model.generator(model.latents(player), batch.labels)
            fake = model.discriminator(made, batch.labels)
            assert found["adversarial"].item() == pytest.approx(softplus(sign * (fake - real)).mean().item(), rel=1e-4)
        others = model.discriminator(batch.real, (batch.labels + 1) % 10)
    assert not torch.allclose(real, others)


def test_the_generators_descent_leaves_no_gradient_in_the_discriminator() -> None:
    """It needs the logits of real images, which hold the discriminator's weights; only generated images lead back."""
    model = R3GAN(**SMALL)
    batch = batch_for(model)
    passes = passes_of(model.discriminator)
    model.generator_losses(batch)
    assert [logits.requires_grad for _, logits in passes] == [False, True]
    with frozen(model.discriminator.parameters()):
        model.generator_losses(batch)["adversarial"].backward()
    assert all(parameter.grad is None for parameter in model.discriminator.parameters())
    assert all(parameter.grad is not None for parameter in model.generator.parameters())


def test_the_averages_half_life_rises_from_0() -> None:
    model = R3GAN(**TOGETHER, ema_half_life_kimg=8.0, schedule_kimg=10)
    batch_for(model, count=100)
    weights = {}
    for shown in (0, 5_000, 10_000, 20_000):
        model.counters.images = shown
        weights[shown] = model.average_weight()
    assert weights[0] == 0  # the average is the generator itself
    assert weights[5_000] == pytest.approx(0.5 ** (100 / 4_000))
    assert weights[10_000] == weights[20_000] == pytest.approx(0.5 ** (100 / 8_000))


def test_without_a_half_life_there_is_no_average() -> None:
    assert R3GAN(**SMALL, ema_half_life_kimg=0).ema is None


def test_without_a_schedule_everything_is_at_its_end() -> None:
    model = R3GAN(**SMALL, schedule_kimg=0, ema_half_life_kimg=1.0)
    batch_for(model)
    assert model.average_weight() == pytest.approx(0.5 ** (16 / 1000))
