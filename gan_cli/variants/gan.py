"""GAN: Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661."""

from typing import Annotated, Any, ClassVar, Literal

import torch
from torch import Tensor

from gan_cli.batches import Batch
from gan_cli.networks.architectures import Architecture
from gan_cli.objectives.adversarial import (
    discriminator_cross_entropy,
    minimax_generator_loss,
    non_saturating_generator_loss,
)
from gan_cli.ranges import Decay, LearningRate, Range, Steps, Weight, Width
from gan_cli.seeding import Distribution
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class GAN(ChosenNetworks):
    """Fully connected players, minimax or non-saturating objective (Goodfellow et al. 2014, algorithm 1).

    Departures: Adam instead of gradient descent with momentum, which takes hundreds of passes over MNIST; leaky ReLUs
    instead of maxout with dropout in the discriminator; three hidden layers each, where the authors' code has two. k of
    algorithm 1 is `n_critic`.

    Args:
        objective: The generator's loss: "non-saturating", -log D(G(z)), which the paper trains with, or "minimax",
            log(1 - D(G(z))), which the theory is about.
        real_target: What real images are to the discriminator; 0.9 is one-sided label smoothing (Salimans et al. 2016,
            arXiv:1606.03498).
        instance_noise: Standard deviation of normal noise on all that the discriminator sees (Sonderby et al. 2017,
            arXiv:1610.04490).
        instance_noise_end: Generator step at which that noise has fallen to 0, linearly; 0 keeps it.
        latent_distribution: The prior, N(0, 1) or uniform on [-1, 1].
        architecture: The networks, see `ChosenNetworks`.
        base_channels: Units of a hidden layer; 1,200 in the paper's generator.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Goodfellow et al. 2014, "Generative Adversarial Nets", arXiv:1406.2661',
        discriminator="L_D = -E[log D(x)] - E[log(1 - D(G(z)))]",
        generator="L_G = -E[log D(G(z))], or E[log(1 - D(G(z)))] with objective minimax",
        printed={
            "objective": "non-saturating",
            "latent_dim": 100,
            "latent_distribution": "uniform",
            "architecture": "mlp",
            "base_channels": "1200, maxout 240 of 5",
            "depth": 3,
            "activation": "maxout with dropout",
            "n_critic": 1,
            "generator_lr": "0.1 falling, momentum",
            "discriminator_lr": "0.1 falling, momentum",
            "adam_betas": "momentum 0.5 to 0.7",
            "image_size": 28,
            "image_channels": 1,
        },
        why={
            "base_channels": "1200 for both: 240 maxout units of 5 pieces are as many",
            "depth": "0 is the mlp's own 4, the same for all variants",
            "activation": "None is leaky ReLU here; our mlp has neither maxout nor dropout",
            "generator_lr": "momentum takes hundreds of passes over MNIST; Adam with DCGAN's rate",
            "discriminator_lr": "as the generator's",
            "adam_betas": "Adam, with DCGAN's rates",
            "image_size": "comes from the data",
            "image_channels": "comes from the data",
        },
    )

    def __init__(
        self,
        objective: Literal["non-saturating", "minimax"] = "non-saturating",
        real_target: Annotated[float, Range(0, 1, without="low")] = 1.0,
        instance_noise: Weight = 0.0,
        instance_noise_end: Steps = 0,
        latent_distribution: Distribution = "uniform",
        architecture: Architecture = "mlp",
        base_channels: Width = 1200,
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.5, 0.999),
        **networks: Any,
    ) -> None:
        super().__init__(
            latent_distribution=latent_distribution,
            architecture=architecture,
            base_channels=base_channels,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **networks,
        )
        self.generator_loss = {"non-saturating": non_saturating_generator_loss, "minimax": minimax_generator_loss}[
            objective
        ]
        self.real_target = real_target
        self.instance_noise = instance_noise
        self.instance_noise_end = instance_noise_end
        self.make_players()

    def discriminator_losses(self, batch: Batch) -> Losses:
        real_logits, fake_logits = self.judged(batch)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits, self.real_target)}

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": self.generator_loss(self.judged_fakes())}

    def presented(self, images: Tensor) -> Tensor:
        """Images as the discriminator sees them: with instance noise, then presented as in every variant."""
        deviation = self.instance_noise
        if self.instance_noise_end:
            deviation *= max(0.0, 1 - self.counters.generator_steps / self.instance_noise_end)
        return super().presented(images + deviation * torch.randn_like(images) if deviation else images)
