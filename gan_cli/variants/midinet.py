"""MidiNet: Yang et al. 2017, "MidiNet: A Convolutional Generative Adversarial Network for Symbolic-domain Music
Generation", arXiv:1703.10847."""

from collections.abc import Iterable
from math import isfinite
from typing import Annotated, Any, ClassVar, Literal, cast

import torch
from torch import Tensor

from gan_cli.batches import BarBatch
from gan_cli.media.chords import Chords
from gan_cli.media.piano_rolls import PianoRolls
from gan_cli.metrics import music
from gan_cli.networks.midinet import MidiNetDiscriminator, MidiNetGenerator
from gan_cli.objectives.adversarial import (
    discriminator_cross_entropy,
    feature_matching,
    non_saturating_generator_loss,
)
from gan_cli.ranges import Decay, Few, LearningRate, Range, Weight, Width
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule


class MidiNet(LatentModule):
    """Melodies bar after bar, each bar from noise, a chord and the bar before it (Yang et al. 2017).

    Departures: no layer before a batch normalisation has a bias. With `planes` of 2 (the data says so) a second plane
    tells where notes begin, which the paper cannot tell.

    Args:
        num_steps: T, of a bar, a multiple of 8; comes from the data.
        num_pitches: P, rows of a bar; comes from the data.
        planes: C, 1 or 2; comes from the data.
        previous_into: Where the bar before goes in. "all": into every transposed convolution of the generator, the
            creative mode and the authors' code; "last": into the last one alone, so that the chord counts more, the
            stable mode.
        base_channels: Half of the channels of the generator's maps, and those of the discriminator's second.
        hidden: Units of the fully connected layers.
        previous_channels: Channels of the conditioner's maps.
        generator_steps: Steps of the generator on each batch (2 in the authors' code).
        real_target: What the discriminator is to say of real bars: one-sided label smoothing.
        lambda_features: Weight of half the squared distance between the mean features of real and made bars in the
            discriminator's first layer (lambda_2 in equation 4); higher keeps nearer to the training set.
        lambda_bars: Weight of the same between the mean bars (lambda_1).
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **prior: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"bars": PianoRolls, "previous": PianoRolls, "chords": Chords},)
    GIVEN: ClassVar[tuple[str, ...]] = ("previous", "chords")
    GOES_ON_FROM: ClassVar[str] = "previous"
    makes = "bars"
    CARD: ClassVar[Card | None] = Card(
        paper='Yang et al. 2017, "MidiNet: A Convolutional Generative Adversarial Network for Symbolic-domain Music '
        'Generation", arXiv:1703.10847',
        discriminator="L_D = -E[log D(x, chord)] - E[log(1 - D(G(z, x_before, chord), chord))], real labels 0.9",
        generator="L_G = -E[log D(G)] + lambda_1 |E x - E G|^2 / 2 + lambda_2 |E f(x) - E f(G)|^2 / 2",
        printed={
            "num_steps": 16,
            "num_pitches": 128,
            "planes": 1,
            "previous_into": "all",
            "base_channels": 64,
            "hidden": 1024,
            "previous_channels": 16,
            "generator_steps": 2,
            "real_target": 0.9,
            "lambda_features": 0.1,
            "lambda_bars": 0.01,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "latent_dim": 100,
            "latent_distribution": "normal",
        },
        why={},
    )

    def __init__(
        self,
        num_steps: Annotated[int, Range(8, 1024)] = 16,
        num_pitches: Annotated[int, Range(1, 128)] = 128,
        planes: Annotated[int, Range(1, 2)] = 1,
        previous_into: Literal["all", "last"] = "all",
        base_channels: Width = 64,
        hidden: Width = 1024,
        previous_channels: Width = 16,
        generator_steps: Few = 2,
        real_target: Annotated[float, Range(0, 1, without="low")] = 0.9,
        lambda_features: Weight = 0.1,
        lambda_bars: Weight = 0.01,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **prior: Any,
    ) -> None:
        super().__init__(generator_lr=generator_lr, discriminator_lr=discriminator_lr, adam_betas=adam_betas, **prior)
        check("num_steps", num_steps, num_steps % 8 == 0, "that 8 divides, by --data.steps_per_bar")
        self.shape = (planes, num_steps, num_pitches)
        self.generator_steps = generator_steps
        self.real_target = real_target
        self.lambda_features = lambda_features
        self.lambda_bars = lambda_bars
        bar = (num_steps, num_pitches, planes)
        self.generator = MidiNetGenerator(
            *bar, self.latent_dim, base_channels, hidden, previous_channels, previous_into
        )
        self.discriminator = MidiNetDiscriminator(*bar, base_channels, hidden)
        self.finish_players()

    def forward(self, latents: Tensor, previous: Tensor, chords: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Bars [N, C, T, P] in [0, 1] from latents [N, Z].

        Args:
            latents: From the prior.
            previous: The bars before, of the same shape; 0 everywhere before the first.
            chords: [N, 13].
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return cast(Tensor, self.picture_maker(ema)(latents, previous, chords))

    def beginning(self) -> Tensor:
        return torch.zeros(1, *self.shape)

    def descending(self) -> Iterable[str]:
        for player in super().descending():
            yield from [player] * (self.generator_steps if player == "generator" else 1)

    def batches_a_step(self) -> float:
        return super().batches_a_step() / self.generator_steps

    def discriminator_losses(self, batch: BarBatch) -> Losses:
        fake = self.fakes("discriminator", batch.previous, batch.chords)
        real_logits, fake_logits = self.judge((batch.bars, batch.chords), (fake, batch.chords))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits, self.real_target)}

    def generator_losses(self, batch: BarBatch) -> Losses:
        fake = self.fakes("generator", batch.previous, batch.chords)
        looked: Any = self.discriminator
        real_features, fake_features = (looked.features(bars, batch.chords) for bars in (batch.bars, fake))
        return {
            "adversarial": non_saturating_generator_loss(self.judge_fake((fake, batch.chords))),
            "features": self.lambda_features * _apart(real_features, fake_features),
            "bars": self.lambda_bars * _apart(batch.bars, fake),
        }

    def held_out_logits(self, batch: BarBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.bars, batch.chords))

    def held_out_measures(self, batch: BarBatch) -> Losses:
        """The share of what sounds that belongs to the chords, and pitches a bar beside those of real bars."""
        latents = self.noise("measured", self.latent_dim, distribution=self.latent_distribution)
        made = self(latents, batch.previous, batch.chords)
        chords = self.media["chords"].kept(batch.chords).cpu()[:, None]
        nowhere = torch.zeros_like(chords)  # the scale is not known here
        made, real = (
            music.Tunes(self.medium.kept(bars).cpu()[:, None], chords, nowhere, self.medium.record()["first"])
            for bars in (made, batch.bars)
        )
        found = {
            "in_chord": music.in_chord(made),
            "in_chord_real": music.in_chord(real),
            "pitches_a_bar": music.pitches_a_bar(made),
            "pitches_a_bar_real": music.pitches_a_bar(real),
        }
        return {name: torch.tensor(value, device=self.device) for name, value in found.items() if isfinite(value)}

    def surface(self, made: Tensor) -> Tensor | None:
        return None  # it takes a chord


def _apart(real: Tensor, fake: Tensor) -> Tensor:
    """Half the squared distance between two means, summed over their numbers, as the authors' code has it."""
    return real[0].numel() / 2 * feature_matching(real.flatten(1), fake.flatten(1))
