"""WGAN: Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875."""

from typing import Annotated, Any, ClassVar

import torch
from torch import Tensor
from torch.optim import Optimizer, RMSprop

from gan_cli.batches import Batch
from gan_cli.errors import UserError
from gan_cli.objectives.adversarial import critic_generator_loss, critic_loss
from gan_cli.ranges import Few, LearningRate, Range
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class WGAN(ChosenNetworks):
    """A critic with clipped weights estimates the Wasserstein distance (Arjovsky et al. 2017, algorithm 1).

    Args:
        clip: Largest size of a weight of the critic.
        critic_warmup: 100 steps of the critic for each of the generator's first 25 and for every 500th, as the authors'
            code has it, so that the critic is near its optimum; the paper's text has n_critic throughout.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the critic.
        n_critic: Steps of the critic for each of the generator.
        **networks: Further arguments of `ChosenNetworks`; the optimizer is RMSProp, which has no `adam_betas`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Arjovsky et al. 2017, "Wasserstein GAN", arXiv:1701.07875',
        discriminator="L_D = E[D(G(z))] - E[D(x)], after each step every weight clipped to [-clip, clip]",
        generator="L_G = -E[D(G(z))]",
        printed={
            "clip": 0.01,
            "critic_warmup": "in the code",
            "generator_lr": 5e-5,
            "discriminator_lr": 5e-5,
            "n_critic": 5,
            "image_size": 64,
            "image_channels": 3,
            "latent_dim": 100,
            "latent_distribution": "normal",
            "architecture": "dcgan",
            "base_channels": 64,
            "adam_betas": "none, RMSProp",
        },
        why={
            "critic_warmup": "the text has n_critic throughout",
            "adam_betas": "not used: RMSProp has none",
        },
    )

    def __init__(
        self,
        clip: Annotated[float, Range(0, 100, without="low")] = 0.01,
        critic_warmup: bool = False,
        generator_lr: LearningRate = 5e-5,
        discriminator_lr: LearningRate = 5e-5,
        n_critic: Few = 5,
        **networks: Any,
    ) -> None:
        super().__init__(generator_lr=generator_lr, discriminator_lr=discriminator_lr, n_critic=n_critic, **networks)
        if networks.get("adam_betas", (0.9, 0.999)) != (0.9, 0.999):
            raise UserError("model.adam_betas: WGAN's optimizer is RMSProp, which has none; leave them out")
        self.clip = clip
        self.critic_warmup = critic_warmup
        self.make_players()

    def make_optimizer(self, player: str) -> Optimizer:
        network = getattr(self, player)
        optimizer = RMSprop(network.parameters(), lr=self.learning_rates[player])
        if player == "discriminator":
            optimizer.register_step_post_hook(lambda *_: self._clip_weights())
        return optimizer

    @torch.no_grad()
    def _clip_weights(self) -> None:
        weights: list[Tensor] = [*self.discriminator.parameters()]
        torch._foreach_clamp_min_(weights, -self.clip)
        torch._foreach_clamp_max_(weights, self.clip)

    def n_critic_now(self) -> int:
        done = self.counters.generator_steps
        return 100 if self.critic_warmup and (done < 25 or done % 500 == 0) else self.n_critic

    def discriminator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": critic_loss(*self.judged(batch))}

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": critic_generator_loss(self.judged_fakes())}
