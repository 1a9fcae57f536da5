"""DCGAN: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks", arXiv:1511.06434."""

from typing import Any, cast

from torch import Tensor

from gan_cli.batches import ImageBatch
from gan_cli.networks.dcgan import DCGANDiscriminator, DCGANGenerator
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.objectives.augment import Augmentation, diff_augment
from gan_cli.seeding import Distribution
from gan_cli.variants.base import AdversarialModule, Losses, check


class DCGAN(AdversarialModule):
    """Convolutional GAN, batch normalisation in both players, the non-saturating objective (Radford et al. 2016).

    Defaults are the paper's (sections 3 and 4; Adam 2e-4 with beta1 0.5), but for the moving average of the generator,
    which the paper has not: it makes samples better and leaves training as it is; 0 turns it off.

    Args:
        image_size: Side of the square images in pixels, a power of two from 16 to 256.
        image_channels: C, 1 for grey and 3 for RGB.
        latent_dim: Z.
        latent_distribution: N(0, 1), as in the authors' code, or uniform on [-1, 1], as in the paper's text.
        base_channels: Channels of the layers next to the image.
        augment: Random changes in front of the discriminator (DiffAugment), any of color, translation, cutout; against
            overfitting to a few thousand images. None in the paper.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **optimisation: Further arguments of `AdversarialModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    def __init__(
        self,
        image_size: int = 64,
        image_channels: int = 3,
        latent_dim: int = 100,
        latent_distribution: Distribution = "normal",
        base_channels: int = 64,
        augment: tuple[Augmentation, ...] = (),
        generator_lr: float = 2e-4,
        discriminator_lr: float = 2e-4,
        adam_betas: tuple[float, float] = (0.5, 0.999),
        ema_decay: float = 0.999,
        **optimisation: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **optimisation,
        )
        check("latent_dim", latent_dim, latent_dim >= 1, "of 1 or more")
        check("base_channels", base_channels, base_channels >= 1, "of 1 or more")
        self.latent_dim = latent_dim
        self.latent_distribution: Distribution = latent_distribution
        self.augment = augment
        self.generator = DCGANGenerator(image_size, image_channels, latent_dim, base_channels)
        self.discriminator = DCGANDiscriminator(image_size, image_channels, base_channels)
        self.finish_players()

    def forward(self, latents: Tensor, ema: bool = True) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z], by the averaged generator unless `ema` is off."""
        return cast(Tensor, self.picture_maker(ema)(latents))

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        fake = self.generator(self._latents("discriminator"))
        real_logits, fake_logits = self.judge(
            diff_augment(batch.images, self.augment), diff_augment(fake, self.augment)
        )
        self.watch("logits/real", real_logits)
        self.watch("logits/fake", fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: ImageBatch) -> Losses:
        fake = self.generator(self._latents("generator"))
        fake_logits = self.judge_fake(diff_augment(fake, self.augment))
        return {"adversarial": non_saturating_generator_loss(fake_logits)}

    def held_out_logits(self, batch: ImageBatch) -> Tensor:
        return cast(Tensor, self.discriminator(diff_augment(batch.images, self.augment)))

    def _latents(self, player: str) -> Tensor:
        return self.noise(f"latents/{player}", self.latent_dim, distribution=self.latent_distribution)
