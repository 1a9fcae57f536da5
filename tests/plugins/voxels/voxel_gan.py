"""A small GAN of volumes, after Wu et al. 2016, "Learning a Probabilistic Latent Space of Object Shapes via 3D
Generative-Adversarial Modeling", arXiv:1610.07584."""

from itertools import pairwise
from typing import Any, ClassVar, cast

from torch import Tensor, nn
from volumes import VolumeBatch, Volumes

from gan_cli.networks.heads import Discriminator
from gan_cli.networks.layers import initialise
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.latent import LatentModule


class VolumeGAN(LatentModule):
    """Volumes by 3-D convolutions, as DCGAN makes images.

    Departures: rates that are near each other, in place of some 250 times apart and of steps that are left out; and a
    tanh for the sigmoid.

    Args:
        volume_size: Side of the volumes in cells, a power of two from 8; comes from the data.
        base_channels: Channels of the layers next to the volume; doubled with each halving of it.
        latent_dim: Z.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"volumes": Volumes},)
    makes = "volumes"

    def __init__(
        self,
        volume_size: int = 16,
        base_channels: int = 32,
        latent_dim: int = 32,
        generator_lr: float = 1e-3,
        discriminator_lr: float = 4e-4,
        adam_betas: tuple[float, float] = (0.5, 0.999),
        ema_decay: float = 0.99,
        **further: Any,
    ) -> None:
        super().__init__(
            latent_dim=latent_dim,
            generator_lr=generator_lr,
            discriminator_lr=discriminator_lr,
            adam_betas=adam_betas,
            ema_decay=ema_decay,
            **further,
        )
        check("volume_size", volume_size, volume_size in (8, 16, 32, 64), "of 8, 16, 32 or 64")
        widths = [base_channels << level for level in range(volume_size.bit_length() - 3)]
        self.generator = upwards(latent_dim, widths[::-1])
        self.discriminator = Discriminator(Body(widths))
        self.finish_players()

    def discriminator_losses(self, batch: VolumeBatch) -> Losses:
        return {"adversarial": discriminator_cross_entropy(*self.judged(batch))}

    def generator_losses(self, batch: VolumeBatch) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judged_fakes())}


def upwards(latent_dim: int, widths: list[int]) -> nn.Sequential:
    """From latents to volumes: a map of 4x4x4 cells first, doubled by each layer."""
    layers: list[nn.Module] = [nn.Linear(latent_dim, widths[0] * 64, bias=False), nn.Unflatten(1, (widths[0], 4, 4, 4))]
    for inputs, outputs in pairwise([*widths, 1]):
        layers += [nn.BatchNorm3d(inputs), nn.ReLU(), nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh()).apply(initialise)


class Body(nn.Module):
    """From volumes to features [N, F], by strided convolutions."""

    def __init__(self, widths: list[int]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv3d(1, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv3d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm3d(outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten()).apply(initialise)
        self.feature_dim = widths[-1] * 64

    def forward(self, volumes: Tensor) -> Tensor:
        return cast(Tensor, self.layers(volumes))
