"""The discriminator of Sauer et al. 2021, "Projected GANs Converge Faster", arXiv:2111.01007, section 3.

Images are seen through a network that ImageNet has trained, and through random projections that mix its maps across
channels and scales. None of that learns; what learns are small heads, one for each scale.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log2

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_cli.networks.efficientnet_lite import MAP_CHANNELS, EfficientNetLite0, pretrained_lite0
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.layers import in_float32
from gan_cli.networks.spectral_norm import normalise_spectrally

SEEN = MAP_CHANNELS[1:]
"""Channels of the maps that are looked at: 1/4, 1/8, 1/16 and 1/32 of an image."""
COARSEST = 32
"""The side of images is a multiple of it, so that each map is half as large as the one before."""
HALVINGS = (4, 3, 2, 1)
"""How often the heads halve their maps at most, from the finest scale to the coarsest."""
WIDTHS = (1, 1, 2, 4, 8)
"""Channels of a head's maps in multiples of the base channels; a head that halves less begins further on."""
LAST = 4
"""The side of the least map that the last convolution takes."""


class RandomProjections(nn.Module):
    """Maps of four scales, mixed across channels and then from coarse to fine across scales (sections 3.2, figure 1).

    Args:
        base_channels: Channels of the finest map, 64 in the paper; 376,768 weights with these.
    """

    def __init__(self, base_channels: int) -> None:
        super().__init__()
        wide = [base_channels * 2**number for number in range(len(SEEN))]
        self.channels = [base_channels, *wide[:-1]]
        self.across_channels = nn.ModuleList(nn.Conv2d(*sizes, 1) for sizes in zip(SEEN, wide, strict=True))
        self.across_scales = nn.ModuleList(nn.Conv2d(*sizes, 1) for sizes in zip(wide, self.channels, strict=True))

    def forward(self, maps: Sequence[Tensor]) -> list[Tensor]:
        """Maps of twice the sides and of `channels`, from fine to coarse as the maps themselves."""
        mixed: list[Tensor] = []
        for number in reversed(range(len(SEEN))):
            made = self.across_channels[number](maps[number])
            if mixed:
                made = made + mixed[0]
            # The paper doubles first. The two can change places, and a 1x1 convolution of fewer places is less work.
            narrow = self.across_scales[number](made)
            mixed.insert(0, interpolate(narrow, scale_factor=2, mode="bilinear", align_corners=True))
        return mixed


class Separable(nn.Sequential):
    """A convolution of each channel alone and one across channels, both without bias; halves by averaging at the end.

    The authors take it beside StyleGAN2's generator.
    """

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__(
            nn.Conv2d(inputs, inputs, 3, padding=1, groups=inputs, bias=False),
            nn.Conv2d(inputs, outputs, 1, bias=False),
        )


class ProjectedHead(nn.Module):
    """Logits of one scale: 4x4 convolutions that halve the map, and one that looks at 4x4 places of it at a time.

    Args:
        inputs: Channels of the map.
        base_channels: 64 in the paper; see `WIDTHS`.
        halvings: How often the map is halved.
        separable: Whether the convolutions that halve it are `Separable`.
    """

    def __init__(self, inputs: int, base_channels: int, halvings: int, separable: bool) -> None:
        super().__init__()
        rest = WIDTHS[len(WIDTHS) - halvings :]
        widths = [inputs, *(base_channels * width for width in rest)]
        layers: list[nn.Module] = []
        for before, after in pairwise(widths):
            halving = Separable(before, after) if separable else nn.Conv2d(before, after, 4, 2, 1)
            layers += [halving, nn.BatchNorm2d(after), nn.LeakyReLU(0.2)]
            layers += [nn.AvgPool2d(2)] if separable else []
        self.body = nn.Sequential(*layers)
        self.last = nn.Conv2d(widths[-1], 1, LAST, bias=False)
        normalise_spectrally(self)

    def forward(self, maps: Tensor) -> Tensor:
        """Logits [N, places] of maps [N, C, S, S], in float32 at least."""
        return in_float32(self.last, self.body(maps)).flatten(1)


class ProjectedDiscriminator(nn.Module):
    """Logits of a few scales from what EfficientNet-Lite0 sees in images.

    With 64 channels its four heads have 10,331,328 weights, or 696,512 if they are separable. That network is read when
    it is first needed, so that pictures can be made where it is not installed.

    Args:
        side: Side of the images in pixels.
        feed_size: Smaller images are enlarged to this side, 224 in the paper.
        heads: How many scales are judged, from the finest on.
        base_channels: Channels of the finest projection, and of the heads in proportion.
        separable: Whether the heads are `Separable`.
    """

    def __init__(
        self, side: int, feed_size: int = 224, heads: int = 4, base_channels: int = 64, separable: bool = False
    ) -> None:
        super().__init__()
        self.feed_size = max(side, feed_size)
        self.lite0: Frozen[EfficientNetLite0] | None = None
        projections = RandomProjections(base_channels)
        self.projections = Frozen(projections, saved=True)
        self.heads = nn.ModuleList(
            ProjectedHead(projections.channels[number], base_channels, halvings(self.feed_size, number), separable)
            for number in range(heads)
        )

    def imagenet(self) -> EfficientNetLite0:
        """The network that it sees by.

        Raises:
            UserError: If its weights are not installed.
        """
        if self.lite0 is None:
            self.lite0 = Frozen(pretrained_lite0("model: ProjectedGAN")).to(next(self.heads.parameters()))
        return self.lite0.network

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, places of all scales] of images [N, C, H, W] in [-1, 1].

        Raises:
            UserError: If the weights of EfficientNet-Lite0 are not installed.
        """
        if images.shape[-1] < self.feed_size:
            images = interpolate(images, (self.feed_size, self.feed_size), mode="bilinear")
        maps = self.imagenet().maps(images)[-len(SEEN) :]
        mixed = self.projections.network(maps)
        return torch.cat([head(seen) for head, seen in zip(self.heads, mixed, strict=False)], dim=1)


def halvings(side: int, scale: int) -> int:
    """How often a head halves its map: as in the paper for images of 128 pixels and more, and less often below.

    Args:
        side: Side of the images that are seen.
        scale: 0 is the finest.

    Returns:
        Below 0 if the map is too small for the last convolution.
    """
    map_side = side // 2 ** (scale + 1)
    return min(HALVINGS[scale], int(log2(map_side / LAST) // 1))
