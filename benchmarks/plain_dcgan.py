"""DCGAN as the best-known public recipe has it (PyTorch's examples), with PyTorch's own layers and nothing of gan_cli.

Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
arXiv:1511.06434: 64x64 pixels, Z = 100 from N(0, 1), no biases, weights from N(0, 0.02), batch normalisation in both
players with scales from N(1, 0.02), Adam(2e-4, 0.5, 0.999). A step: the discriminator on real images and on made ones
in two passes, then the generator on the same made images.
"""

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

LATENT_DIM = 100


def widths(image_size: int, width: int) -> list[int]:
    """Channels of the maps from half the image's size down to 4x4."""
    return [width * 2**level for level in range(image_size.bit_length() - 3)]


def generator(channels: int, width: int, image_size: int) -> nn.Sequential:
    """Images [N, C, H, W] in [-1, 1] from noise [N, Z, 1, 1]."""
    layers: list[nn.Module] = []
    inputs = LATENT_DIM
    for outputs in reversed(widths(image_size, width)):
        stride, padding = (2, 1) if layers else (1, 0)
        layers += [nn.ConvTranspose2d(inputs, outputs, 4, stride, padding, bias=False)]
        layers += [nn.BatchNorm2d(outputs), nn.ReLU(True)]
        inputs = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())


def discriminator(channels: int, width: int, image_size: int) -> nn.Sequential:
    """Logits [N, 1, 1, 1] from images [N, C, H, W]."""
    layers: list[nn.Module] = []
    inputs = channels
    for outputs in widths(image_size, width):
        normalisation = [nn.BatchNorm2d(outputs)] if layers else []
        layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), *normalisation, nn.LeakyReLU(0.2, True)]
        inputs = outputs
    return nn.Sequential(*layers, nn.Conv2d(inputs, 1, 4, bias=False))


def initialise(module: nn.Module) -> None:
    """The paper's weights."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)
        nn.init.zeros_(module.bias)


class PlainDCGAN:
    """Both players and their optimizers; `state` holds all that a stopped run needs.

    Args:
        channels: C of the images.
        width: Channels of the maps next to the image.
        image_size: Side of the images in pixels: 64 in the recipe; each halving takes a layer of each player away.
        learning_rate: Adam's.
    """

    def __init__(self, channels: int, width: int = 64, image_size: int = 64, learning_rate: float = 2e-4) -> None:
        self.maker = generator(channels, width, image_size).apply(initialise)
        self.judge = discriminator(channels, width, image_size).apply(initialise)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), lr=learning_rate, betas=(0.5, 0.999))
            for network in (self.judge, self.maker)
        ]

    @property
    def state(self) -> list[Any]:
        """What is trained."""
        return [self.maker, self.judge, *self.optimizers]

    def step(self, real: Tensor) -> None:
        """One batch of images [N, C, H, W] in [-1, 1]."""
        fake = self.maker(torch.randn(len(real), LATENT_DIM, 1, 1))
        judge, maker = self.optimizers
        self.judge.zero_grad()
        for images, target in ((real, 1.0), (fake.detach(), 0.0)):
            outputs = self.judge(images)
            binary_cross_entropy_with_logits(outputs, torch.full_like(outputs, target)).backward()
        judge.step()
        self.maker.zero_grad()
        outputs = self.judge(fake)
        binary_cross_entropy_with_logits(outputs, torch.ones_like(outputs)).backward()
        maker.step()

    def made(self, count: int) -> Tensor:
        """Images [N, C, H, W] from fresh noise, in the mode that the generator is in."""
        images: Tensor = self.maker(torch.randn(count, LATENT_DIM, 1, 1))
        return images
