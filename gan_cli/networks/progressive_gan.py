"""The players of Karras et al. 2018, "Progressive Growing of GANs for Improved Quality, Stability, and Variation",
arXiv:1710.10196, table 2, as in the authors' code.

All layers are there from the beginning; a `Stage` says how many of them are passed.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, leaky_relu, pad

from gan_cli.networks.equalised import ROOT_2, SLOPE, EqualisedConv2d, EqualisedLinear, pixel_norm, precise
from gan_cli.networks.layers import class_shares
from gan_cli.networks.layouts import FirstMap, laid_out
from gan_cli.networks.minibatch_deviation import MinibatchDeviation
from gan_cli.networks.stages import SMALLEST, Stage, enlarged, halved
from gan_cli.networks.stylegan2 import map_sides


class DoublingConv2d(EqualisedConv2d):
    """A doubling of the map by repeated pixels and a 3x3 convolution (its kernel turned round), as one operation."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, 2H, 2W]."""
        weight = _widened(self.weight * self.scale).transpose(0, 1)
        return conv_transpose2d(inputs, weight, self.bias, stride=2, padding=1)


class HalvingConv2d(EqualisedConv2d):
    """A 3x3 convolution and means over squares of 2x2, as one operation."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H / 2, W / 2]."""
        return conv2d(inputs, _widened(self.weight * (self.scale / 4)), self.bias, stride=2, padding=1)


class ToColours(EqualisedConv2d):
    """A linear 1x1 convolution to colours, in float32 at least.

    Args:
        inputs: Channels in.
        image_channels: C.
    """

    def __init__(self, inputs: int, image_channels: int) -> None:
        super().__init__(inputs, image_channels, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, C, H, W]."""
        return precise(super().forward(inputs))


class FromColours(EqualisedConv2d):
    """A 1x1 convolution from colours, and a leaky ReLU, in the network's memory layout: one of grey images forgets it.

    Args:
        image_channels: C.
        outputs: Channels out.
    """

    def __init__(self, image_channels: int, outputs: int) -> None:
        super().__init__(image_channels, outputs, 1, ROOT_2)
        self.memory_format = torch.contiguous_format

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, outputs, H, W]."""
        return leaky_relu(laid_out(super().forward(inputs), self.memory_format), SLOPE)


class ProgressiveBlock(nn.Module):
    """A doubling of the map, two convolutions, leaky ReLUs and pixel norms.

    Args:
        inputs: Channels in.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.first = DoublingConv2d(inputs, outputs, 3, ROOT_2)
        self.second = EqualisedConv2d(outputs, outputs, 3, ROOT_2)

    def forward(self, maps: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, 2H, 2W]."""
        return _activated(self.second(_activated(self.first(maps))))


class FirstBlock(nn.Module):
    """Latents of one length, with their classes, as a map of 4x4.

    Args:
        inputs: Z, and K if there are classes.
        outputs: Channels out.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.linear = EqualisedLinear(inputs, 16 * outputs, gain=ROOT_2 / 4, start=None)
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.map = FirstMap(outputs, SMALLEST)
        self.convolution = EqualisedConv2d(outputs, outputs, 3, ROOT_2)

    def forward(self, told: Tensor) -> Tensor:
        """[N, inputs] -> [N, outputs, 4, 4]."""
        maps: Tensor = self.map(self.linear(pixel_norm(told)))
        return _activated(self.convolution(_activated(maps + self.bias[:, None, None])))


class ProgressiveGenerator(nn.Module):
    """Blocks that double the map, each with colours of its own.

    Args:
        image_size: Side of the square image in pixels, a power of two from 8 to 1,024.
        image_channels: C.
        latent_dim: Z.
        channel_base: Channels times the map's side, up to `channel_max`.
        channel_max: Most channels.
        num_classes: K; 0 for none.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        channel_base: int,
        channel_max: int,
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        widths = [min(channel_base // side, channel_max) for side in map_sides(image_size)]
        self.num_classes = num_classes
        self.last = Stage(image_size)
        self.first = FirstBlock(latent_dim + num_classes, widths[0])
        self.blocks = nn.ModuleList(ProgressiveBlock(inputs, outputs) for inputs, outputs in pairwise(widths))
        self.to_colours = nn.ModuleList(ToColours(width, image_channels) for width in widths)

    def forward(self, latents: Tensor, labels: Tensor | None = None, stage: Stage | None = None) -> Tensor:
        """Images [N, C, side, side] from latents [N, Z] and, if there are classes, labels; no tanh.

        Args:
            latents: Of any length.
            labels: int64 [N], or shares of classes [N, K].
            stage: How far the network has grown; None passes all layers.
        """
        stage = stage or self.last
        if labels is not None:
            latents = torch.cat([latents, class_shares(labels, self.num_classes).to(latents.dtype)], dim=1)
        maps = before = self.first(latents)
        for block in self.blocks[: stage.level]:
            before, maps = maps, block(maps)
        return coloured(self.to_colours, before, maps, stage)


class ProgressiveDiscriminator(nn.Module):
    """Blocks that halve the map, each with an entry for images of its size; then minibatch deviation and outputs.

    Args:
        image_size: As for the generator.
        image_channels: C.
        channel_base: As for the generator.
        channel_max: As for the generator.
        deviation_group: Things that are compared; 0 compares none.
        outputs: How many numbers are told of an image.
        blur: Comes before a map is halved (StyleGAN).
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        channel_base: int,
        channel_max: int,
        deviation_group: int = 4,
        outputs: int = 1,
        blur: nn.Module | None = None,
    ) -> None:
        super().__init__()
        widths = [min(channel_base // side, channel_max) for side in map_sides(image_size)]
        self.last = Stage(image_size)
        self.from_colours = nn.ModuleList(FromColours(image_channels, width) for width in widths)
        self.blocks = nn.ModuleList(HalvingBlock(inputs, outputs, blur) for outputs, inputs in pairwise(widths))
        self.deviation = MinibatchDeviation(deviation_group) if deviation_group else nn.Identity()
        self.convolution = EqualisedConv2d(widths[0] + bool(deviation_group), widths[0], 3, ROOT_2)
        hidden = min(2 * channel_base // SMALLEST, channel_max)
        self.hidden = EqualisedLinear(SMALLEST**2 * widths[0], hidden, ROOT_2)
        self.head = EqualisedLinear(hidden, outputs)

    def forward(self, images: Tensor, stage: Stage | None = None) -> Tensor:
        """Outputs [N, outputs], in float32 at least, from images [N, C, side, side].

        Args:
            images: Of the stage's side.
            stage: How far the network has grown; None passes all layers.
        """
        stage = stage or self.last
        maps: Tensor = self.from_colours[stage.level](images)
        for level in range(stage.level, 0, -1):
            maps = self.blocks[level - 1](maps)
            if level == stage.level and stage.fades:
                maps = torch.lerp(self.from_colours[level - 1](halved(images)), maps, stage.share)
        with torch.autocast(maps.device.type, enabled=False):
            maps = leaky_relu(self.convolution(self.deviation(precise(maps))), SLOPE)
            outputs: Tensor = self.head(leaky_relu(self.hidden(maps.flatten(1)), SLOPE))
            return outputs


class HalvingBlock(nn.Module):
    """Two convolutions with leaky ReLUs, the second of which halves the map.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        blur: Comes before the second.
    """

    def __init__(self, inputs: int, outputs: int, blur: nn.Module | None = None) -> None:
        super().__init__()
        self.first = EqualisedConv2d(inputs, inputs, 3, ROOT_2)
        self.blur = blur or nn.Identity()
        self.second = HalvingConv2d(inputs, outputs, 3, ROOT_2)

    def forward(self, maps: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H / 2, W / 2]."""
        return leaky_relu(self.second(self.blur(leaky_relu(self.first(maps), SLOPE))), SLOPE)


def coloured(to_colours: nn.ModuleList, before: Tensor, maps: Tensor, stage: Stage) -> Tensor:
    """Images of the newest maps, and as long as these fade in a share of the images of those before.

    Args:
        to_colours: A layer for each size.
        before: The maps that the newest block has been given.
        maps: Those that it has made.
        stage: How far the networks have grown.
    """
    images: Tensor = to_colours[stage.level](maps)
    if not stage.fades:
        return images
    return torch.lerp(enlarged(to_colours[stage.level - 1](before), stage.side), images, stage.share)


def _activated(maps: Tensor) -> Tensor:
    return pixel_norm(leaky_relu(maps, SLOPE))


def _widened(weight: Tensor) -> Tensor:
    """A kernel of 3x3, spread over squares of 2x2: 4x4."""
    wide = pad(weight, (1, 1, 1, 1))
    return wide[..., 1:, 1:] + wide[..., :-1, 1:] + wide[..., 1:, :-1] + wide[..., :-1, :-1]
