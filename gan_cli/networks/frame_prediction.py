"""The networks of Mathieu et al. 2016, "Deep multi-scale video prediction beyond mean square error", arXiv:1511.05440,
tables 1 and 2: guesses from coarse to fine, and a discriminator for each size.

With the paper's 128 channels, four scales and coloured frames the generator has 12,569,740 weights; with the 16 of the
authors' script 223,644.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate

from gan_cli.networks.layers import in_float32
from gan_cli.networks.layouts import laid_out

GUESSING = (
    ((1, 2, 4, 2, 1), (7, 5, 5, 5, 5, 7)),
    ((1, 2, 4, 2, 1), (5, 3, 3, 3, 3, 5)),
    ((1, 2, 1), (5, 3, 3, 5)),
    ((1, 2, 1), (3, 3, 3, 3)),
)
"""Of the networks from the finest scale on: channels of the hidden layers, in multiples of the first's, and kernels."""
JUDGING = (
    ((2, 4, 8, 2), (7, 7, 5, 5), (16, 8)),
    ((2, 4, 4), (5, 5, 5), (16, 8)),
    ((1, 2, 2), (3, 3, 3), (16, 8)),
    ((1,), (3,), (8, 4)),
)
"""Of the discriminators: channels, in multiples of the coarsest one's, kernels, and units of fully connected layers."""
LEAST_PATCH = 32
"""A patch needs at least so many pixels a side, or nothing is left of it between unpadded convolutions."""
LEAST_COARSE = 4
"""The same at the coarsest scale."""


def pyramid(frames: Tensor, scales: int) -> list[Tensor]:
    """Frames at all scales, the coarsest first, each twice as large as the one before it.

    Args:
        frames: [N, C, H, W]; H and W are multiples of 2 to the power of `scales - 1`.
        scales: How many.
    """
    found = [frames]
    for _ in range(scales - 1):
        found.append(avg_pool2d(found[-1], 2))
    return found[::-1]


class FrameGenerator(nn.Module):
    """Frames from frames: at each scale a network sees what is given and the coarser guess, and adds to it.

    What is added goes through the tanh together with the enlarged guess (section 3.1, as in the authors' code).

    Args:
        given: Channels of all given frames together.
        made: Channels of the frames to be made.
        base_channels: Of the first layer at each scale.
        scales: How many.
    """

    def __init__(self, given: int, made: int, base_channels: int, scales: int) -> None:
        super().__init__()
        designs = [GUESSING[min(fineness, len(GUESSING) - 1)] for fineness in reversed(range(scales))]
        self.scales = nn.ModuleList(
            _padded(given + made * bool(place), [base_channels * width for width in widths], kernels, made)
            for place, (widths, kernels) in enumerate(designs)
        )
        self.memory_format = torch.contiguous_format

    def forward(self, given: Tensor) -> list[Tensor]:
        """The guesses [N, C', H, W] in [-1, 1] of all scales, the coarsest first, from given frames [N, C, H, W]."""
        guesses: list[Tensor] = []
        for seen, network in zip(pyramid(given, len(self.scales)), self.scales, strict=True):
            if guesses:
                coarser = interpolate(guesses[-1], scale_factor=2.0, mode="nearest")
                both = laid_out(torch.cat([seen, coarser], dim=1), self.memory_format)
                guesses.append(torch.tanh(network(both) + coarser))
            else:
                guesses.append(torch.tanh(network(seen)))
        return guesses


class FrameDiscriminator(nn.Module):
    """A network for each scale, which tells true frames from made ones by what was given as well.

    Args:
        channels: Of the given frames and those that are judged, together.
        base_channels: Of the coarsest network of the paper's four; 64 there.
        scales: How many.
        patch_size: Side of the patches that are judged, in pixels: they are all that it takes.
    """

    def __init__(self, channels: int, base_channels: int, scales: int, patch_size: int) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            _Judge(channels, base_channels, min(fineness, len(JUDGING) - 1), patch_size >> fineness)
            for fineness in reversed(range(scales))
        )
        self.memory_format = torch.contiguous_format

    def forward(self, given: Tensor, *judged: Tensor) -> Tensor:
        """Logits [N, S] of frames at all S scales.

        Args:
            given: [N, C, H, W].
            *judged: Frames of each scale, the coarsest first, [N, C', h, w].
        """
        pairs = zip(pyramid(given, len(self.scales)), judged, strict=True)
        shown = [laid_out(torch.cat(pair, dim=1), self.memory_format) for pair in pairs]
        return torch.cat([network(frames) for network, frames in zip(self.scales, shown, strict=True)], dim=1)


def _padded(inputs: int, widths: list[int], kernels: tuple[int, ...], outputs: int) -> nn.Sequential:
    """Convolutions that keep the size, with ReLUs between them."""
    layers: list[nn.Module] = []
    for (before, after), kernel in zip(pairwise([inputs, *widths, outputs]), kernels, strict=True):
        layers += [nn.Conv2d(before, after, kernel, padding=kernel // 2), nn.ReLU()]
    return nn.Sequential(*layers[:-1])


class _Judge(nn.Module):
    """Convolutions that keep to what is there, the finest scale's last halved, and fully connected layers."""

    def __init__(self, inputs: int, base_channels: int, fineness: int, side: int) -> None:
        super().__init__()
        widths, kernels, units = JUDGING[fineness]
        layers: list[nn.Module] = []
        for width, kernel in zip(widths, kernels, strict=True):
            layers += [nn.Conv2d(inputs, width * base_channels, kernel), nn.ReLU()]
            inputs, side = width * base_channels, side - kernel + 1
        if not fineness:
            layers.append(nn.MaxPool2d(2))
            side //= 2
        layers.append(nn.Flatten())
        sizes = [inputs * side**2, *(base_channels * unit for unit in units)]
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), nn.ReLU()]
        self.layers = nn.Sequential(*layers)
        self.head = nn.Linear(sizes[-1], 1)

    def forward(self, frames: Tensor) -> Tensor:
        """Logits [N, 1], in float32 at least."""
        return in_float32(self.head, self.layers(frames))
