"""The players of Huang et al. 2024, "The GAN is dead; long live the GAN! A Modern Baseline GAN", arXiv:2501.05441,
section 4 and appendix: no normalisation; grouped bottlenecks; bilinear resampling; nothing but leaky ReLUs between.

Weights start from N(0, gain^2 / fan-in), with the gain of a leaky ReLU shrunk by the depth and 0 in each block's last
convolution (Fixup, Zhang et al. 2019, arXiv:1901.09321), so that a fresh network is a chain of identities.
"""

from collections.abc import Iterable
from math import sqrt
from typing import Any, Literal, TypeVar

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_cli.errors import UserError
from gan_cli.networks.layouts import laid_out
from gan_cli.networks.resampling import Binomial, square_filter

SLOPE = 0.2
GAIN = sqrt(2 / (1 + SLOPE**2))
EXPANSION = 2
GROUP, MOST_GROUPS = 16, 96
"""Channels of each group in the 3x3 convolutions, and how many groups there are at most; with the authors' widths for
ImageNet that is 32 channels."""
LOW = 4
"""At most so many stages, counted from the image, compute in the precision of the run; the smaller maps in float32."""

Layer = TypeVar("Layer", nn.Conv2d, nn.Linear)


class R3GANGenerator(nn.Module):
    """A learned 4x4 map, scaled channel by channel by the latent vector, then stages that double it.

    Args:
        image_size: Side of the square image in pixels, a power of two from 16 to 256.
        image_channels: C.
        latent_dim: Z, 64 in the paper.
        base_channels: Channels at 256x256, 96 in the paper; doubled with each halving of the map down to 32x32, the
            same below.
        depth: Residual blocks of each stage; 0 is the paper's 2.
        constant_width: All stages have the base channels instead, 1,536 in the authors' settings for ImageNet.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        depth: int = 0,
        constant_width: bool = False,
    ) -> None:
        super().__init__()
        widths = stage_widths(image_size, base_channels, constant_width)
        blocks = depth or 2
        group = group_channels(widths)
        self.precise = blocks + (blocks + 1) * (len(widths) - 1 - low_stages(widths))
        self.basis = nn.Parameter(torch.randn(widths[0], 4, 4))
        self.scale = _started(nn.Linear(latent_dim, widths[0], bias=False), 1.0)
        stages: list[nn.Module] = []
        for number, width in enumerate(widths):
            if number:
                stages += [Resample("up", widths[number - 1], width)]
            stages += [R3GANBlock(width, blocks * len(widths), group) for _ in range(blocks)]
        self.stages = nn.Sequential(*stages)
        self.to_image = _convolution(widths[-1], image_channels, 1, 1.0)
        self.memory_format = torch.contiguous_format

    def forward(self, latents: Tensor) -> Tensor:
        """Images [N, C, H, W] from latents [N, Z]; no tanh, so values may lie outside [-1, 1]."""
        layers = list(self.stages)
        with in_full(latents):
            latents = latents.to(self.basis.dtype)
            first = laid_out(self.basis * self.scale(latents)[:, :, None, None], self.memory_format)
            small = _through(layers[: self.precise], first)
        images: Tensor = self.to_image(_through(layers[self.precise :], small))
        return images


class R3GANBody(nn.Module):
    """The generator's stages the other way round, and a 4x4 convolution channel by channel.

    Args:
        image_size: As for the generator.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: As for the generator.
        depth: As for the generator.
        constant_width: As for the generator.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        depth: int = 0,
        constant_width: bool = False,
    ) -> None:
        super().__init__()
        widths = stage_widths(image_size, base_channels, constant_width)[::-1]
        blocks = depth or 2
        group = group_channels(widths)
        layers: list[nn.Module] = [_convolution(image_channels, widths[0], 1, 1.0)]
        for number, width in enumerate(widths):
            if number:
                layers += [Resample("down", widths[number - 1], width)]
            layers += [R3GANBlock(width, blocks * len(widths), group) for _ in range(blocks)]
        layers += [_started(nn.Conv2d(widths[-1], widths[-1], 4, groups=widths[-1], bias=False), 1.0)]
        self.layers = nn.Sequential(*layers)
        self.low = 1 + (blocks + 1) * low_stages(widths)
        self.feature_dim = widths[-1]
        self.head_deviation = 1 / sqrt(widths[-1])

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W]."""
        layers: list[Any] = list(self.layers)
        small = _through(layers[: self.low], images)
        weights: Tensor = layers[-1].weight
        with in_full(small):
            return _through(layers[self.low :], small.to(weights.dtype)).flatten(1)


class R3GANBlock(nn.Module):
    """1x1, grouped 3x3 and 1x1 convolutions beside an identity; the inner width is twice the outer.

    Args:
        channels: In and out.
        blocks: How many such blocks the network has; the more, the smaller the first weights.
        group: Channels of each group in the 3x3 convolution.
    """

    def __init__(self, channels: int, blocks: int, group: int = GROUP) -> None:
        super().__init__()
        inner = EXPANSION * channels
        gain = GAIN * blocks ** (-1 / 4)  # 2 * 3 linear layers - 2
        self.widen = _convolution(channels, inner, 1, gain)
        self.grouped = _convolution(inner, inner, 3, gain, groups=max(1, inner // group))
        self.narrow = _convolution(inner, channels, 1, 0.0)
        self.biases = nn.Parameter(torch.zeros(2, inner, 1, 1))

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> the same shape."""
        hidden = self.grouped(leaky_relu(self.widen(inputs) + self.biases[0], SLOPE))
        outputs: Tensor = self.narrow(leaky_relu(hidden + self.biases[1], SLOPE))
        return inputs + outputs


class Resample(Binomial):
    """Doubles or halves the map bilinearly, by [1, 3, 3, 1] both ways; a 1x1 convolution changes its channels.

    That is the authors' [1, 2, 1] after pixels are doubled, or before two are averaged. The filter is part of a
    checkpoint: one that holds none comes from a version that laid [1, 2, 1] on every second pixel, half a pixel off,
    and its networks go on so.

    Args:
        direction: "up" or "down".
        inputs: Channels in.
        outputs: Channels out.
    """

    def __init__(self, direction: Literal["up", "down"], inputs: int, outputs: int) -> None:
        super().__init__(kept=True)
        self.direction = direction
        self.channels = nn.Identity() if inputs == outputs else _convolution(inputs, outputs, 1, 1.0)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, 2H, 2W] or [N, outputs, H / 2, W / 2]."""
        if self.direction == "up":  # the step that makes the tensor smaller comes first: the two change places freely
            return self.doubled(self.channels(inputs))
        smaller: Tensor = self.channels(self.halved(inputs))
        return smaller

    def _load_from_state_dict(self, state_dict: dict[str, Any], prefix: str, *rest: Any) -> None:
        """Takes the filter of an older version where the checkpoint holds none."""
        former = square_filter(1.0, 2.0, 1.0).to(self.kernel)
        self.kernel = torch.empty_like(state_dict.setdefault(f"{prefix}kernel", former), device=self.kernel.device)
        super()._load_from_state_dict(state_dict, prefix, *rest)


def stage_widths(image_size: int, base_channels: int, constant_width: bool = False) -> list[int]:
    """Channels of the maps from 4x4 up to the image's size."""
    if image_size not in (16, 32, 64, 128, 256):
        raise UserError(f"data.image_size: {image_size} is not possible here; take 16, 32, 64, 128 or 256")
    sides = [4 * 2**level for level in range(image_size.bit_length() - 2)]
    return [base_channels * (1 if constant_width else min(8, 256 // side)) for side in sides]


def low_stages(widths: list[int]) -> int:
    """How many stages, counted from the image, the authors compute in bfloat16: four, and never that of the 4x4 map."""
    return min(LOW, len(widths) - 1)


def group_channels(widths: list[int]) -> int:
    """Channels of each group in the 3x3 convolutions of a network with these widths."""
    return GROUP * max(1, EXPANSION * max(widths) // (GROUP * MOST_GROUPS))


def in_full(inputs: Tensor) -> torch.autocast:
    """Within the block, what is computed of the inputs has the weights' precision, whatever the run's."""
    return torch.autocast(inputs.device.type, enabled=False)


def _through(layers: Iterable[nn.Module], inputs: Tensor) -> Tensor:
    for layer in layers:
        inputs = layer(inputs)
    return inputs


def _convolution(inputs: int, outputs: int, kernel: int, gain: float, groups: int = 1) -> nn.Conv2d:
    layer = nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, groups=groups, bias=False)
    return _started(layer, gain)


def _started(layer: Layer, gain: float) -> Layer:
    fan_in = layer.weight[0].numel()
    nn.init.normal_(layer.weight, 0.0, gain / sqrt(fan_in))
    return layer
