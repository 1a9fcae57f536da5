"""ACGAN: Odena et al. 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs", arXiv:1610.09585."""

from typing import Any, ClassVar, cast

from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.heads import Discriminator, LabelledGenerator
from gan_cli.objectives.adversarial import (
    auxiliary_classification,
    discriminator_cross_entropy,
    non_saturating_generator_loss,
)
from gan_cli.ranges import Classes, Decay, LearningRate, Weight
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class ACGAN(ChosenNetworks):
    """The discriminator also tells the class, of real and of generated images (Odena et al. 2017, equations 2 and 3).

    Departure: the defaults are DCGAN's networks; the paper's, whose discriminator has six 3x3 convolutions with dropout
    and activation noise, are `architecture` acgan.

    Args:
        num_classes: K; comes from the data.
        lambda_cls: Weight of the classes' log-likelihood in both losses.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average (none in the paper); 0 turns it off.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the data has no classes.
    """

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    CARD: ClassVar[Card | None] = Card(
        paper='Odena et al. 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs", arXiv:1610.09585',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(z, c)))]\n"
        "- lambda_cls (E[log P(c | x)] + E[log P(c | G(z, c))])",
        generator="L_G = -E[log D(G(z, c))] - lambda_cls E[log P(c | G(z, c))]",
        printed={
            "num_classes": 10,
            "lambda_cls": 1.0,
            "generator_lr": "1e-4, 2e-4 or 3e-4",
            "discriminator_lr": "1e-4, 2e-4 or 3e-4",
            "adam_betas": (0.5, 0.999),
            "ema_decay": "none",
            "image_size": 128,
            "image_channels": 3,
            "latent_dim": "110 with the class",
            "architecture": "acgan",
            "base_channels": 16,
            "generator_base_channels": "192, for CIFAR-10 96",
        },
        why={
            "generator_lr": "it lists what was tried, not what was kept",
            "discriminator_lr": "as the generator's",
            "ema_decay": "makes samples better and leaves training as it is",
            "image_size": "comes from the data",
            "latent_dim": "the class comes beside it, as num_classes numbers more",
            "architecture": "DCGAN's, for small sets; theirs is in acgan_cifar10.yaml",
            "base_channels": "DCGAN's",
            "generator_base_channels": "0 is base_channels",
        },
    )

    def __init__(
        self,
        num_classes: Classes = 10,
        lambda_cls: Weight = 1.0,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        ema_decay: Decay = 0.999,
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **networks,
        )
        self.needs_classes(num_classes)
        self.refuse_packs()
        self.lambda_cls = lambda_cls
        network = self.generator_design.generator(self.shape, self.latent_dim + num_classes)
        self.generator = LabelledGenerator(network, num_classes, concatenated=True)
        self.discriminator = Discriminator(self.discriminator_design.body(self.shape), 1 + num_classes)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1], or points [N, D], from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K].
            ema: The averaged generator where there is one, or the one that is trained.
        """
        return self.in_range(self.picture_maker(ema)(latents, labels))

    def discriminator_losses(self, batch: Batch) -> Losses:
        fake_labels = self.random_labels("discriminator")
        fake = self.fakes("discriminator", fake_labels)
        real_outputs, fake_outputs = self.judge(self.presented(batch.real), self.presented(fake))
        real_logits, fake_logits = real_outputs[:, 0], fake_outputs[:, 0]
        self.watch_outputs(real_logits, fake_logits)
        classes = auxiliary_classification(real_outputs[:, 1:], batch.labels)
        classes = classes + auxiliary_classification(fake_outputs[:, 1:], fake_labels)
        return {
            "adversarial": discriminator_cross_entropy(real_logits, fake_logits),
            "class": self.lambda_cls * classes,
        }

    def generator_losses(self, batch: Batch) -> Losses:
        labels = self.random_labels("generator")
        outputs = self.judge_fake(self.presented(self.fakes("generator", labels)))
        return {
            "adversarial": non_saturating_generator_loss(outputs[:, 0]),
            "class": self.lambda_cls * auxiliary_classification(outputs[:, 1:], labels),
        }

    def classify(self, images: Tensor, ema: bool = True) -> Tensor:
        """Class logits [N, K] of images [N, C, H, W] in [-1, 1], by the discriminator, of which there is no average."""
        return cast(Tensor, self.discriminator(images))[:, 1:]

    def held_out_logits(self, batch: Batch) -> Tensor:
        return super().held_out_logits(batch)[:, 0]

    def held_out_measures(self, batch: Batch) -> Losses:
        return self.accuracy(self.classify(batch.real), batch.labels)

    def surface(self, points: Tensor) -> Tensor | None:
        outputs = super().surface(points)
        return None if outputs is None else outputs[:, 0]
