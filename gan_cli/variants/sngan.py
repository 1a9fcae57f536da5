"""SNGAN: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957."""

from typing import Any, ClassVar

from gan_cli.batches import Batch
from gan_cli.errors import UserError
from gan_cli.networks.architectures import Architecture
from gan_cli.networks.layers import Norm, normalise_spectrally
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.ranges import Decay, Few, LearningRate, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class SNGAN(ChosenNetworks):
    """Every layer of the discriminator divided by its largest singular value, hinge objective (Miyato et al. 2018).

    Defaults are the ResNet of table 4 and its optimizer; the batch of the generator is twice the discriminator's. The
    paper trains 100,000 generator steps, with rates that fall to 0 in the authors' code: `lr_decay_end`.

    Args:
        latent_dim: Z.
        architecture: The networks: resnet or cnn in the paper.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates; for the cnn the paper's best are 2e-4, (0.5, 0.999) and n_critic 1.
        n_critic: Steps of the discriminator for each of the generator.
        generator_batch_multiple: Images of a generator's step, in batches.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the discriminator would have another normalisation.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957',
        discriminator="L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))], each weight W of D as W / sigma(W)",
        generator="L_G = -E[D(G(z))]",
        printed={
            "latent_dim": 128,
            "architecture": "resnet",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.0, 0.9),
            "n_critic": 5,
            "generator_batch_multiple": 2,
            "image_size": "32 in table 4",
            "image_channels": 3,
            "latent_distribution": "normal",
            "lr_decay_end": 100_000,
        },
        why={
            "image_size": "comes from the data",
            "lr_decay_end": "belongs to the length of a run",
        },
    )

    NORMS: ClassVar[tuple[Norm, ...]] = ("none",)
    WHY_NOT: ClassVar[str] = "its scale would undo the spectral normalisation"

    def __init__(
        self,
        latent_dim: Width = 128,
        architecture: Architecture = "resnet",
        generator_lr: LearningRate = 2e-4,
        discriminator_lr: LearningRate = 2e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.9),
        n_critic: Few = 5,
        generator_batch_multiple: Few = 2,
        **networks: Any,
    ) -> None:
        super().__init__(
            latent_dim=latent_dim,
            architecture=architecture,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            n_critic=n_critic,
            generator_batch_multiple=generator_batch_multiple,
            **networks,
        )
        if architecture == "r3gan":
            raise UserError(
                "model.architecture: r3gan starts with weights of 0, which spectral normalisation cannot divide; "
                "take another, or --model.generator_architecture r3gan"
            )
        if architecture in ("sgan_mlp", "sgan_cnn"):
            raise UserError(
                f"model.architecture: {architecture} has weight normalisation, which spectral normalisation undoes; "
                f"take another, or --model.generator_architecture {architecture}"
            )
        self.make_players()
        normalise_spectrally(self.discriminator)

    def discriminator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": discriminator_hinge(*self.judged(batch))}

    def generator_losses(self, batch: Batch) -> Losses:
        return {"adversarial": critic_generator_loss(self.judged_fakes())}
