"""WGAN-GP: Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028."""

from typing import Any, ClassVar

from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.heads import Discriminator, LabelledGenerator
from gan_cli.networks.layers import Norm
from gan_cli.objectives.adversarial import auxiliary_classification, critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import gradient_penalty
from gan_cli.ranges import Classes, Decay, Few, LearningRate, Weight
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class WGANGP(ChosenNetworks):
    """A critic whose slope is held at 1 by a penalty (Gulrajani et al. 2017, algorithm 1); by class if asked to.

    With `num_classes` it is the supervised row of table 3: the generator is told the class by its batch normalisation,
    and the critic also tells the class of real images, which the generator is judged by. The networks of that table are
    `architecture: resnet`, with the default `base_channels`.

    Args:
        lambda_gp: Weight of the penalty: 10 for images, 0.1 for points of the plane in the authors' script.
        num_classes: K of a supervised run, which must be the data's; 0 is unsupervised, whatever the data.
        lambda_cls_real: Weight of the class of real images in the critic's loss.
        lambda_cls_fake: Weight of the class of generated images in the generator's loss.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the critic.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the critic for each of the generator.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the critic would mix the images of a batch.
    """

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    CARD: ClassVar[Card | None] = Card(
        paper='Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028',
        discriminator="L_D = E[D(G(z))] - E[D(x)] + lambda_gp E[(|grad D(u)| - 1)^2]\n"
        "u = e x + (1 - e) G(z), e ~ U[0, 1]; with num_classes also - lambda_cls_real E[log P(c | x)]",
        generator="L_G = -E[D(G(z))]; with num_classes also - lambda_cls_fake E[log P(c | G(z, c))]",
        printed={
            "lambda_gp": 10.0,
            "lambda_cls_real": 1.0,
            "lambda_cls_fake": 0.1,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.0, 0.9),
            "n_critic": 5,
            "image_size": "32 to 128",
            "image_channels": 3,
            "latent_dim": 128,
            "latent_distribution": "normal",
            "architecture": "many",
            "norm": "layer or none",
            "generator_batch_multiple": "2 for CIFAR-10",
            "lr_decay_end": "100000 for CIFAR-10",
        },
        why={
            "image_size": "comes from the data",
            "latent_dim": "DCGAN's, with its networks",
            "architecture": "the baseline of figure 2; the others: resnet (table 3), resnet101, mlp",
            "norm": "None is layer, but for resnet up to 32x32 none",
            "generator_batch_multiple": "algorithm 1 has one batch size",
            "lr_decay_end": "algorithm 1 has a constant rate",
        },
    )

    NORMS: ClassVar[tuple[Norm, ...]] = ("layer", "none")
    WHY_NOT: ClassVar[str] = "it mixes the images of a batch, and the penalty is on the slope at each image"

    def __init__(
        self,
        lambda_gp: Weight = 10.0,
        num_classes: Classes = 0,
        lambda_cls_real: Weight = 1.0,
        lambda_cls_fake: Weight = 0.1,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 1e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.9),
        n_critic: Few = 5,
        **networks: Any,
    ) -> None:
        super().__init__(
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            **networks,
        )
        self.lambda_gp = lambda_gp
        self.num_classes = num_classes
        self.lambda_cls_real = lambda_cls_real
        self.lambda_cls_fake = lambda_cls_fake
        if num_classes:
            self.refuse_packs()
            network = self.generator_design.generator(self.shape, self.latent_dim, num_classes)
            self.generator = LabelledGenerator(network, num_classes, concatenated=False)
            self.discriminator = Discriminator(self.discriminator_design.body(self.shape), 1 + num_classes)
            self.finish_players()
        else:
            self.make_players()

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1], or points [N, D], from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the run is supervised.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        conditions = [labels] if self.num_classes and labels is not None else []
        return self.in_range(self.picture_maker(ema)(latents, *conditions))

    def discriminator_losses(self, batch: Batch) -> Losses:
        labels = [batch.labels] if self.num_classes else []
        real, fake = self.presented(batch.real), self.presented(self.fakes("discriminator", *labels))
        real_outputs, fake_outputs = self.judge(real, fake)
        real_scores, fake_scores = self._scores(real_outputs), self._scores(fake_outputs)
        self.watch_outputs(real_scores, fake_scores)
        losses = {"adversarial": critic_loss(real_scores, fake_scores)}
        if self.lambda_gp:
            shares = self.mixing_shares(len(real))
            losses["penalty"] = self.lambda_gp * gradient_penalty(self._critic, real, fake, shares)
        if self.num_classes:
            losses["class"] = self.lambda_cls_real * auxiliary_classification(real_outputs[:, 1:], batch.labels)
        return losses

    def generator_losses(self, batch: Batch) -> Losses:
        if not self.num_classes:
            return {"adversarial": critic_generator_loss(self.judged_fakes())}
        labels = self.random_labels("generator")
        outputs = self.judge_fake(self.presented(self.fakes("generator", labels)))
        return {
            "adversarial": critic_generator_loss(self._scores(outputs)),
            "class": self.lambda_cls_fake * auxiliary_classification(outputs[:, 1:], labels),
        }

    def held_out_logits(self, batch: Batch) -> Tensor:
        return self._scores(super().held_out_logits(batch))

    def held_out_measures(self, batch: Batch) -> Losses:
        return self.accuracy(self.discriminator(batch.real)[:, 1:], batch.labels) if self.num_classes else {}

    def surface(self, points: Tensor) -> Tensor | None:
        outputs = super().surface(points)
        return None if outputs is None else self._scores(outputs)

    def _critic(self, images: Tensor) -> Tensor:
        return self._scores(self.discriminator(images))

    def _scores(self, outputs: Tensor) -> Tensor:
        """The critic's scores alone, [N], without the class logits that it adds in a supervised run."""
        return outputs[:, 0] if self.num_classes else outputs
