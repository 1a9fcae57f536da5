"""WGAN-LP: Petzka et al. 2018, "On the regularization of Wasserstein GANs", arXiv:1709.08894."""

from typing import Any, ClassVar

from gan_cli.batches import Batch
from gan_cli.networks.layers import Norm
from gan_cli.objectives.adversarial import critic_generator_loss, critic_loss
from gan_cli.objectives.penalties import lipschitz_penalty
from gan_cli.ranges import Decay, Few, LearningRate, Weight
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class WGANLP(ChosenNetworks):
    """A critic whose slope is held at or below 1 by a one-sided penalty (Petzka et al. 2018).

    Defaults are those of WGAN-GP, with which the paper compares. Mixed points lie on lines between real and generated
    images, as in WGAN-GP; the paper also tries points around the real ones.

    Args:
        lambda_lp: Weight of the penalty.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the critic.
        adam_betas: Adam's two decay rates.
        n_critic: Steps of the critic for each of the generator.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the critic would mix the images of a batch.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Petzka et al. 2018, "On the regularization of Wasserstein GANs", arXiv:1709.08894',
        discriminator="L_D = E[D(G(z))] - E[D(x)] + lambda_lp E[max(0, |grad D(u)| - 1)^2]\n"
        "u = e x + (1 - e) G(z), e ~ U[0, 1]",
        generator="L_G = -E[D(G(z))]",
        printed={
            "lambda_lp": 10.0,
            "generator_lr": 1e-4,
            "discriminator_lr": 1e-4,
            "adam_betas": (0.0, 0.9),
            "n_critic": 5,
        },
        why={},
    )

    NORMS: ClassVar[tuple[Norm, ...]] = ("layer", "none")
    WHY_NOT: ClassVar[str] = "it mixes the images of a batch, and the penalty is on the slope at each image"

    def __init__(
        self,
        lambda_lp: Weight = 10.0,
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
        self.lambda_lp = lambda_lp
        self.make_players()

    def discriminator_losses(self, batch: Batch) -> Losses:
        real, fake = self.presented(batch.real), self.presented(self.fakes("discriminator"))
        real_scores, fake_scores = self.judge(real, fake)
        self.watch_outputs(real_scores, fake_scores)
        losses = {"adversarial": critic_loss(real_scores, fake_scores)}
        if self.lambda_lp:
            shares = self.mixing_shares(len(real))
            losses["penalty"] = self.lambda_lp * lipschitz_penalty(self.discriminator, real, fake, shares)
        return losses

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": critic_generator_loss(self.judged_fakes())}
