"""WGAN-GP written from its paper, with PyTorch's own layers and nothing of gan_cli.

Gulrajani et al. 2017, "Improved Training of Wasserstein GANs", arXiv:1704.00028, algorithm 1: a penalty of 10 on the
critic's slope at points between real and made images, five steps of the critic for each of the generator,
Adam(1e-4, 0, 0.9), Z = 128 from N(0, 1). The networks are figure 2's baseline, DCGAN's, with weights from N(0, 0.02);
the critic has layer normalisation in place of batch normalisation (section 4), one mean and variance an image and a
scale and shift a channel, as the authors' code reads it.
"""

from typing import Any

import torch
from torch import Tensor, nn

LATENT_DIM = 128
LAMBDA = 10.0
CRITIC_STEPS = 5


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
        layers += [nn.BatchNorm2d(outputs), nn.ReLU()]
        inputs = outputs
    return nn.Sequential(*layers, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())


def critic(channels: int, width: int, image_size: int) -> nn.Sequential:
    """Scores [N] of images [N, C, H, W]."""
    layers: list[nn.Module] = []
    inputs = channels
    for outputs in widths(image_size, width):
        normalisation = [nn.GroupNorm(1, outputs)] if layers else []
        layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=not layers), *normalisation, nn.LeakyReLU(0.2)]
        inputs = outputs
    return nn.Sequential(*layers, nn.Conv2d(inputs, 1, 4, bias=False), nn.Flatten(0))


def initialise(module: nn.Module) -> None:
    """DCGAN's weights."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0.0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1.0, 0.02)


def penalty(judge: nn.Module, real: Tensor, fake: Tensor) -> Tensor:
    """How far the critic's slope is from 1 between pairs of a real and a made image."""
    share = torch.rand(len(real), 1, 1, 1)
    between = (share * real + (1 - share) * fake).requires_grad_()
    (slope,) = torch.autograd.grad(judge(between).sum(), between, create_graph=True)
    lengths: Tensor = slope.flatten(1).norm(dim=1)
    return (lengths - 1).square().mean()


class PlainWGANGP:
    """Both players and their optimizers; `state` holds all that a stopped run needs.

    Args:
        channels: C of the images.
        width: Channels of the maps next to the image.
        image_size: Side of the images in pixels.
        learning_rate: Adam's.
    """

    def __init__(self, channels: int, width: int = 64, image_size: int = 32, learning_rate: float = 1e-4) -> None:
        self.maker = generator(channels, width, image_size).apply(initialise)
        self.judge = critic(channels, width, image_size).apply(initialise)
        self.optimizers = [
            torch.optim.Adam(network.parameters(), lr=learning_rate, betas=(0.0, 0.9))
            for network in (self.judge, self.maker)
        ]

    @property
    def state(self) -> list[Any]:
        """What is trained."""
        return [self.maker, self.judge, *self.optimizers]

    def step(self, *reals: Tensor) -> None:
        """A step of the critic on each batch of images [N, C, H, W] in [-1, 1], then one of the generator."""
        judge, maker = self.optimizers
        for real in reals:
            fake = self.made(len(real)).detach()
            loss = self.judge(fake).mean() - self.judge(real).mean() + LAMBDA * penalty(self.judge, real, fake)
            self.judge.zero_grad()
            loss.backward()
            judge.step()
        self.maker.zero_grad()
        (-self.judge(self.made(len(reals[0]))).mean()).backward()
        maker.step()

    def made(self, count: int) -> Tensor:
        """Images [N, C, H, W] from fresh noise, in the mode that the generator is in."""
        images: Tensor = self.maker(torch.randn(count, LATENT_DIM, 1, 1))
        return images
