"""A small GAN of videos, after Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612."""

from itertools import pairwise
from math import prod
from typing import Any, ClassVar, cast

import torch
from torch import Tensor, nn
from videos import VideoBatch, Videos

from gan_cli.networks.layers import class_shares, initialise
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import Fields, Losses, check
from gan_cli.variants.latent import LatentModule


class VideoGAN(LatentModule):
    """Videos of a class, by 3-D convolutions: the one-stream architecture of the paper's section 3.1.

    Departures: the class, which enters both players; rates of our own; and the moving average.

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

    LEARNS_FROM: ClassVar[tuple[Fields, ...]] = ({"videos": Videos},)
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
        self.generator = Generator(latent_dim, num_classes, smallest, widths[::-1], image_channels)
        self.discriminator = Discriminator(image_channels, widths, smallest, num_classes)
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
        labels = batch.labels.repeat(self.generator_batch_multiple)
        fake_logits = self.judge_fake((self.fakes("generator", labels), labels))
        return {"adversarial": non_saturating_generator_loss(fake_logits)}

    def held_out_logits(self, batch: VideoBatch) -> Tensor:
        return cast(Tensor, self.discriminator(batch.videos, batch.labels))


class Generator(nn.Module):
    """A small map of T/2^n frames of 4x4 pixels from latents and classes, doubled by each layer in all directions."""

    def __init__(
        self, latent_dim: int, num_classes: int, smallest: tuple[int, int, int], widths: list[int], channels: int
    ) -> None:
        super().__init__()
        self.num_classes = num_classes
        first = nn.Linear(latent_dim + num_classes, widths[0] * prod(smallest), bias=False)
        layers: list[nn.Module] = [first, nn.Unflatten(1, (widths[0], *smallest))]
        for inputs, outputs in pairwise([*widths, channels]):
            layers += [nn.BatchNorm3d(inputs), nn.ReLU(), nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False)]
        self.layers = nn.Sequential(*layers, nn.Tanh())
        self.apply(initialise)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        shares = class_shares(labels, self.num_classes).to(latents.dtype)
        return cast(Tensor, self.layers(torch.cat([latents, shares], dim=1)))


class Discriminator(nn.Module):
    """Strided 3-D convolutions, and the product of features and class (Miyato and Koyama 2018, arXiv:1802.05637)."""

    takes_labels = True

    def __init__(self, channels: int, widths: list[int], smallest: tuple[int, int, int], num_classes: int) -> None:
        super().__init__()
        self.num_classes = num_classes
        layers: list[nn.Module] = [nn.Conv3d(channels, widths[0], 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv3d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm3d(outputs), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers, nn.Flatten())
        self.head = nn.Linear(widths[-1] * prod(smallest), 1)
        self.classes = nn.Linear(num_classes, widths[-1] * prod(smallest), bias=False)
        self.apply(initialise)

    def forward(self, videos: Tensor, labels: Tensor) -> Tensor:
        features = self.body(videos)
        wanted = self.classes(class_shares(labels, self.num_classes).to(features.dtype))
        logits: Tensor = self.head(features).squeeze(1) + (features * wanted).sum(1)
        return logits
