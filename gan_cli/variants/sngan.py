"""SNGAN: Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957; by class
Miyato and Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637."""

from typing import Any, ClassVar, cast

from torch import Tensor, nn

from gan_cli.batches import Batch
from gan_cli.errors import UserError
from gan_cli.networks.architectures import Architecture
from gan_cli.networks.cnn import CNNBody
from gan_cli.networks.heads import LabelledGenerator, ProjectionDiscriminator
from gan_cli.networks.layers import Norm, initialise
from gan_cli.networks.resnet import ResNetBody
from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.objectives.adversarial import critic_generator_loss, discriminator_hinge
from gan_cli.ranges import Classes, Decay, Few, LearningRate, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.chosen_networks import ChosenNetworks


class SNGAN(ChosenNetworks):
    """Every layer of the discriminator divided by its largest singular value, hinge objective (Miyato et al. 2018).

    With `num_classes` it is the projection discriminator of Miyato and Koyama 2018 (equation 3): the generator is told
    the class by its batch normalisation, and the discriminator by the product of its features and an embedding.

    Defaults are the ResNet of table 4 and its optimizer; the batch of the generator is twice the discriminator's. The
    paper trains 100,000 generator steps; the authors' code for CIFAR-10 trains 50,000, over which the rates fall to 0
    (`lr_decay_end`). Their real images are not mirrored, and have noise within a level of brightness (`--data.flip
    false --data.dequantise true`). Departure: their discriminator for 32x32 has no bias in its last layer; table 4 says
    nothing of it, theirs for larger images have one, and so has ours.

    Args:
        latent_dim: Z.
        num_classes: K of a run by class, which must be the data's; 0 is without classes, whatever the data.
        architecture: The networks: sngan_resnet or cnn in the paper.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates; for the cnn the paper's best are 2e-4, (0.5, 0.999) and n_critic 1.
        n_critic: Steps of the discriminator for each of the generator.
        generator_batch_multiple: Images of a generator's step, in batches.
        **networks: Further arguments of `ChosenNetworks`.

    Raises:
        UserError: If a value is out of its range, or the discriminator would have another normalisation.
    """

    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    CARD: ClassVar[Card | None] = Card(
        paper='Miyato et al. 2018, "Spectral Normalization for Generative Adversarial Networks", arXiv:1802.05957;\n'
        'by class Miyato and Koyama 2018, "cGANs with Projection Discriminator", arXiv:1802.05637',
        discriminator="L_D = E[max(0, 1 - D(x))] + E[max(0, 1 + D(G(z)))], each weight W of D as W / sigma(W)\n"
        "with num_classes D(x, y) = psi(phi(x)) + e_y . phi(x), G(z, y), y of G uniform",
        generator="L_G = -E[D(G(z))]",
        printed={
            "latent_dim": 128,
            "architecture": "sngan_resnet",
            "generator_lr": 2e-4,
            "discriminator_lr": 2e-4,
            "adam_betas": (0.0, 0.9),
            "n_critic": 5,
            "generator_batch_multiple": 2,
            "image_size": "32, 48, 128",
            "image_channels": 3,
            "latent_distribution": "normal",
            "lr_decay_start": "400000 for ImageNet",
            "lr_decay_end": "50000 for CIFAR-10",
        },
        why={
            "image_size": "comes from the data",
            "lr_decay_start": "belongs to the length of a run",
            "lr_decay_end": "belongs to the length of a run; 450000 for ImageNet",
        },
    )

    NORMS: ClassVar[tuple[Norm, ...]] = ("none",)
    WHY_NOT: ClassVar[str] = "its scale would undo the spectral normalisation"

    def __init__(
        self,
        latent_dim: Width = 128,
        num_classes: Classes = 0,
        architecture: Architecture = "sngan_resnet",
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
        if num_classes:
            self.needs_classes(num_classes)
            self.refuse_packs()
            network = self.generator_design.generator(self.shape, self.latent_dim, num_classes)
            self.generator = LabelledGenerator(network, num_classes, concatenated=False)
            self.discriminator = ProjectionDiscriminator(self.discriminator_design.body(self.shape), num_classes)
            self.finish_players()
        else:
            self.make_players()
        start_as_the_authors(self.discriminator)
        normalise_spectrally(self.discriminator)

    def forward(self, latents: Tensor, labels: Tensor | None = None, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Images [N, C, H, W] in [-1, 1], or points [N, D], from latents [N, Z].

        Args:
            latents: From the prior.
            labels: int64 [N], or shares of classes [N, K]; only where the run is by class.
            ema: The averaged generator where there is one, or the one that is trained.
        """
        conditions = [labels] if self.num_classes and labels is not None else []
        return self.in_range(self.picture_maker(ema)(latents, *conditions))

    def discriminator_losses(self, batch: Batch) -> Losses:
        if not self.num_classes:
            return {"adversarial": discriminator_hinge(*self.judged(batch))}
        labels = self.random_labels("discriminator")
        fake = self.presented(self.fakes("discriminator", labels))
        real_logits, fake_logits = self.judge((self.presented(batch.real), batch.labels), (fake, labels))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_hinge(real_logits, fake_logits)}

    def generator_losses(self, batch: Batch) -> Losses:
        if not self.num_classes:
            return {"adversarial": critic_generator_loss(self.judged_fakes())}
        labels = self.random_labels("generator")
        fake_logits = self.judge_fake((self.presented(self.fakes("generator", labels)), labels))
        return {"adversarial": critic_generator_loss(fake_logits)}

    def held_out_logits(self, batch: Batch) -> Tensor:
        if not self.num_classes:
            return super().held_out_logits(batch)
        return cast(Tensor, self.discriminator(self.presented(batch.real), batch.labels))

    def surface(self, points: Tensor) -> Tensor | None:
        return None if self.num_classes else super().surface(points)


def start_as_the_authors(discriminator: nn.Module) -> None:
    """First weights of the paper's two discriminators, before they are divided.

    What is divided keeps its direction only, but Adam's steps are as long for small weights as for large ones, so their
    size says how fast directions turn. A cnn starts from N(0, 0.02), as the group's own code for it does
    (https://github.com/pfnet-research/chainer-gan-lib); the heads of a resnet from Glorot's distribution.
    """
    parts = list(discriminator.modules())
    if any(isinstance(part, CNNBody) for part in parts):
        discriminator.apply(initialise)
    elif any(isinstance(part, ResNetBody) for part in parts):
        for head in (part for part in parts if isinstance(part, nn.Linear)):
            nn.init.xavier_uniform_(head.weight)
