"""R3GAN: Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN", arXiv:2501.05441."""

from collections.abc import Iterable, Mapping
from math import cos, pi
from typing import Annotated, Any, ClassVar, cast

import torch
from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.architectures import Architecture
from gan_cli.networks.heads import EmbeddingDiscriminator, EmbeddingGenerator
from gan_cli.networks.layers import Norm
from gan_cli.objectives.adversarial import relativistic
from gan_cli.objectives.penalties import slopes, zero_centred_penalty
from gan_cli.ranges import Classes, Decay, LearningRate, Range, Weight, Width
from gan_cli.variants.averages import by_half_life
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import refuse
from gan_cli.variants.chosen_networks import ChosenNetworks
from gan_cli.variants.schedules import Length


class R3GAN(ChosenNetworks):
    """Relativistic pairing with zero-centred penalties on real and generated images (Huang et al. 2024, algorithm 1).

    Four things move along a cosine over the first `schedule_kimg`: the learning rates, Adam's second rate, gamma, and
    the half-life of the generator's average. Defaults are the authors' for FFHQ at 64 pixels; departure: their
    pipeline of augmentations is StyleGAN2-ADA's, ours DiffAugment.

    The authors hold the generator's images against real ones that the discriminator has not just learned from. So the
    players take turns: the discriminator descends on one batch and the generator on the next, and a step of both is two
    batches.

    With classes (`num_classes`), the label is embedded: beside the latent vector, in as many numbers, and in the
    discriminator as what its features are multiplied by. A real image is held against a generated one of its class.

    Args:
        num_classes: K for generation by class, as for CIFAR-10 and ImageNet in the paper; 0 generates without.
        latent_dim: Z.
        architecture: The networks, see `ChosenNetworks`.
        base_channels: Channels at 256 pixels; eight times as many at 32 and below.
        r1_gamma: Weight of both penalties at first, each with the paper's factor 1/2: 0.05 for CIFAR-10, 2 for FFHQ at
            64 pixels, 150 at 256.
        r1_gamma_end: The same at the end of the schedule; a tenth in the paper.
        generator_lr: Learning rate of the generator at first.
        discriminator_lr: Learning rate of the discriminator at first.
        lr_end_factor: What both learning rates are multiplied by at the end.
        beta2: Adam's second decay rate at first and at the end; the first decay rate is 0.
        ema_half_life_kimg: Half-life of the average at the end, in thousands of real images; it rises from 0. 0 turns
            the average off.
        schedule_kimg: Thousands of real images that the discriminator has learned from, after which all four stay as
            they are; 0 has them at their end at once.
        own_reals: Whether the generator's step has a batch of its own; if not, both players descend on every batch.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the discriminator would be normalised.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN", arXiv:2501.05441',
        discriminator="L_D = E[softplus(D(G(z)) - D(x))] + gamma/2 E[|grad D(x)|^2] + gamma/2 E[|grad D(G(z))|^2]",
        generator="L_G = E[softplus(D(x) - D(G(z)))]",
        printed={
            "num_classes": "none for FFHQ, 10 for CIFAR-10, 1,000 for ImageNet",
            "latent_dim": 64,
            "architecture": "r3gan",
            "base_channels": 96,
            "r1_gamma": 2.0,
            "r1_gamma_end": 0.2,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "lr_end_factor": 0.25,
            "beta2": (0.9, 0.99),
            "ema_half_life_kimg": 500.0,
            "schedule_kimg": 20_000.0,
            "own_reals": True,
            "image_size": 64,
            "image_channels": 3,
            "latent_distribution": "normal",
            "depth": 2,
            "adam_betas": "(0, beta2)",
            "ema_decay": "by half-life",
        },
        why={
            "num_classes": "0, unless it is typed: the data may have classes or not",
            "depth": "0 is r3gan's own 2",
            "adam_betas": "not used: the schedule sets 0 and beta2",
            "ema_decay": "not used: ema_half_life_kimg",
        },
    )

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    FORMERLY: ClassVar[Mapping[str, Any]] = {"own_reals": False}
    """What was done before there were these arguments, which older checkpoints do not name."""
    NORMS: ClassVar[tuple[Norm, ...]] = ("none",)
    GENERATOR_NORMS: ClassVar[tuple[Norm, ...]] = ("none",)
    WHY_NOT: ClassVar[str] = "the method has no normalisation, and the penalties are on the slope at each image"

    def __init__(
        self,
        num_classes: Classes = 0,
        latent_dim: Width = 64,
        architecture: Architecture = "r3gan",
        base_channels: Width = 96,
        r1_gamma: Weight = 2.0,
        r1_gamma_end: Weight = 0.2,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        lr_end_factor: Annotated[float, Range(0, 100)] = 0.25,
        beta2: tuple[Decay, Decay] = (0.9, 0.99),
        ema_half_life_kimg: Weight = 500.0,
        schedule_kimg: Weight = 20_000.0,
        own_reals: bool = True,
        **networks: Any,
    ) -> None:
        unused = {"adam_betas": (0.9, 0.999), "ema_decay": 0.0, "lr_decay_end": 0, "decay_epochs": 0}
        refuse(networks, unused, "R3GAN has a schedule of its own for it")
        super().__init__(
            latent_dim=latent_dim,
            architecture=architecture,
            base_channels=base_channels,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            **networks,
        )
        self.r1_gammas = (r1_gamma, r1_gamma_end)
        self.lr_end_factor = lr_end_factor
        self.beta2 = beta2
        self.adam_betas = (0.0, beta2[0])
        self.ema_decay = 1.0 if ema_half_life_kimg else 0.0  # there is an average; `average_weight` says how fast
        self.ema_half_life_kimg = ema_half_life_kimg
        self.schedule_kimg = schedule_kimg
        self.own_reals = own_reals
        shown = schedule_kimg * (self.n_critic + own_reals) / self.n_critic
        self.rates_end = None if lr_end_factor else Length(shown, "kimg")
        if num_classes:
            self.needs_classes(num_classes)
            self.refuse_packs()
            network = self.generator_design.generator(self.shape, 2 * latent_dim)
            self.generator = EmbeddingGenerator(network, num_classes, latent_dim)
            self.discriminator = EmbeddingDiscriminator(self.discriminator_design.body(self.shape), num_classes)
            self.finish_players()
        else:
            self.make_players(bias=False)

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1], or points [N, D], from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the model generates by class.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        conditions = [labels] if self.num_classes and labels is not None else []
        return self.in_range(self.picture_maker(ema)(latents, *conditions))

    def descending(self) -> Iterable[str]:
        """The players in turn, each on a batch of its own, where the generator has one."""
        if not self.own_reals:
            return super().descending()
        return ("generator",) if self.counters.critic_steps >= self.n_critic_now() else ("discriminator",)

    def batches_a_step(self) -> float:
        return super().batches_a_step() + self.own_reals

    def discriminator_losses(self, batch: Batch) -> Losses:
        labels = self._labels(batch)
        real, fake = self.packed(batch.real), self.packed(self.fakes("discriminator", *labels))
        weight = self._at(self.r1_gammas) / 2
        if not weight:
            real_logits, fake_logits = self.judge((self.augmented(real), *labels), (self.augmented(fake), *labels))
            self.watch_outputs(real_logits, fake_logits)
            return {"adversarial": relativistic(real_logits, fake_logits)}

        def critic(packs: Tensor) -> Tensor:
            return cast(Tensor, self.discriminator(self.augmented(packs), *(each.repeat(2) for each in labels)))

        # One pass in float32 for logits and slopes alike: the penalties need it, and a second pass would cost more. The
        # slopes are those at the images before they are augmented, as in the authors' code.
        logits, lengths = slopes(critic, torch.cat([real, fake]))
        real_logits, fake_logits = logits.chunk(2)
        real_lengths, fake_lengths = lengths.chunk(2)
        self.watch_outputs(real_logits, fake_logits)
        return {
            "adversarial": relativistic(real_logits, fake_logits),
            "r1": weight * zero_centred_penalty(real_lengths),
            "r2": weight * zero_centred_penalty(fake_lengths),
        }

    def generator_losses(self, batch: Batch) -> Losses:
        labels, times = self._labels(batch), self.generator_batch_multiple
        with torch.no_grad():  # the pairing needs the real images' logits, not their gradient
            real_logits = self.judge_fake((self.presented(batch.real), *labels))
        labels = [each.repeat(times) for each in labels]
        fake_logits = self.judge_fake((self.presented(self.fakes("generator", *labels)), *labels))
        return {"adversarial": relativistic(fake_logits, real_logits.repeat(times))}

    def held_out_logits(self, batch: Batch) -> Tensor:
        if not self.num_classes:
            return super().held_out_logits(batch)
        return cast(Tensor, self.discriminator(self.presented(batch.real), batch.labels))

    def surface(self, made: Tensor) -> Tensor | None:
        return None if self.num_classes else super().surface(made)

    def _labels(self, batch: Batch) -> list[Tensor]:
        """The batch's labels where the model uses them."""
        return [batch.labels] if self.num_classes else []

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        for player, optimizer in optimizers.items():
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rates[player] * self._at((1.0, self.lr_end_factor))
                group["betas"] = (0.0, self._at(self.beta2))

    def average_weight(self) -> float:
        return by_half_life(self, self._at((0.0, self.ema_half_life_kimg)))

    def _at(self, ends: tuple[float, float]) -> float:
        """Where a value stands between its two ends, along half a cosine."""
        start, end = ends
        done = min(1.0, self._learned_from / 1000 / self.schedule_kimg) if self.schedule_kimg else 1.0
        return end + (start - end) * (1 + cos(pi * done)) / 2

    @property
    def _learned_from(self) -> float:
        """Real images that the discriminator has learned from up to the last round of both players."""
        counted = self.counters
        if not self.own_reals:
            return counted.images
        return counted.images * self.n_critic * counted.generator_steps / max(1, counted.batches)
