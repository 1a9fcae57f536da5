"""SAGAN: Zhang et al. 2019, "Self-Attention Generative Adversarial Networks", arXiv:1805.08318."""

from typing import Any, ClassVar

from torch import nn

from gan_cli.batches import Batch
from gan_cli.networks.sagan import SAGANBody, told_by_tables
from gan_cli.networks.spectral_norm import spectra_untouched
from gan_cli.ranges import Channels, Classes, Decay, LearningRate, Pixels, PixelsOrNone, Width
from gan_cli.variants.base import Losses
from gan_cli.variants.card import Card
from gan_cli.variants.hinge import HingeModule, attention_side

LAST = 10
"""The running statistics of the last normalisation move so many times more slowly, as in the authors' code."""


class SAGAN(HingeModule):
    """Self-attention in both players, spectral normalisation in both, and two learning rates (Zhang et al. 2019).

    Defaults are the paper's for ImageNet at 128 pixels. The authors' code leaves the second of `adam_betas` at 0.999.

    Departures: the gradient does not flow through power iteration; in the generator's step the discriminator is divided
    by what its own step has found, where theirs goes one step further and forgets it; the discriminator descends first.

    Args:
        image_size: Side of the square images in pixels, a power of two from 16 to 512.
        image_channels: C.
        num_classes: K; above 0 the generator is told the class by its batch normalisation, and the discriminator by a
            projection.
        latent_dim: Z.
        base_channels: Channels next to the image at 128 pixels; a quarter of all widths up to 32 pixels.
        attention: Side of the maps with self-attention; 0 has none, None is 32, or half the image's side where that
            is less.
        statistics_decay: Weight of the old value in the running statistics of the generator's batch normalisation; a
            short run needs less.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        **optimisation: Further arguments of `HingeModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    CARD: ClassVar[Card | None] = Card(
        paper='Zhang et al. 2019, "Self-Attention Generative Adversarial Networks", arXiv:1805.08318',
        discriminator="L_D = E[max(0, 1 - D(x, y))] + E[max(0, 1 + D(G(z, y), y))],\n"
        "each weight W of both players as W / sigma(W)",
        generator="L_G = -E[D(G(z, y), y)]",
        printed={
            "image_size": 128,
            "image_channels": 3,
            "num_classes": 1000,
            "latent_dim": 128,
            "base_channels": 64,
            "attention": 32,
            "statistics_decay": 0.999,
            "generator_lr": 1e-4,
            "discriminator_lr": 4e-4,
            "adam_betas": (0.0, 0.9),
            "n_critic": 1,
            "ema_decay": "none",
            "latent_distribution": "normal",
        },
        why={
            "num_classes": "comes from the data, once it is asked for",
            "attention": "the same; half the image's side where that is less",
            "ema_decay": "the same: 0 is none",
        },
    )

    def __init__(
        self,
        image_size: Pixels = 128,
        image_channels: Channels = 3,
        num_classes: Classes = 0,
        latent_dim: Width = 128,
        base_channels: Width = 64,
        attention: PixelsOrNone | None = None,
        statistics_decay: Decay = 0.999,
        generator_lr: LearningRate = 1e-4,
        discriminator_lr: LearningRate = 4e-4,
        adam_betas: tuple[Decay, Decay] = (0.0, 0.9),
        **optimisation: Any,
    ) -> None:
        super().__init__(
            latent_dim,
            num_classes,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            **optimisation,
        )
        where = attention_side(attention, image_size, usual=32)
        generator = told_by_tables(image_size, image_channels, latent_dim, base_channels, where, num_classes)
        body = SAGANBody(image_size, image_channels, base_channels, where)
        set_statistics_decay(generator, statistics_decay)
        self.make_players(generator, body, "xavier")

    def generator_losses(self, batch: Batch) -> Losses:
        with spectra_untouched(self.discriminator):
            return super().generator_losses(batch)


def set_statistics_decay(generator: nn.Module, decay: float) -> None:
    """Sets the weight of the old value in the running statistics; the last normalisation's move more slowly."""
    *norms, last = (module for module in generator.modules() if isinstance(module, nn.BatchNorm2d))
    for norm in norms:
        norm.momentum = 1 - decay
    last.momentum = (1 - decay) / LAST
