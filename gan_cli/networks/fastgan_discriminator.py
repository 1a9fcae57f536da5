"""The discriminator of Liu et al. 2021, "Towards Faster and Stabilized GAN Training for High-fidelity Few-shot Image
Synthesis", arXiv:2101.04775, section 3.2: a branch for the image, one for a small image, and decoders that picture what
real images become within, so that nothing of them is lost.

Every convolution is spectrally normalised.
"""

from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad

from gan_cli.networks.fastgan import SIZES, Excitation, check_size, doubling, small_side, width
from gan_cli.networks.layers import in_float32, initialise
from gan_cli.networks.spectral_norm import normalise_spectrally

LAST = 8
"""Side of the last map of both branches, and of what a decoder starts from."""
LARGEST = 256
"""Side of the first map at most; larger images are reduced at once."""
EXCITED = 8
"""Maps excite those an eighth as large."""


class Decoded(NamedTuple):
    """Pictures of real images from the discriminator's maps, in [-1, 1], each as large as the small image.

    Attributes:
        whole: Of the image, from the last map.
        small: Of the small image, from the last map of its own branch.
        quarter: Of a quarter of the image, from a quarter of the 16x16 map.
    """

    whole: Tensor
    small: Tensor
    quarter: Tensor


def activated(convolution: nn.Module, *between: nn.Module) -> list[nn.Module]:
    """A convolution, what comes between, and a leaky ReLU."""
    return [convolution, *between, nn.LeakyReLU(0.2)]


def halved(inputs: int, outputs: int, normalised: bool = True) -> list[nn.Module]:
    """A convolution of stride 2, normalised unless it looks at an image."""
    between = [nn.BatchNorm2d(outputs)] if normalised else []
    return activated(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), *between)


class Halving(nn.Module):
    """The mean of two ways to halve a map: two convolutions, and the mean of pixels with a 1x1 one.

    Args:
        inputs: Channels in.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        second = activated(nn.Conv2d(outputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs))
        self.main = nn.Sequential(*halved(inputs, outputs), *second)
        beside = activated(nn.Conv2d(inputs, outputs, 1, bias=False), nn.BatchNorm2d(outputs))
        self.beside = nn.Sequential(nn.AvgPool2d(2), *beside)

    def forward(self, maps: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H / 2, W / 2]."""
        averaged: Tensor = (self.main(maps) + self.beside(maps)) / 2
        return averaged


class Decoder(nn.Sequential):
    """A picture of a map of any size, which is first brought to 8x8.

    Args:
        inputs: Channels in.
        image_channels: C.
        base_channels: The discriminator's; the authors' decoders are as wide whatever these are.
        side: Side of the picture.
    """

    def __init__(self, inputs: int, image_channels: int, base_channels: int, side: int) -> None:
        layers: list[nn.Module] = [nn.AdaptiveAvgPool2d(LAST)]
        now = LAST
        while now < side:
            now *= 2
            outputs = width(base_channels / 2, now)
            layers.append(doubling(inputs, outputs, now, twice=False))
            inputs = outputs
        super().__init__(*layers, nn.Conv2d(inputs, image_channels, 3, padding=1, bias=False), nn.Tanh())


class FastGANDiscriminator(nn.Module):
    """25 logits of the image and 25 of the small one, each of a part of it.

    Args:
        image_size: Side of the square image in pixels, a power of two from 64 to 1,024; the authors have 256 and more,
            and smaller images go in where theirs have been halved to that size.
        image_channels: C.
        base_channels: Channels of the 64x64 map, 64 in the authors' code; doubled with each halving.
        decodes: Whether there are decoders.

    Raises:
        UserError: If the size is not possible.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, decodes: bool = True) -> None:
        super().__init__()
        check_size(image_size)
        self.small_side = small_side(image_size)
        first = min(image_size, LARGEST)
        channels = {side: max(1, base_channels * 64 // side) for side in (*SIZES[:-1], 32, 16, LAST)}
        sides = [side for side in sorted(channels, reverse=True) if side <= first]
        self.start = nn.Sequential(*_first_layers(image_size, image_channels, channels))
        self.halvings = nn.ModuleList(Halving(channels[2 * side], channels[side]) for side in sides[1:])
        self.excitations = nn.ModuleDict(
            {
                str(side): Excitation(channels[EXCITED * side], channels[side])
                for side in sides
                if EXCITED * side <= first
            }
        )
        last = channels[LAST]
        self.hidden = nn.Sequential(*activated(nn.Conv2d(last, 2 * last, 1, bias=False), nn.BatchNorm2d(2 * last)))
        self.head = nn.Conv2d(2 * last, 1, 4, bias=False)

        widths = [max(1, base_channels * 32 // side) for side in (64, 32, 16, LAST) if side < self.small_side]
        layers = halved(image_channels, widths[0], normalised=False)
        for pair in pairwise(widths):
            layers += halved(*pair)
        self.small_branch = nn.Sequential(*layers)
        self.small_head = nn.Conv2d(widths[-1], 1, 4, bias=False)

        if decodes:
            made = (image_channels, base_channels, self.small_side)
            self.decode_whole = Decoder(last, *made)
            self.decode_small = Decoder(widths[-1], *made)
            self.decode_quarter = Decoder(channels[2 * LAST], *made)
        self.apply(initialise)
        normalise_spectrally(self)

    def forward(
        self, images: Tensor, small: Tensor | None = None, quarter: int | None = None
    ) -> Tensor | tuple[Tensor, Decoded]:
        """Logits [N, 50] from images [N, C, H, W]; with a quarter also the pictures that the decoders make.

        Args:
            images: In [-1, 1].
            small: The same at the small side; None takes every second pixel, or fewer, of the images.
            quarter: Which one is decoded, from 0 at the top left to 3 at the bottom right; None decodes nothing.
        """
        maps = self._maps(images)
        small = self.reduced(images) if small is None else small
        small_map: Tensor = self.small_branch(small)
        logits = [in_float32(self.head, self.hidden(maps[LAST])), in_float32(self.small_head, small_map)]
        judged = torch.cat([each.flatten(1) for each in logits], dim=1)
        if quarter is None:
            return judged
        part = cut(maps[2 * LAST], quarter)
        decoded = Decoded(self.decode_whole(maps[LAST]), self.decode_small(small_map), self.decode_quarter(part))
        return judged, decoded

    def reduced(self, images: Tensor) -> Tensor:
        """Images at the small side, by nearest neighbours, as the authors have it."""
        return interpolate(images, self.small_side)

    def _maps(self, images: Tensor) -> dict[int, Tensor]:
        """Maps by their side."""
        maps = {min(images.shape[-1], LARGEST): self.start(images)}
        for halving in self.halvings:
            before = min(maps)
            side = before // 2
            maps[side] = halving(maps[before])
            if str(side) in self.excitations:
                maps[side] = self.excitations[str(side)](maps[EXCITED * side], maps[side])
        return maps


def cut(maps: Tensor, quarter: int) -> Tensor:
    """A quarter of maps or images, from 0 at the top left to 3 at the bottom right; [N, C, H / 2, W / 2]."""
    low, right = divmod(quarter, 2)
    side = maps.shape[-1] // 2
    # Padded by less than nothing: unlike a slice's, the gradient has the maps' layout in memory.
    return pad(maps, (-side * right, -side * (1 - right), -side * low, -side * (1 - low)))


def _first_layers(image_size: int, image_channels: int, channels: dict[int, int]) -> list[nn.Module]:
    """Layers from the image to the first map, which has its size, or 256 pixels."""
    if image_size <= LARGEST:
        return activated(nn.Conv2d(image_channels, channels[image_size], 3, padding=1, bias=False))
    layers = halved(image_channels, channels[image_size // 2], normalised=False)
    return layers if image_size == 2 * LARGEST else [*layers, *halved(channels[2 * LARGEST], channels[LARGEST])]
