"""Lengths in the units of papers, and rates that fall by them, whatever the batch and however many processes."""

from collections.abc import Callable
from typing import Any

import pytest
from lightning.pytorch import Trainer

from gan_cli.callbacks.run_length import RunLength
from gan_cli.data import Digits
from gan_cli.variants import R3GAN, WGAN
from gan_cli.variants.record import Counters
from gan_cli.variants.schedules import Fall, Length
from tests.conftest import TINY_DCGAN
from tests.toys import FewUnpaired, ToyGAN
from tests.variant_rows import ROWS
from tests.variants.test_base import Recorder

HORSES = 1334
"""Images in a pass of horse2zebra."""


@pytest.mark.parametrize(
    ("length", "counters", "at_once", "left"),
    [
        (Length(200, "passes"), Counters(), 1, 266_800),
        (Length(200, "passes"), Counters(), 8, 33_350),
        (Length(200, "passes"), Counters(batches=1_000, images=8_000), 1, 258_800),  # gone on with by one of eight
        (Length(200, "passes"), Counters(images=266_800), 8, 0),
        (Length(0.1, "passes"), Counters(), 10, 14),  # the last batch is a whole one
        (Length(20_000, "kimg"), Counters(), 512, 39_063),
        (Length(20_000, "kimg"), Counters(images=10**9), 512, 0),
        (Length(100, "generator_steps"), Counters(images=64_000), 64, 500),
        (Length(100, "generator_steps"), Counters(generator_steps=60, critic_steps=3), 64, 197),
        (Length(100, "generator_steps"), Counters(generator_steps=100, critic_steps=3), 64, 0),
    ],
)
def test_a_length_is_as_many_batches_as_are_missing(
    length: Length, counters: Counters, at_once: int, left: int
) -> None:
    assert length.batches_left(counters, HORSES, at_once, in_a_step=5) == left


def test_rates_fall_by_passes_as_the_authors_schedule_does() -> None:
    """100 passes at the whole rate, then `1 - max(0, epoch + 1 - 100) / 101` of it, and 0 after the last one."""
    fall = Fall(0, 0, 100, 100)
    for epoch in (0, 99, 100, 150, 199):
        expected = 1 - max(0, epoch + 1 - 100) / 101
        for images in (epoch * HORSES, (epoch + 1) * HORSES - 1):
            assert fall.factor(Counters(batches=7, images=images), HORSES) == expected
    assert fall.factor(Counters(images=200 * HORSES), HORSES) == 0
    assert fall.end == Length(200, "passes")


@pytest.mark.parametrize("batch_size", [40, 144])
def test_a_run_ends_where_its_rates_have_fallen_whatever_the_batch(
    quiet_trainer: Callable[..., Trainer], batch_size: int
) -> None:
    row = next(row for row in ROWS if row.name == "cyclegan")
    rates = Recorder(lambda trainer, model: (model.counters.images, trainer.optimizers[1].param_groups[0]["lr"]))
    model = row.make(constant_epochs=1, decay_epochs=1, base_channels=1, generator_lr=1.0)
    quiet_trainer(callbacks=[RunLength(), rates]).fit(model, FewUnpaired(image_size=16, batch_size=batch_size))
    shown = list(range(batch_size, 320 + batch_size, batch_size))  # two passes over 160 images
    assert rates.notes == [(images, 1.0 if images - batch_size < 160 else 0.5) for images in shown]


def lasted(quiet_trainer: Callable[..., Trainer], model: Any, length: Length | None, **options: Any) -> tuple[int, int]:
    """How many batches, and steps of the generator, a run had."""
    trainer = quiet_trainer(callbacks=[RunLength(length)], **options)
    trainer.fit(model, Digits(image_size=16, batch_size=16))
    assert trainer.global_step == model.counters.batches
    return model.counters.batches, model.counters.generator_steps


def test_a_length_is_kept_by_every_unit_and_a_typed_limit_wins(quiet_trainer: Callable[..., Trainer]) -> None:
    assert lasted(quiet_trainer, ToyGAN(), Length(0.1, "kimg")) == (7, 7)
    assert lasted(quiet_trainer, ToyGAN(n_critic=3), Length(2, "generator_steps")) == (6, 2)
    assert lasted(quiet_trainer, ToyGAN(lr_decay_end=2, n_critic=3), Length(1, "kimg")) == (6, 2)
    assert lasted(quiet_trainer, ToyGAN(lr_decay_end=2), None, max_steps=1) == (1, 1)
    assert lasted(quiet_trainer, ToyGAN(), None, max_steps=2) == (2, 2)
    assert lasted(quiet_trainer, ToyGAN(), Length(1, "kimg"), fast_dev_run=2) == (2, 2)


def test_a_generator_that_waits_longer_has_its_steps_all_the_same(quiet_trainer: Callable[..., Trainer]) -> None:
    class Warm(WGAN):
        def n_critic_now(self) -> int:
            return 3 if self.counters.generator_steps < 2 else 1

    assert lasted(quiet_trainer, Warm(**TINY_DCGAN), Length(4, "generator_steps")) == (8, 4)


def test_r3gans_rates_end_only_where_they_fall_to_0() -> None:
    assert R3GAN(**TINY_DCGAN, architecture="dcgan", schedule_kimg=5).rates_end is None
    assert R3GAN(**TINY_DCGAN, architecture="dcgan", schedule_kimg=5, lr_end_factor=0).rates_end == Length(
        10, "kimg"
    )  # the discriminator learns from half of them
