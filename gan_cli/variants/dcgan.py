"""DCGAN: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks", arXiv:1511.06434."""

from typing import Any

from gan_cli.batches import Batch
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Losses
from gan_cli.variants.latent import LatentModule


class DCGAN(LatentModule):
    """Convolutional GAN, batch normalisation in both players, the non-saturating objective (Radford et al. 2016).

    Defaults are the paper's (sections 3 and 4; Adam 2e-4 with beta1 0.5; 64x64, Z = 100), but for the prior, N(0, 1) as
    in the authors' code and uniform in the text, and for the moving average of the generator, which the paper has not:
    it makes samples better and leaves training as it is; 0 turns it off.

    Args:
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **networks: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    def __init__(
        self,
        generator_lr: float = 2e-4,
        discriminator_lr: float = 2e-4,
        adam_betas: tuple[float, float] = (0.5, 0.999),
        ema_decay: float = 0.999,
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **networks,
        )
        self.make_players()

    def discriminator_losses(self, batch: Batch) -> Losses:
        real_logits, fake_logits = self.judged(batch)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judged_fakes())}
