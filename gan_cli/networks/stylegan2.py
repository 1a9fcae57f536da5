"""The players of Karras et al. 2020, "Analyzing and Improving the Image Quality of StyleGAN", arXiv:1912.04958, as in
the code of Karras et al. 2020, "Training Generative Adversarial Networks with Limited Data", arXiv:2006.06676.

Styles scale a layer's inputs rather than its weights, and demodulation its outputs: the same, and faster than a
convolution for each image.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from math import sqrt
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, linear

from gan_cli.errors import UserError
from gan_cli.networks.equalised import EqualisedConv2d, EqualisedLinear, precise, scaled_leaky_relu
from gan_cli.networks.layouts import laid_out
from gan_cli.networks.mapping import Mapping
from gan_cli.networks.minibatch_deviation import MinibatchDeviation
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.networks.resampling import Binomial
from gan_cli.networks.styled_generator import StyledGenerator

Trunk = Literal["resnet", "orig"]


class StyledConvolution(nn.Module):
    """A 3x3 convolution whose inputs a style scales, then noise, bias and leaky ReLU.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        style_dim: W.
        side: Side of the map that comes out.
        doubles: Whether the map is doubled.
        noise: Whether there is noise.
    """

    constant: Tensor

    def __init__(
        self, inputs: int, outputs: int, style_dim: int, side: int, doubles: bool = False, noise: bool = True
    ) -> None:
        super().__init__()
        self.style = EqualisedLinear(style_dim, inputs, start=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, 3, 3))
        self.bias = nn.Parameter(torch.zeros(outputs))
        self.strength = nn.Parameter(torch.zeros(())) if noise else None
        if noise:
            self.register_buffer("constant", torch.randn(side, side))
        self.filter = Binomial() if doubles else None

    def forward(self, maps: Tensor, style: Tensor, noise: NoiseMode | Tensor) -> Tensor:
        """[N, inputs, H, W], styles [N, W] and noise, such as [N, 1, H', W'] -> [N, outputs, H', W']."""
        maps = self.convolved(maps, self.style(style))
        if self.strength is not None and (drawn := self._drawn(maps, noise)) is not None:
            maps = maps + (drawn * self.strength).to(maps.dtype)
        return scaled_leaky_relu(maps + self.bias.to(maps.dtype)[:, None, None])

    def _drawn(self, maps: Tensor, noise: NoiseMode | Tensor) -> Tensor | None:
        if isinstance(noise, Tensor):
            return noise
        if noise == "random":
            return torch.randn(len(maps), 1, *maps.shape[2:], device=maps.device)
        return self.constant if noise == "const" else None

    def convolved(self, maps: Tensor, scales: Tensor) -> Tensor:
        """The demodulated convolution, by scales [N, inputs]."""
        fan = self.weight[0].numel()
        with torch.autocast(maps.device.type, enabled=False):
            squares = precise(self.weight).square().sum(dim=(2, 3))
            lengths = linear(precise(scales).square(), squares)
        shrinking = (lengths + 1e-8).rsqrt() * sqrt(fan)
        weight = self.weight / sqrt(fan)  # undone by the line before; keeps half precision in its range
        maps = maps * scales.to(maps.dtype)[:, :, None, None]
        if self.filter is None:
            maps = conv2d(maps, weight, padding=1)
        else:
            maps = self.filter.blurred(conv_transpose2d(maps, weight.transpose(0, 1), stride=2), padding=1, gain=4.0)
        return maps * shrinking.to(maps.dtype)[:, :, None, None]


class ToImage(nn.Module):
    """A 1x1 convolution to colours whose inputs a style scales; nothing is demodulated.

    Args:
        inputs: Channels in.
        image_channels: C.
        style_dim: W.
    """

    def __init__(self, inputs: int, image_channels: int, style_dim: int) -> None:
        super().__init__()
        self.style = EqualisedLinear(style_dim, inputs, start=1.0)
        self.weight = nn.Parameter(torch.randn(image_channels, inputs, 1, 1))
        self.bias = nn.Parameter(torch.zeros(image_channels))

    def forward(self, maps: Tensor, style: Tensor) -> Tensor:
        """[N, inputs, H, W] and styles [N, W] -> [N, C, H, W], in float32 at least."""
        scales = self.style(style) / sqrt(maps.shape[1])
        colours = conv2d(maps * scales.to(maps.dtype)[:, :, None, None], self.weight)
        return precise(colours) + self.bias[:, None, None]


class StyleGAN2Generator(StyledGenerator):
    """A mapping, and a synthesis that sums up images of all sizes.

    Args:
        image_size: Side of the square image in pixels, a power of two from 8 to 1,024.
        image_channels: C.
        latent_dim: Z.
        style_dim: W.
        mapping_depth: Layers of the mapping.
        channel_base: Channels times the map's side, up to `channel_max`.
        channel_max: Most channels.
        num_classes: K; 0 for none.
        noise: Whether each layer adds noise.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        style_dim: int,
        mapping_depth: int,
        channel_base: int,
        channel_max: int,
        num_classes: int = 0,
        noise: bool = True,
    ) -> None:
        sides = map_sides(image_size)
        widths = [min(channel_base // side, channel_max) for side in sides]
        plan = [(widths[0], widths[0], 4, False)]
        for inputs, outputs, side in zip(widths, widths[1:], sides[1:], strict=False):
            plan += [(inputs, outputs, side, True), (outputs, outputs, side, False)]
        noisy = [side for *_, side, _ in plan]
        mapping = Mapping(latent_dim, style_dim, mapping_depth, num_classes)
        super().__init__(mapping, style_dim, [*noisy, image_size], noisy if noise else [])
        self.start = nn.Parameter(torch.randn(widths[0], 4, 4))
        self.convolutions = nn.ModuleList(
            StyledConvolution(inputs, outputs, style_dim, side, doubles, noise)
            for inputs, outputs, side, doubles in plan
        )
        self.to_images = nn.ModuleList(ToImage(width, image_channels, style_dim) for width in widths)
        self.filter = Binomial()

    def synthesis(self, styles: Tensor, noise: Sequence[NoiseMode | Tensor]) -> Tensor:
        """Images [N, C, H, W] from styles [N, L, W] and the noise of each convolution."""
        maps = laid_out(self.start.expand(len(styles), -1, -1, -1), self.memory_format)
        maps = self.convolutions[0](maps, styles[:, 0], noise[0])
        images: Tensor = self.to_images[0](maps, styles[:, 1])
        for level, to_image in enumerate(self.to_images[1:], 1):
            place = 2 * level - 1
            for number in (place, place + 1):
                maps = self.convolutions[number](maps, styles[:, number], noise[number])
            images = self.filter.doubled(images) + to_image(maps, styles[:, place + 2])
        return images


class StyleGAN2Block(nn.Module):
    """Two 3x3 convolutions, the second of which halves the map; beside them a 1x1 one, if residual.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        trunk: "resnet" or "orig".
    """

    def __init__(self, inputs: int, outputs: int, trunk: Trunk) -> None:
        super().__init__()
        self.first = EqualisedConv2d(inputs, inputs, 3)
        self.second = EqualisedConv2d(inputs, outputs, 3, stride=2)
        self.skip = EqualisedConv2d(inputs, outputs, 1, bias=False) if trunk == "resnet" else None
        self.filter = Binomial()

    def forward(self, maps: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H / 2, W / 2]."""
        features = scaled_leaky_relu(self.first(maps))
        features = scaled_leaky_relu(self.second(self.filter.blurred(features, padding=2)))
        if self.skip is None:
            return features
        beside: Tensor = self.skip(self.filter.halved(maps))
        return (features + beside) * sqrt(0.5)


class StyleGAN2Discriminator(nn.Module):
    """Blocks that halve the map, minibatch deviation, and a logit, which a class picks if there are any.

    Args:
        image_size: As for the generator.
        image_channels: C.
        channel_base: As for the generator.
        channel_max: As for the generator.
        trunk: "resnet", or "orig" without shortcuts.
        deviation_group: Things that are compared; 0 compares none.
        num_classes: K; 0 for none.
        class_depth: Layers of the label's own mapping.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        channel_base: int,
        channel_max: int,
        trunk: Trunk = "resnet",
        deviation_group: int = 4,
        num_classes: int = 0,
        class_depth: int = 8,
    ) -> None:
        super().__init__()
        sides = map_sides(image_size)[::-1]
        widths = [min(channel_base // side, channel_max) for side in sides]
        last = widths[-1]
        self.from_image = EqualisedConv2d(image_channels, widths[0], 1)
        self.blocks = nn.Sequential(  # by their sides, so that a run on another size can take over what it has
            OrderedDict(
                (str(side), StyleGAN2Block(inputs, outputs, trunk))
                for side, (inputs, outputs) in zip(sides, pairwise(widths), strict=False)
            )
        )
        self.deviation = MinibatchDeviation(deviation_group) if deviation_group else nn.Identity()
        self.convolution = EqualisedConv2d(last + bool(deviation_group), last, 3)
        self.hidden = EqualisedLinear(16 * last, last)
        self.head = EqualisedLinear(last, last if num_classes else 1)
        self.classes = Mapping(0, last, class_depth, num_classes) if num_classes else None
        self.takes_labels = num_classes > 0
        self.memory_format = torch.contiguous_format

    def forward(self, images: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits [N] from images [N, C, H, W] and, if there are classes, labels, int64 [N] or shares [N, K]."""
        features = self.features(images)
        with torch.autocast(images.device.type, enabled=False):
            outputs: Tensor = self.head(features)
        if self.classes is None:
            return outputs.squeeze(1)
        directions: Tensor = self.classes(None, labels)
        return (outputs * directions).sum(1) / sqrt(outputs.shape[1])

    def layers_from_image(self) -> list[nn.Module]:
        """The layers before those that see the 4x4 map, from the image on."""
        blocks = cast(Iterable[StyleGAN2Block], self.blocks)
        layers = (layer for block in blocks for layer in (block.first, block.second, block.skip))
        return [self.from_image, *(layer for layer in layers if layer is not None)]

    def features(self, images: Tensor) -> Tensor:
        """The input of the head, [N, F]."""
        images = laid_out(images, self.memory_format)  # sums and augmentation forget it where there is one channel
        maps: Tensor = self.blocks(scaled_leaky_relu(self.from_image(images)))
        with torch.autocast(maps.device.type, enabled=False):
            maps = scaled_leaky_relu(self.convolution(self.deviation(precise(maps))))
            return scaled_leaky_relu(self.hidden(maps.flatten(1)))


def map_sides(image_size: int) -> list[int]:
    """Sides of the maps from 4x4 up to the image's.

    Raises:
        UserError: If it is no power of two from 8 to 1,024.
    """
    if image_size not in (8, 16, 32, 64, 128, 256, 512, 1024):
        raise UserError(f"data.image_size: {image_size} is not possible here; take a power of two from 8 to 1,024")
    return [2**level for level in range(2, image_size.bit_length())]
