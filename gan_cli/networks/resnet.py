"""Residual players: those of Miyato et al. 2018, arXiv:1802.05957, appendix B.4, tables 4 to 6.

At 32x32 and below all maps have one width, as table 4 has it; above, they have the widths of tables 5 (48x48) and 6
(128x128) and of the authors' code (64x64 and 256x256). Weights start from Glorot and Bengio's uniform distribution,
with gain sqrt(2) on the residual path as in the authors' code; biases from 0.
"""

from collections.abc import Callable
from functools import partial
from math import sqrt
from typing import Literal, cast

from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layers import Activation, ClassSequential, Norm, activation, fan, norm_2d
from gan_cli.networks.layouts import FirstMap
from gan_cli.networks.sizes import Maps, maps_of

Resampling = Literal["up", "down", "none"]
NormOf = Callable[[int], list[nn.Module]]
"""Makes the normalisation of so many channels."""

FIRSTS = (4, 6)
"""Sides of the generator's first map: 6 for images of 48 pixels."""
SMALL = 32
"""Images up to this size are made of maps of one width."""
WIDTHS = {3: (1, 2, 4, 8), 4: (1, 2, 4, 8, 16), 5: (1, 2, 4, 8, 16, 16), 6: (1, 2, 4, 8, 8, 16, 16)}
"""Widths of the maps from the image's size down to the first, in base channels, by the number of doublings."""


class ResidualBlock(nn.Module):
    """Normalisation, activation and 3x3 convolution, twice, beside a shortcut.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        norm: Normalisation in front of each activation, by name or by what makes it.
        activation_kind: Which activation.
        resampling: Doubles the map (nearest neighbour) before the first convolution, or halves it (mean) at the end.
        num_classes: K, for batch normalisation by class; 0 for the usual one.
        first: The block sees the image itself: nothing in front of its first convolution.
        hidden: Channels between the convolutions; 0 is `outputs`.
    """

    takes_classes = True

    def __init__(
        self,
        inputs: int,
        outputs: int,
        norm: Norm | NormOf,
        activation_kind: Activation,
        resampling: Resampling = "none",
        num_classes: int = 0,
        first: bool = False,
        hidden: int = 0,
    ) -> None:
        super().__init__()
        inner, wider = hidden or outputs, fan(activation_kind)
        norm_of = norm if callable(norm) else partial(norm_2d, norm, num_classes=num_classes)
        path: list[nn.Module] = []
        if not first:
            path += norm_of(inputs)
            path += [activation(activation_kind) if wider == 1 else _wider(inputs, activation_kind)]
        if resampling == "up":
            path += [nn.Upsample(scale_factor=2)]
        path += [_convolution(inputs, inner * wider, 3, sqrt(2))]
        path += [*norm_of(inner * wider), activation(activation_kind)]
        path += [_convolution(inner, outputs, 3, sqrt(2))]
        shortcut: list[nn.Module] = [nn.Upsample(scale_factor=2)] if resampling == "up" else []
        if inputs != outputs or resampling != "none":
            shortcut += [_convolution(inputs, outputs, 1, 1.0)]
        if resampling == "down":
            path += [nn.AvgPool2d(2)]
            # Next to the image the mean is taken first, which costs a quarter and gives the same result.
            shortcut = [nn.AvgPool2d(2), *shortcut] if first else [*shortcut, nn.AvgPool2d(2)]
        self.path = ClassSequential(*path)
        self.shortcut = nn.Sequential(*shortcut)

    def forward(self, inputs: Tensor, classes: Tensor | None = None) -> Tensor:
        """[N, inputs, H, W] -> [N, outputs, H', W']; `classes` are shares [N, K]."""
        return cast(Tensor, self.path(inputs, classes) + self.shortcut(inputs))


class ResNetGenerator(nn.Module):
    """A linear layer to a small map, residual blocks that double it, then normalisation, a 3x3 convolution and tanh.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4 or 6, doubled several times.
        image_channels: C.
        latent_dim: Z, 128 in the paper.
        base_channels: 64 in the paper: a quarter of all widths up to 32x32, the last map's width above.
        depth: Residual blocks; 0 is the paper's, one for each doubling. Further blocks are dealt out to the maps.
        norm: "batch" in the paper.
        activation_kind: "relu" in the paper.
        num_classes: K, for batch normalisation by class in the blocks; 0 for the usual one. The last is not by class
            (Miyato and Koyama 2018, arXiv:1802.05637, in their code).
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        depth: int = 0,
        norm: Norm = "batch",
        activation_kind: Activation = "relu",
        num_classes: int = 0,
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        first, *widths = _widths(image_size, maps, base_channels)
        more = _more_blocks(depth, len(widths))
        layers: list[nn.Module] = [
            nn.Linear(latent_dim, maps.first**2 * first),
            FirstMap(first, maps.first),
        ]
        inputs = first
        for width, further in zip(widths, more, strict=True):
            for number in range(1 + further):
                resampling: Resampling = "up" if number == 0 else "none"
                layers += [ResidualBlock(inputs, width, norm, activation_kind, resampling, num_classes)]
                inputs = width
        wider = fan(activation_kind)
        layers += [*norm_2d(norm, inputs)]
        layers += [activation(activation_kind) if wider == 1 else _wider(inputs, activation_kind)]
        layers += [_convolution(inputs, image_channels, 3, 1.0), nn.Tanh()]
        _start(layers[0], 1.0)
        self.layers = ClassSequential(*layers)

    def forward(self, latents: Tensor, classes: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1] from latents [N, Z] and shares of classes [N, K]."""
        return cast(Tensor, self.layers(latents, classes))


class ResNetBody(nn.Module):
    """Residual blocks that halve the map, some that keep it, activation, and the sum over all places.

    Args:
        image_size: Side of the square image in pixels, from 16 to 256: 4 or 6, doubled several times.
        image_channels: Channels in, C or those of a pack of images.
        base_channels: 64 in the paper: half of all widths up to 32x32, the first block's width above.
        depth: Residual blocks; 0 is the paper's (four at 32x32). Further blocks are dealt out to the maps.
        norm: "none" in the paper, "layer" under a gradient penalty.
        activation_kind: "relu" in the paper.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        depth: int = 0,
        norm: Norm = "none",
        activation_kind: Activation = "relu",
    ) -> None:
        super().__init__()
        plan = _plan(image_size, base_channels)
        more = _more_blocks(depth, len(plan))
        layers: list[nn.Module] = []
        inputs = image_channels
        for (width, resampling), further in zip(plan, more, strict=True):
            for number in range(1 + further):
                kind: Resampling = resampling if number == 0 else "none"
                first = not layers
                # As in the authors' code, a block widens the map in its last convolution, the first block in its first.
                hidden = width if first else inputs
                layers += [ResidualBlock(inputs, width, norm, activation_kind, kind, 0, first, hidden)]
                inputs = width
        layers += [activation(activation_kind) if fan(activation_kind) == 1 else _wider(inputs, activation_kind)]
        self.layers = nn.Sequential(*layers)
        self.feature_dim = inputs

    def forward(self, images: Tensor) -> Tensor:
        """Features [N, F] from images [N, C, H, W] in [-1, 1]."""
        return cast(Tensor, self.layers(images).sum(dim=(2, 3)))


def _widths(image_size: int, maps: Maps, base_channels: int) -> list[int]:
    """Channels of the generator's maps, from the first up to the image's size."""
    if image_size <= SMALL:
        return [4 * base_channels] * (maps.doublings + 1)
    return [base_channels * width for width in reversed(WIDTHS[maps.doublings])]


def _plan(image_size: int, base_channels: int) -> list[tuple[int, Resampling]]:
    """Channels after each of the discriminator's blocks, and whether it halves its map.

    At 64x64 all blocks do; at 48x48 one more than the generator has keeps its map, at 128x128 and 256x256 the last.
    """
    maps = maps_of(image_size, FIRSTS)
    if image_size <= SMALL:
        halving, keeping = [2] * (maps.doublings - 1), [2, 2]
    elif maps.first == 6:
        halving, keeping = [*WIDTHS[maps.doublings]], [16]
    elif image_size == 64:
        halving, keeping = [*WIDTHS[maps.doublings]], []
    else:
        *halving, last = WIDTHS[maps.doublings]
        keeping = [last]
    plan: list[tuple[int, Resampling]] = [(width * base_channels, "down") for width in halving]
    return plan + [(width * base_channels, "none") for width in keeping]


def _more_blocks(depth: int, blocks: int) -> list[int]:
    more = depth - blocks if depth else 0
    if more < 0:
        raise UserError(f"model.depth: {depth} residual blocks are too few at this image size; take {blocks} or more")
    return [more // blocks + (place < more % blocks) for place in range(blocks)]


def _wider(channels: int, activation_kind: Activation) -> nn.Module:
    """An activation that takes more channels, with a 1x1 convolution in front that makes them where no layer has."""
    return nn.Sequential(_convolution(channels, fan(activation_kind) * channels, 1, 1.0), activation(activation_kind))


def _convolution(inputs: int, outputs: int, kernel: int, gain: float) -> nn.Module:
    return _start(nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2), gain)


def _start(layer: nn.Module, gain: float) -> nn.Module:
    layer = cast(nn.Conv2d, layer)
    nn.init.xavier_uniform_(layer.weight, gain)
    nn.init.zeros_(cast(Tensor, layer.bias))
    return layer
