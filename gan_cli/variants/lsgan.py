"""LSGAN: Mao et al. 2017, "Least Squares Generative Adversarial Networks", arXiv:1611.04076."""

from typing import Any, ClassVar

from gan_cli.batches import Batch
from gan_cli.objectives.adversarial import least_squares
from gan_cli.ranges import Decay, LearningRate, Target
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class LSGAN(ChosenNetworks):
    """Least squares in place of cross-entropy (Mao et al. 2017, equation 2).

    Departures: DCGAN's networks are the default, and the authors' own for LSUN at 112 pixels are `architecture: lsgan`;
    the mean over a batch, where their code has the sum, which Adam's steps do not see.

    Args:
        fake_target: a, what generated images are to the discriminator; 0 in the experiments, -1 minimises Pearson's
            chi-squared (with b = 1, c = 0).
        real_target: b, what real images are.
        generator_target: c, what the generator wants its images to be.
        generator_lr: Learning rate of the generator; 2e-4 for the authors' handwritten characters, 1e-3 for LSUN.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Mao et al. 2017, "Least Squares Generative Adversarial Networks", arXiv:1611.04076',
        discriminator="L_D = 1/2 E[(D(x) - b)^2] + 1/2 E[(D(G(z)) - a)^2]",
        generator="L_G = 1/2 E[(D(G(z)) - c)^2]",
        printed={
            "fake_target": 0.0,
            "real_target": 1.0,
            "generator_target": 1.0,
            "generator_lr": "1e-3 LSUN, 2e-4 characters",
            "discriminator_lr": "1e-3 LSUN, 2e-4 characters",
            "adam_betas": (0.5, 0.999),
            "image_size": "112 LSUN, 28 characters",
            "latent_dim": 1024,
            "latent_distribution": "uniform",
            "architecture": "lsgan",
        },
        why={
            "generator_lr": "the one for characters, which is also DCGAN's",
            "discriminator_lr": "as the generator's",
            "image_size": "comes from the data",
            "latent_dim": "DCGAN's, with its networks",
            "latent_distribution": "as in our DCGAN",
            "architecture": "theirs are for LSUN at 112 pixels",
        },
    )

    def __init__(
        self,
        fake_target: Target = 0.0,
        real_target: Target = 1.0,
        generator_target: Target = 1.0,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr, discriminator_lr=discriminator_lr, adam_betas=adam_betas, **networks
        )
        self.fake_target = fake_target
        self.real_target = real_target
        self.generator_target = generator_target
        self.make_players()

    def discriminator_losses(self, batch: Batch) -> Losses:
        real_outputs, fake_outputs = self.judged(batch)
        return {
            "real": least_squares(real_outputs, self.real_target),
            "fake": least_squares(fake_outputs, self.fake_target),
        }

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": least_squares(self.judged_fakes(), self.generator_target)}
