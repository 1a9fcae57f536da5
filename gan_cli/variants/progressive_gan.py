"""Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
arXiv:1710.10196."""

from typing import Annotated, Any, ClassVar, cast

from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.progressive_gan import ProgressiveDiscriminator, ProgressiveGenerator
from gan_cli.networks.stages import enlarged
from gan_cli.objectives.adversarial import auxiliary_classification, critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import mix, slopes
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.growing import Factors, GrowingModule, Growth, Multiples, StartSize
from gan_cli.variants.latent import Player

RATES = {1024: 1.5}
"""What the authors' code multiplies the learning rate by, by the images' side."""


class ProgressiveGAN(GrowingModule):
    """Both networks grow from 4x4 images to large ones, layer by layer; a Wasserstein critic with its penalty.

    Defaults are those of the authors' code for one GPU. Made images always have the last size; while the networks grow,
    pixels are repeated, as there.

    Departures: the schedule is read at every batch, by the authors at every fourth; minibatch deviation compares
    neighbours in a batch.

    Args:
        image_size: Side of the square images in pixels at the end, a power of two from 8 to 1,024.
        image_channels: C.
        num_classes: K; above 0 the generator is told the class and the discriminator tells it.
        latent_dim: Z.
        channel_base: Channels times the map's side, up to `channel_max`.
        channel_max: Most channels.
        deviation_group: Things whose deviation the discriminator sees; 0 shows none.
        start_size: Side of the first images.
        stable_kimg: Thousands of images shown at one size before the next is faded in.
        fade_kimg: Thousands of images shown while it is.
        batch_multiples: What `data.batch_size` is multiplied by, for each size from the first to the last, or once for
            all; [] takes the authors' batches, from 128 images to 4, in proportion to that of the last size.
        rate_factors: The same for the learning rates; [] takes the authors'.
        lambda_gp: Weight of the penalty on slopes that are not 1, at images of the last size.
        lambda_drift: Weight of the squared scores of real images.
        lambda_cls: Weight of each of the classification losses.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates; its averages begin anew where a fade begins or ends.
        ema_decay: Weight of the old average in the generator's moving average.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or a list has another length.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation", '
        "arXiv:1710.10196",
        discriminator="L_D = E[D(G(z))] - E[D(x)] + lambda_gp E[(|grad D| - 1)^2] + lambda_drift E[D(x)^2]",
        generator="L_G = -E[D(G(z))]",
        printed={
            "image_size": 1024,
            "image_channels": 3,
            "num_classes": "none, or CIFAR-10's",
            "latent_dim": 512,
            "channel_base": 16384,
            "channel_max": 512,
            "deviation_group": 4,
            "start_size": 4,
            "stable_kimg": 600.0,
            "fade_kimg": 600.0,
            "batch_multiples": "128 to 4 images",
            "rate_factors": "1.5 at 1024",
            "lambda_gp": 10.0,
            "lambda_drift": 0.001,
            "lambda_cls": 1.0,
            "generator_lr": 0.001,
            "discriminator_lr": 0.001,
            "adam_betas": (0.0, 0.99),
            "ema_decay": 0.999,
            "latent_distribution": "normal",
        },
        why={
            "num_classes": "comes from the data if it is asked for",
            "batch_multiples": "the same, in proportion to data.batch_size",
            "rate_factors": "the same",
        },
    )

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)

    def __init__(
        self,
        image_size: Pixels = 1024,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        latent_dim: Width = 512,
        channel_base: Annotated[int, Range(8, 2**20)] = 16_384,
        channel_max: Width = 512,
        deviation_group: Annotated[int, Range(0, 1_000)] = 4,
        start_size: StartSize = 4,
        stable_kimg: Weight = 600.0,
        fade_kimg: Weight = 600.0,
        batch_multiples: Multiples = (),
        rate_factors: Factors = (),
        lambda_gp: Weight = 10.0,
        lambda_drift: Weight = 0.001,
        lambda_cls: Weight = 1.0,
        generator_lr: LearningRate = 1e-3,
        discriminator_lr: LearningRate = 1e-3,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.99),
        ema_decay: Decay = 0.999,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **optimisation,
        )
        kimg = (stable_kimg, fade_kimg)
        self.portions = Growth.checked(image_size, start_size, kimg, batch_multiples, rate_factors, RATES)
        self.image_size, self.num_classes = image_size, num_classes
        self.lambda_gp, self.lambda_drift, self.lambda_cls = lambda_gp, lambda_drift, lambda_cls
        sizes = (channel_base, channel_max)
        self.generator = ProgressiveGenerator(image_size, image_channels, latent_dim, *sizes, num_classes)
        outputs = 1 + num_classes
        self.discriminator = ProgressiveDiscriminator(image_size, image_channels, *sizes, deviation_group, outputs)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1], of the last size.

        Args:
            latents: From the prior, [N, Z].
            labels: int64 [N], or shares of classes [N, K]; only where the run is conditional.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        images = self.picture_maker(ema)(latents, labels if self.num_classes else None, self.stage)
        return enlarged(images.clamp(-1, 1), self.image_size)

    def fakes(self, player: Player, *given: Tensor) -> Tensor:
        return cast(Tensor, self.generator(self.latents(player), *given, stage=self.stage))

    def discriminator_losses(self, batch: Batch) -> Losses:
        real, fake = self.seen(batch.real), self.fakes("discriminator", *self.given(batch).values()).detach()
        real_outputs, fake_outputs = self.judge(real, fake)
        real_scores, fake_scores = real_outputs[:, 0], fake_outputs[:, 0]
        self.watch_outputs(real_scores, fake_scores)
        losses = {"adversarial": critic_loss(real_scores, fake_scores)}
        if self.lambda_gp:
            losses["penalty"] = self.lambda_gp * self._penalty(real, fake)
        if self.lambda_drift:
            losses["drift"] = self.lambda_drift * real_scores.square().mean()
        if self.num_classes:
            classes = [auxiliary_classification(told[:, 1:], batch.labels) for told in (real_outputs, fake_outputs)]
            losses["class"] = self.lambda_cls * (classes[0] + classes[1])
        return losses

    def generator_losses(self, batch: Batch) -> Losses:
        labels = self.fresh_classes("generator")
        outputs = self.judge_fake(self.fakes("generator", *labels))
        losses = {"adversarial": critic_generator_loss(outputs[:, 0])}
        if labels:
            losses["class"] = self.lambda_cls * auxiliary_classification(outputs[:, 1:], labels[0])
        return losses

    def held_out_logits(self, batch: Batch) -> Tensor:
        return self.judge_fake(self.seen(batch.real))[:, 0]

    def held_out_measures(self, batch: Batch) -> Losses:
        if not self.num_classes:
            return {}
        return self.accuracy(self.judge_fake(self.seen(batch.real))[:, 1:], batch.labels)

    def _penalty(self, real: Tensor, fake: Tensor) -> Tensor:
        def critic(images: Tensor) -> Tensor:
            return cast(Tensor, self.discriminator(images, self.stage))[:, 0]

        _, lengths = slopes(critic, mix(real, fake, self.mixing_shares(len(real))))
        return (lengths / self.reduction - 1).square().mean()
