"""3D-GAN: Wu et al. 2016, "Learning a Probabilistic Latent Space of Object Shapes via 3D Generative-Adversarial
Modeling", arXiv:1610.07584."""

from typing import Annotated, Any, ClassVar, Literal, cast

from lightning.pytorch.core.optimizer import LightningOptimizer
from torch import Tensor
from torch.optim import Optimizer

from gan_cli.batches import SolidBatch
from gan_cli.media.voxels import Voxels
from gan_cli.networks.heads import Discriminator, ProjectionDiscriminator
from gan_cli.networks.voxel_gan import VoxelBody, VoxelGenerator
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Classes, Decay, LearningRate, Range, Width
from gan_cli.seeding import Distribution
from gan_cli.variants.accuracy_rule import AccuracyRule, WaitingAdam
from gan_cli.variants.base import Fields, Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

UNDECIDED = (0.1, 0.9)
"""Voxels that a model gives a probability between these are undecided."""


class VoxelGAN(LatentModule):
    """Solids of voxels from noise: 3D-GAN (Wu et al. 2016).

    At 32 and 16 voxels a side the networks are the paper's with a doubling less, or two. The paper trains a model for
    each class; with `num_classes` one model learns all of them: the generator is told the class beside the latent, the
    discriminator by a projection (Miyato and Koyama 2018, arXiv:1802.05637).

    Args:
        volume_size: S, voxels along each side; comes from the data.
        num_classes: K of a run by class, which must be the data's; 0 is without classes, whatever the data.
        base_channels: Channels of the maps next to the solid; doubled whenever the sides are halved.
        accuracy_limit: The discriminator makes no step after a batch on which its accuracy was above this; 1 lets it
            always step.
        latent_dim: Z.
        latent_distribution: The prior. "uniform" is the paper's on [0, 1]: latents are in [-1, 1], as everywhere here,
            and the generator moves them there.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"solids": Voxels},)
    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    makes = "solids"
    CARD: ClassVar[Card | None] = Card(
        paper='Wu et al. 2016, "Learning a Probabilistic Latent Space of Object Shapes via 3D Generative-Adversarial '
        'Modeling", arXiv:1610.07584',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(z)))], no step after a batch with an accuracy above 0.8",
        generator="L_G = -E[log D(G(z))] (printed: log(1 - D(G(z))), which saturates)",
        printed={
            "volume_size": 64,
            "base_channels": 64,
            "accuracy_limit": 0.8,
            "latent_dim": 200,
            "latent_distribution": "uniform",
            "generator_lr": 0.0025,
            "discriminator_lr": 1e-5,
            "adam_betas": (0.5, 0.999),
        },
        why={},
    )

    def __init__(
        self,
        volume_size: Literal[8, 16, 32, 64] = 64,
        num_classes: Classes = 0,
        base_channels: Width = 64,
        accuracy_limit: Annotated[float, Range(0, 1)] = 0.8,
        latent_dim: Width = 200,
        latent_distribution: Distribution = "uniform",
        generator_lr: LearningRate = 0.0025,
        discriminator_lr: LearningRate = 1e-5,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            latent_dim=latent_dim,
            latent_distribution=latent_distribution,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        if num_classes:
            self.needs_classes(num_classes)
        self.rule = AccuracyRule(accuracy_limit)
        centred = latent_distribution == "normal"
        self.generator = VoxelGenerator(volume_size, latent_dim, base_channels, num_classes, centred)
        body = VoxelBody(volume_size, base_channels)
        self.discriminator = (
            ProjectionDiscriminator(body, num_classes) if num_classes else Discriminator(body, bias=False)
        )
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Probabilities of voxels, [N, 1, S, S, S], from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the run is conditional.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        conditions = [labels] if self.num_classes and labels is not None else []
        return cast(Tensor, self.picture_maker(ema)(latents, *conditions))

    def discriminator_losses(self, batch: SolidBatch) -> Losses:
        told = self.fresh_classes("discriminator")
        real = (batch.solids, batch.labels) if self.num_classes else batch.solids
        fake = self.fakes("discriminator", *told)
        real_logits, fake_logits = self.judge(real, (fake, *told) if told else fake)
        self.watch_outputs(real_logits, fake_logits)
        if self.rule.limit < 1:
            self.rule.count(real_logits, fake_logits)
            self.watch("waits", self.rule.waits.float())
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: SolidBatch) -> Losses:
        told = self.fresh_classes("generator")
        fake = self.fakes("generator", *told)
        return {"adversarial": non_saturating_generator_loss(self.judge_fake((fake, *told) if told else fake))}

    def set_schedules(self, optimizers: dict[str, LightningOptimizer]) -> None:
        super().set_schedules(optimizers)
        self.rule.next_batch()

    def make_optimizer(self, player: str) -> Optimizer:
        made = super().make_optimizer(player)
        if player != "discriminator" or self.rule.limit == 1:
            return made
        weights = [weights for group in made.param_groups for weights in group["params"]]
        return WaitingAdam(weights, lambda: self.rule.waits, **made.defaults)

    def held_out_logits(self, batch: SolidBatch) -> Tensor:
        told = (batch.solids, batch.labels) if self.num_classes else (batch.solids,)
        return cast(Tensor, self.discriminator(*told))

    def held_out_measures(self, batch: SolidBatch) -> Losses:
        """How full made and real solids are, and the share of a made one's voxels that are undecided."""
        latents = self.noise("measured", self.latent_dim, distribution=self.latent_distribution)
        made = self(latents, batch.labels if self.num_classes else None)
        low, high = UNDECIDED
        return {
            "occupancy": self.medium.kept(made).float().mean(),
            "occupancy_real": batch.solids.mean(),
            "undecided": ((made > low) & (made < high)).float().mean(),
        }

    def surface(self, made: Tensor) -> Tensor | None:
        return None if self.num_classes else super().surface(made)
