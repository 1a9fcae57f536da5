"""A small GAN of videos, after Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612."""

from itertools import pairwise
from math import prod
from typing import Any, ClassVar, cast

from torch import Tensor, nn
from videos import Films, VideoBatch

from gan_cli.media.videos import Videos
from gan_cli.networks.heads import LabelledGenerator, ProjectionDiscriminator
from gan_cli.networks.layers import initialise
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.latent import LatentModule


class VideoGAN(LatentModule):
    """Videos of a class, by 3-D convolutions: the one-stream architecture of the paper's section 3.1.

    Departures: the class, beside the latents and by its product with the features; our own rates; the moving average.

    Args:
        num_frames: T, a multiple of a quarter of `image_size`; comes from the data, as the next three.
        image_size: Side of the frames in pixels, a power of two from 16.
        image_channels: C.
        num_classes: K.
        base_channels: Channels of the layers next to the video; doubled with each halving of it.
        latent_dim: Z.
        generator_lr: Learning rate of the generator.
        discriminator_lr: Learning rate of the discriminator.
        adam_betas: Adam's two decay rates.
        ema_decay: Weight of the old average in the generator's moving average, in [0, 1); 0 turns it off.
        **further: Further arguments of `LatentModule`.

    Raises:
        UserError: If a value is out of its range, or the data has no classes.
    """

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Films}, {"videos": Videos})
    GIVEN: ClassVar[tuple[str, ...]] = ("labels",)
    makes = "videos"

    def __init__(
        self,
        num_frames: int = 8,
        image_size: int = 16,
        image_channels: int = 1,
        num_classes: int = 10,
        base_channels: int = 32,
        latent_dim: int = 64,
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
        check("image_size", image_size, image_size in (16, 32, 64, 128), "of 16, 32, 64 or 128")
        shortest = image_size // 4
        check("num_frames", num_frames, num_frames % shortest == 0, f"that is a multiple of {shortest}")
        self.needs_classes(num_classes)
        smallest = (num_frames // shortest, 4, 4)
        widths = [base_channels << level for level in range(image_size.bit_length() - 3)]
        network = upwards(latent_dim + num_classes, smallest, widths[::-1], image_channels)
        self.generator = LabelledGenerator(network, num_classes, concatenated=True)
        self.discriminator = ProjectionDiscriminator(Body(image_channels, widths, smallest), num_classes)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor, ema: bool = True) -> Tensor:  # type: ignore[override]
        """Videos [N, C, T, H, W] in [-1, 1], from latents [N, Z] and labels, int64 [N] or shares of classes [N, K]."""
        return cast(Tensor, self.picture_maker(ema)(latents, labels))

    def discriminator_losses(self, batch: VideoBatch) -> Losses:
        fakes = self.fakes("discriminator", batch.labels)
        real_logits, fake_logits = self.judge((batch.videos, batch.labels), (fakes, batch.labels))
        self.watch_outputs(real_logits, fake_logits)
        return {"adversarial": discriminator_cross_entropy(real_logits, fake_logits)}

    def generator_losses(self, batch: VideoBatch) -> Losses:
        fake_logits = self.judge_fake((self.fakes("generator", batch.labels), batch.labels))
        return {"adversarial": non_saturating_generator_loss(fake_logits)}

    def held_out_logits(self, batch: VideoBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.videos, batch.labels))


def upwards(latent_dim: int, smallest: tuple[int, int, int], widths: list[int], channels: int) -> nn.Sequential:
    """From latents to videos: a map of a few frames of 4x4 pixels first, doubled by each layer in all directions."""
    layers: list[nn.Module] = [nn.Linear(latent_dim, widths[0] * prod(smallest), bias=False)]
    layers += [nn.Unflatten(1, (widths[0], *smallest))]
    for inputs, outputs in pairwise([*widths, channels]):
        layers += [nn.BatchNorm3d(inputs), nn.ReLU(), nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False)]
    return nn.Sequential(*layers, nn.Tanh()).apply(initialise)


class Body(nn.Module):
    """From videos to features [N, F], by strided convolutions."""

    def __init__(self, channels: int, widths: list[int], smallest: tuple[int, int, int]) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv3d(channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv3d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm3d(outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten()).apply(initialise)
        self.feature_dim = widths[-1] * prod(smallest)

    def forward(self, videos: Tensor) -> Tensor:
        return cast(Tensor, self.layers(videos))
