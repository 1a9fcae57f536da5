"""The generator of Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis", arXiv:2101.04775, section 3.1, and the one that Sauer et al. 2021, "Projected GANs Converge Faster",
arXiv:2111.01007, make of it.

Each size of map is made by one or two convolutions with gated linear units; small maps say by how much the channels of
maps sixteen times as large count (skip-layer excitation). Every convolution is spectrally normalised.
"""

from typing import Literal

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layers import FirstDeconvolution, GatedLinear, initialise
from gan_cli.networks.spectral_norm import normalise_spectrally

SIZES = (64, 128, 256, 512, 1024)
"""Sides of the images that can be made, in pixels."""
SMALL = 128
"""Side of the second image that the discriminator sees; half of the image's where that is less."""
FIRST = 4
"""Side of the first map."""

WIDTHS = {4: 16.0, 8: 8.0, 16: 4.0, 32: 2.0, 64: 2.0, 128: 1.0, 256: 0.5, 512: 0.25, 1024: 0.125}
"""Channels of a map by its side, in multiples of the base channels."""

Depth = Literal["alternate", "single", "double"]
"""Convolutions of each size of map: two and one by turns, as in FastGAN, or one or two throughout."""


def check_size(image_size: int) -> None:
    """Refuses sizes of images that the networks cannot take.

    Raises:
        UserError: If it is none of `SIZES`.
    """
    if image_size not in SIZES:
        *sizes, largest = SIZES
        raise UserError(
            f"data.image_size: {image_size} is not possible here; take {', '.join(map(str, sizes))} or {largest}"
        )


def small_side(image_size: int) -> int:
    """Side of the second, small image."""
    return min(SMALL, image_size // 2)


def width(base_channels: float, side: int) -> int:
    """Channels of a map of this side; at least one."""
    return max(1, int(WIDTHS[side] * base_channels))


class Excitation(nn.Module):
    """Scales each channel of a large map by a number between 0 and 1 that a small map gives (section 3.1, equation 2).

    Args:
        inputs: Channels of the small map.
        outputs: Channels of the large map.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.scales = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Conv2d(inputs, outputs, 4, bias=False),
            nn.SiLU(),  # the paper's figure has a leaky ReLU, the authors' code this
            nn.Conv2d(outputs, outputs, 1, bias=False),
            nn.Sigmoid(),
        )

    def forward(self, small: Tensor, large: Tensor) -> Tensor:
        """[N, inputs, h, w] and [N, outputs, H, W] -> [N, outputs, H, W]."""
        scaled: Tensor = large * self.scales(small)
        return scaled


class MapNoise(nn.Module):
    """Adds noise, the same to all channels, times a learned number that starts from 0.

    It is new for each image in training, and always the same afterwards, so that an image is a function of its latent.

    Args:
        side: Side of the maps.
    """

    fixed: Tensor

    def __init__(self, side: int) -> None:
        super().__init__()
        self.strength = nn.Parameter(torch.zeros(1))
        self.register_buffer("fixed", torch.randn(1, 1, side, side))

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        drawn = self.fixed
        if self.training:
            drawn = torch.randn(len(maps), 1, *maps.shape[2:], device=maps.device)
        return maps + (self.strength * drawn).to(maps.dtype)


def gated(convolution: nn.Module, channels: int, *between: nn.Module) -> list[nn.Module]:
    """A convolution to twice the channels, what comes between, batch normalisation and a gated linear unit."""
    return [convolution, *between, nn.BatchNorm2d(2 * channels), GatedLinear()]


def doubling(inputs: int, outputs: int, side: int, twice: bool, noise: bool = True) -> nn.Sequential:
    """Nearest neighbours and one convolution, or two with noise.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        side: Side of the maps that come out.
        twice: Whether there are two convolutions.
        noise: Whether two have noise.
    """

    def convolution(channels: int) -> list[nn.Module]:
        between = [MapNoise(side)] if twice and noise else []
        return gated(nn.Conv2d(channels, 2 * outputs, 3, padding=1, bias=False), outputs, *between)

    layers = [*convolution(inputs), *(convolution(outputs) if twice else [])]
    return nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), *layers)


class FastGANTrunk(nn.Module):
    """Maps of all sizes from a latent vector; spectral normalisation is left to who adds the outputs.

    Args:
        image_size: Side of the last map in pixels, one of `SIZES`.
        latent_dim: Z.
        base_channels: Channels of the 128x128 map; see `WIDTHS`.
        depth: Convolutions of each size.
        noise: Whether sizes with two convolutions have noise.

    Raises:
        UserError: If the size is not possible.
    """

    def __init__(
        self, image_size: int, latent_dim: int, base_channels: int, depth: Depth = "alternate", noise: bool = True
    ) -> None:
        super().__init__()
        check_size(image_size)
        sides = [side for side in WIDTHS if side <= image_size]
        widths = {side: width(base_channels, side) for side in sides}
        start = FirstDeconvolution(latent_dim, 2 * widths[FIRST], FIRST, bias=False)
        self.start = nn.Sequential(*gated(start, widths[FIRST]))
        twice = {"alternate": (True, False), "single": (False, False), "double": (True, True)}[depth]
        self.stages = nn.ModuleList(
            doubling(widths[side // 2], widths[side], side, twice[number % 2], noise)
            for number, side in enumerate(sides[1:])
        )
        excited = [side for side in sides if 16 * FIRST <= side <= 512]  # the largest maps are excited by none
        self.excitations = nn.ModuleDict({str(side): Excitation(widths[side // 16], widths[side]) for side in excited})
        self.out_channels = widths[image_size]

    def forward(self, latents: Tensor) -> dict[int, Tensor]:
        """Maps [N, C, S, S] by their side S, from latents [N, Z]."""
        maps: dict[int, Tensor] = {FIRST: self.start(latents[:, :, None, None])}
        for stage in self.stages:
            before = max(maps)
            side = 2 * before
            maps[side] = stage(maps[before])
            if str(side) in self.excitations:
                maps[side] = self.excitations[str(side)](maps[side // 16], maps[side])
        return maps


class FastGANGenerator(nn.Module):
    """Two images from a latent vector: the image, and a small one of the map of that size, for the discriminator.

    Args:
        image_size: Side of the square image in pixels, a power of two from 64 to 1,024.
        image_channels: C.
        latent_dim: Z, 256 in the authors' code.
        base_channels: Channels of the 128x128 map, 64 in the authors' code.
        noise: Whether there is noise.

    Raises:
        UserError: If the size is not possible.
    """

    def __init__(
        self, image_size: int, image_channels: int, latent_dim: int, base_channels: int, noise: bool = True
    ) -> None:
        super().__init__()
        self.trunk = FastGANTrunk(image_size, latent_dim, base_channels, noise=noise)
        self.small_side = small_side(image_size)
        small_channels = width(base_channels, self.small_side)
        self.to_image = nn.Conv2d(self.trunk.out_channels, image_channels, 3, padding=1, bias=False)
        self.to_small = nn.Conv2d(small_channels, image_channels, 1, bias=False)
        # In the authors' code, images of 256 and 512 pixels are as the last layer gives them.
        self.bound = nn.Tanh() if image_size == max(SIZES) else nn.Identity()
        self.apply(initialise)
        normalise_spectrally(self)

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """Images [N, C, H, W] and small ones from latents [N, Z]; only those of 1,024 pixels end in tanh."""
        maps = self.trunk(latents)
        return self.bound(self.to_image(maps[max(maps)])), self.bound(self.to_small(maps[self.small_side]))


class ProjectedGANGenerator(nn.Module):
    """FastGAN's generator as Projected GAN has it: latents of one length, one image, neither tanh nor initialisation.

    Args:
        image_size: Side of the square image in pixels, a power of two from 64 to 1,024.
        image_channels: C.
        latent_dim: Z, 256 in the authors' code.
        base_channels: Channels of the 128x128 map, 128 in the authors' code.
        lite: Whether each size has one convolution without noise instead of two with it.
        noise: Whether there is noise.

    Raises:
        UserError: If the size is not possible.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        lite: bool = False,
        noise: bool = True,
    ) -> None:
        super().__init__()
        self.trunk = FastGANTrunk(image_size, latent_dim, base_channels, "single" if lite else "double", noise)
        self.to_image = nn.Conv2d(self.trunk.out_channels, image_channels, 3, padding=1)
        normalise_spectrally(self)

    def forward(self, latents: Tensor) -> Tensor:
        """Images [N, C, H, W], whose values may lie outside [-1, 1], from latents [N, Z]."""
        lengths = (latents.square().mean(dim=1, keepdim=True) + 1e-8).sqrt()
        maps = self.trunk(latents / lengths)
        images: Tensor = self.to_image(maps[max(maps)])
        return images
