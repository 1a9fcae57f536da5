"""CGAN: Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784."""

from typing import Any, ClassVar, Literal, cast

import torch
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.heads import ConcatenationDiscriminator, LabelledGenerator, ProjectionDiscriminator
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.ranges import Classes, Decay, LearningRate
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class CGAN(ChosenNetworks):
    """The label into both players (Mirza and Osindero 2014, equation 2).

    Departures: DCGAN's networks and Adam instead of maxout, dropout and gradient descent with momentum, which do not
    reach beyond MNIST; `architecture: mlp` is nearest to the paper.

    Args:
        num_classes: K; comes from the data.
        conditioning: How the label enters. "concatenation": beside the latent vector and, as planes, beside the image.
            "projection": into the generator's batch normalisation, and into the discriminator by the product of
            features and an embedding; with their networks, objective and spectral normalisation, this is SNGAN with
            `num_classes` (Miyato and Koyama 2018, arXiv:1802.05637).
        mismatched_labels: The discriminator also rejects real images with a wrong label (Reed et al. 2016,
            arXiv:1605.05396, algorithm 1).
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
        paper='Mirza and Osindero 2014, "Conditional Generative Adversarial Nets", arXiv:1411.1784',
        discriminator="L_D = -E[log D(x | y)] - E[log(1 - D(G(z | y) | y))]",
        generator="L_G = -E[log D(G(z | y) | y)]",
        printed={
            "num_classes": 10,
            "conditioning": "concatenation",
            "generator_lr": "0.1 falling, momentum",
            "discriminator_lr": "0.1 falling, momentum",
            "adam_betas": "momentum 0.5 to 0.7",
            "ema_decay": "none",
            "image_size": 28,
            "image_channels": 1,
            "latent_dim": 100,
            "latent_distribution": "uniform",
            "architecture": "mlp, maxout, dropout",
        },
        why={
            "generator_lr": "Adam with DCGAN's rate, with its networks",
            "discriminator_lr": "as the generator's",
            "adam_betas": "Adam, with DCGAN's rates",
            "ema_decay": "makes samples better and leaves training as it is",
            "image_size": "comes from the data",
            "image_channels": "comes from the data",
            "latent_distribution": "as in our DCGAN",
            "architecture": "maxout and dropout do not reach beyond MNIST; mlp is nearest to the paper",
        },
    )

    def __init__(
        self,
        num_classes: Classes = 10,
        conditioning: Literal["concatenation", "projection"] = "concatenation",
        mismatched_labels: bool = False,
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
        self.mismatched_labels = mismatched_labels
        body, shape, extra = self.discriminator_design.body, self.shape, num_classes
        if conditioning == "projection":
            network = self.generator_design.generator(shape, self.latent_dim, num_classes)
            self.discriminator = ProjectionDiscriminator(body(shape), num_classes)
        else:
            network = self.generator_design.generator(shape, self.latent_dim + num_classes)
            as_planes = self.discriminator_design.architecture != "mlp"
            self.discriminator = ConcatenationDiscriminator(body(shape, extra), num_classes, as_planes)
        self.generator = LabelledGenerator(network, num_classes, concatenated=conditioning == "concatenation")
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
        labels = batch.labels
        real, fake = self.presented(batch.real), self.presented(self.fakes("discriminator", labels))
        wrong = [(real, self._wrong(labels))] if self.mismatched_labels else []
        real_logits, fake_logits, *mismatched = self.judge((real, labels), (fake, labels), *wrong)
        self.watch_outputs(real_logits, fake_logits)
        # Both kinds of fault together weigh as much as the generated images alone would.
        return {"adversarial": discriminator_cross_entropy(real_logits, torch.cat([fake_logits, *mismatched]))}

    def generator_losses(self, batch: Batch) -> Losses:
        labels = batch.labels.repeat(self.generator_batch_multiple)
        fake_logits = self.judge_fake((self.presented(self.fakes("generator", labels)), labels))
        return {"adversarial": non_saturating_generator_loss(fake_logits)}

    def held_out_logits(self, batch: Batch) -> Tensor:
        return cast(Tensor, self.discriminator(self.presented(batch.real), batch.labels))

    def surface(self, points: Tensor) -> Tensor | None:
        return None  # it takes a label

    def _wrong(self, labels: Tensor) -> Tensor:
        """Another class for each image, all others equally likely, int64 [N]."""
        shares = (self.noise("wrong labels", distribution="uniform") + 1) / 2
        steps = 1 + (shares * (self.num_classes - 1)).long().clamp(max=self.num_classes - 2)
        return (labels + steps) % self.num_classes
