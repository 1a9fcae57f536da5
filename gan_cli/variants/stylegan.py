"""Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", arXiv:1812.04948."""

from typing import Annotated, Any, ClassVar, cast

import torch
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.networks.stages import enlarged
from gan_cli.networks.styled_generator import StyledGenerator
from gan_cli.networks.stylegan import StyleGANDiscriminator, StyleGANGenerator, styles_for
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.penalties import slopes, zero_centred_penalty
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.averages import by_half_life
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import refuse
from gan_cli.variants.growing import Factors, GrowingModule, Growth, Multiples, StartSize
from gan_cli.variants.styled import StyledModule

TRUNCATED_LAYERS = 8
"""Truncation is of so many layers, those of images up to 32x32; the finer ones keep their styles."""
RATES = {128: 1.5, 256: 2.0, 512: 3.0, 1024: 3.0}
"""What the authors' code multiplies the learning rate by, by the images' side."""


class StyleGAN(GrowingModule, StyledModule):
    """A mapping to styles, AdaIN and noise at each layer; both networks grow, from 8x8 images on.

    Defaults are those of the authors' code for one GPU. Made images always have the last size; while the networks grow,
    pixels are repeated, as there.
    Truncation is of the first 8 layers, those of images up to 32x32.

    Departures: the schedule is read at every batch, by the authors at every fourth; minibatch deviation compares
    neighbours in a batch.

    Args:
        image_size: Side of the square images in pixels at the end, a power of two from 8 to 1,024.
        image_channels: C.
        num_classes: K; above 0 both players are told the class.
        latent_dim: Z.
        style_dim: W.
        mapping_depth: Layers of the mapping.
        channel_base: Channels times the map's side, up to `channel_max`.
        channel_max: Most channels.
        noise: Whether the generator's layers add noise.
        deviation_group: Things whose deviation the discriminator sees; 0 shows none.
        style_mixing: The probability that a batch has the styles of other latents from some layer on.
        start_size: Side of the first images.
        stable_kimg: Thousands of images shown at one size before the next is faded in.
        fade_kimg: Thousands of images shown while it is.
        batch_multiples: What `data.batch_size` is multiplied by, for each size from the first to the last, or once for
            all; [] takes the authors' batches, from 128 images to 4, in proportion to that of the last size.
        rate_factors: The same for the learning rates; [] takes the authors'.
        r1_gamma: Weight of the penalty on the slope at real images of the last size, with the paper's factor 1/2.
        generator_lr: Learning rate of the generator, of which the mapping has a hundredth.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates; its averages begin anew where a fade begins or ends.
        ema_half_life_kimg: Half-life of the generator's average, in thousands of images; 0 turns it off.
        **optimisation: Further arguments of `StyledModule`.

    Raises:
        UserError: If a value is out of its range, or a list has another length.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks", '
        "arXiv:1812.04948",
        discriminator="L_D = E[softplus(D(G(z)))] + E[softplus(-D(x))] + gamma/2 E[|grad D(x)|^2]",
        generator="L_G = E[softplus(-D(G(z)))]",
        printed={
            "image_size": 1024,
            "image_channels": 3,
            "num_classes": "none",
            "latent_dim": 512,
            "style_dim": 512,
            "mapping_depth": 8,
            "channel_base": 16384,
            "channel_max": 512,
            "noise": True,
            "deviation_group": 4,
            "style_mixing": 0.9,
            "start_size": 8,
            "stable_kimg": 600.0,
            "fade_kimg": 600.0,
            "batch_multiples": "128 to 4 images",
            "rate_factors": "1.5 at 128 to 3 from 512 on",
            "r1_gamma": 10.0,
            "generator_lr": 0.001,
            "discriminator_lr": 0.001,
            "adam_betas": (0.0, 0.99),
            "ema_half_life_kimg": 10.0,
            "ema_decay": "by half-life",
            "latent_distribution": "normal",
        },
        why={
            "num_classes": "0: the authors' code takes them",
            "batch_multiples": "the same, in proportion to data.batch_size",
            "rate_factors": "the same",
            "ema_decay": "not used: ema_half_life_kimg",
        },
    )

    def __init__(
        self,
        image_size: Pixels = 1024,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        latent_dim: Width = 512,
        style_dim: Width = 512,
        mapping_depth: Annotated[int, Range(1, 64)] = 8,
        channel_base: Annotated[int, Range(8, 2**20)] = 16_384,
        channel_max: Width = 512,
        noise: bool = True,
        deviation_group: Annotated[int, Range(0, 1_000)] = 4,
        style_mixing: Annotated[float, Range(0, 1)] = 0.9,
        start_size: StartSize = 8,
        stable_kimg: Weight = 600.0,
        fade_kimg: Weight = 600.0,
        batch_multiples: Multiples = (),
        rate_factors: Factors = (),
        r1_gamma: Weight = 10.0,
        generator_lr: LearningRate = 1e-3,
        discriminator_lr: LearningRate = 1e-3,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.99),
        ema_half_life_kimg: Weight = 10.0,
        **optimisation: Any,
    ) -> None:
        refuse(optimisation, {"ema_decay": 0.0}, "StyleGAN's average has a half-life, --model.ema_half_life_kimg")
        super().__init__(
            latent_dim,
            num_classes=num_classes,
            style_mixing=style_mixing,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        kimg = (stable_kimg, fade_kimg)
        self.portions = Growth.checked(image_size, start_size, kimg, batch_multiples, rate_factors, RATES)
        self.image_size, self.r1_gamma = image_size, r1_gamma
        self.ema_half_life_kimg = ema_half_life_kimg
        self.ema_decay = 1.0 if ema_half_life_kimg else 0.0  # there is an average; `average_weight` says how fast
        sizes = (channel_base, channel_max)
        self.generator = StyleGANGenerator(
            *(image_size, image_channels, latent_dim, style_dim, mapping_depth), *sizes, num_classes, noise
        )
        self.discriminator = StyleGANDiscriminator(image_size, image_channels, *sizes, deviation_group, num_classes)
        self.finish_players()

    def forward(  # type: ignore[override]
        self,
        latents: Tensor,
        labels: Tensor | None = None,
        truncation_psi: float = 1.0,
        noise: NoiseMode | Tensor | None = None,
        ema: bool = True,
    ) -> Tensor:
        """Images [N, C, H, W] in [-1, 1], of the last size; see `StyledModule`."""
        return enlarged(super().forward(latents, labels, truncation_psi, noise, ema), self.image_size)

    def truncated(self, styles: Tensor, truncation_psi: float, ema: bool = True) -> Tensor:
        coarse = super().truncated(styles[:, :TRUNCATED_LAYERS], truncation_psi, ema)
        return torch.cat([coarse, styles[:, TRUNCATED_LAYERS:]], dim=1)

    def synthesised(
        self, network: StyledGenerator, styles: Tensor, noise: NoiseMode | list[Tensor] | None = None
    ) -> Tensor:
        return cast(Tensor, network(styles, noise=noise, stage=self.stage))

    @property
    def styles_in_use(self) -> int:
        return styles_for(self.stage)

    def discriminator_losses(self, batch: Batch) -> Losses:
        labels = self.given(batch).values()
        real, fake = self.seen(batch.real), self.fakes("discriminator", *labels).detach()
        if not self.r1_gamma:
            real_logits, fake_logits = self.judge((real, *labels), (fake, *labels))
            self.watch_outputs(real_logits, fake_logits)
            return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

        def critic(images: Tensor) -> Tensor:
            return cast(Tensor, self.discriminator(images, *labels, stage=self.stage))

        real_logits, lengths = slopes(critic, real)
        fake_logits = self.judge_fake((fake, *labels))
        self.watch_outputs(real_logits, fake_logits)
        return {
            "adversarial": discriminator_cross_entropy(real_logits, fake_logits),
            "r1": self.r1_gamma / 2 * zero_centred_penalty(lengths / self.reduction),
        }

    def generator_losses(self, batch: Batch) -> Losses:
        labels = self.fresh_classes("generator")
        logits = self.judge_fake((self.fakes("generator", *labels), *labels))
        return {"adversarial": non_saturating_generator_loss(logits)}

    def average_weight(self) -> float:
        return by_half_life(self, self.ema_half_life_kimg)

    def held_out_logits(self, batch: Batch) -> Tensor:
        return self.judge_fake((self.seen(batch.real), *self.given(batch).values()))
