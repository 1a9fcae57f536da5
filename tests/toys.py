"""A variant small enough to reason about: one linear layer a player, conditional, no batch normalisation."""

from typing import Any

import torch
from torch import Tensor, nn

from gan_cli.batches import ImageBatch
from gan_cli.networks.layers import class_shares
from gan_cli.objectives.adversarial import discriminator_cross_entropy, non_saturating_generator_loss
from gan_cli.variants.base import AdversarialModule, Losses


class ToyGenerator(nn.Module):
    def __init__(self, image_size: int, latent_dim: int, num_classes: int) -> None:
        super().__init__()
        self.image_size = image_size
        self.layer = nn.Linear(latent_dim, image_size**2)
        self.classes = nn.Linear(num_classes, image_size**2, bias=False)

    def forward(self, latents: Tensor, labels: Tensor) -> Tensor:
        pixels = torch.tanh(self.layer(latents) + self.classes(class_shares(labels, self.classes.in_features)))
        return pixels.reshape(-1, 1, self.image_size, self.image_size)


class ToyDiscriminator(nn.Module):
    def __init__(self, image_size: int) -> None:
        super().__init__()
        self.layer = nn.Linear(image_size**2, 1)

    def forward(self, images: Tensor) -> Tensor:
        logits: Tensor = self.layer(images.flatten(1)).flatten()
        return logits


class ToyGAN(AdversarialModule):
    """A conditional toy."""

    def __init__(
        self, image_size: int = 16, latent_dim: int = 4, num_classes: int = 10, truncated: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**{"generator_lr": 1e-2, "discriminator_lr": 1e-2, **kwargs})
        self.latent_dim = latent_dim
        self.num_classes = num_classes
        self.latent_distribution = "normal"
        self.generator = ToyGenerator(image_size, latent_dim, num_classes)
        self.discriminator = ToyDiscriminator(image_size)
        self.finish_players()

    def forward(self, latents: Tensor, labels: Tensor, truncation_psi: float = 1.0, ema: bool = True) -> Tensor:
        images: Tensor = self.picture_maker(ema)(latents * truncation_psi, labels)
        return images

    def discriminator_losses(self, batch: ImageBatch) -> Losses:
        real, fake = self.judge(batch.images, self.fakes("discriminator", batch))
        return {"adversarial": discriminator_cross_entropy(real, fake)}

    def generator_losses(self, batch: ImageBatch) -> Losses:
        return {"adversarial": non_saturating_generator_loss(self.judge_fake(self.fakes("generator", batch)))}

    def fakes(self, player: str, batch: ImageBatch) -> Tensor:
        images: Tensor = self.generator(self.noise(f"latents/{player}", self.latent_dim), batch.labels)
        return images
