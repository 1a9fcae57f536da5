"""DCGAN: Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial
Networks", arXiv:1511.06434."""

from collections.abc import Iterable
from typing import Any, ClassVar, NamedTuple

from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Decay, Few, LearningRate
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class Made(NamedTuple):
    """A batch, and the images made beside it, for both descents.

    Attributes:
        real: As the model sees them.
        fake: With the generator's graph.
    """

    real: Tensor
    fake: Tensor


class DCGAN(ChosenNetworks):
    """Convolutional GAN, batch normalisation in both players, the non-saturating objective (Radford et al. 2016).

    Defaults are the paper's (sections 3 and 4; Adam 2e-4 with beta1 0.5; 64x64, Z = 100) except the prior, N(0, 1) as
    in the authors' Torch code and uniform in the text, the generator's width, 64 as in that code and 128 in figure
    1, and the moving average of the generator, which the paper does not use: it makes samples better and leaves
    training as it is; 0 turns it off. As in the Torch code, the generator descends on the images that the discriminator
    has just learned from, which also saves a pass.

    Args:
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        generator_repeats: Steps of the generator, the later ones with new noise, for each of the discriminator's: 2 in
            the TensorFlow code that many papers, PacGAN among them, take for DCGAN.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative '
        'Adversarial Networks", arXiv:1511.06434',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(z)))]",
        generator="L_G = -E[log D(G(z))]",
        printed={
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.5, 0.999),
            "ema_decay": "none",
            "generator_repeats": 1,
            "image_size": 64,
            "image_channels": 3,
            "latent_dim": 100,
            "latent_distribution": "uniform",
            "architecture": "dcgan",
            "base_channels": 64,
            "generator_base_channels": "128 in figure 1",
        },
        why={
            "ema_decay": "makes samples better and leaves training as it is",
            "latent_distribution": "N(0, 1) in the authors' Torch code",
            "generator_base_channels": "0 is base_channels, 64 in the authors' Torch code",
        },
    )

    def __init__(
        self,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        ema_decay: Decay = 0.999,
        generator_repeats: Few = 1,
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **networks,
        )
        self.generator_repeats = generator_repeats
        self.make_players()

    def descending(self) -> Iterable[str]:
        for player in super().descending():
            yield from [player] * (self.generator_repeats if player == "generator" else 1)

    def batches_a_step(self) -> float:
        return super().batches_a_step() / self.generator_repeats

    def shared(self, batch: Batch) -> Made:
        return Made(batch.real, self.fakes("discriminator"))

    def discriminator_losses(self, batch: Made) -> Losses:
        real_logits, fake_logits = self.judge(self.presented(batch.real), self.presented(batch.fake.detach()))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: Made) -> Losses:
        fake = batch.fake if self.generator_batch_multiple == 1 else self.fakes("generator")
        return {"adversarial": non_saturating_generator_loss(self.judge_fake(self.presented(fake)))}
