"""Discriminators of one image at several sizes, patch by patch: Wang et al. 2018, "High-Resolution Image Synthesis and
Semantic Manipulation with Conditional GANs", arXiv:1711.11585, with the layers of Park et al. 2019, arXiv:1903.07291,
appendix A."""

from itertools import pairwise

from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from gan_cli.networks.layers import ImageNorm, in_float32
from gan_cli.networks.spade import initialise
from gan_cli.networks.spectral_norm import normalise_spectrally

WIDEST = 512
"""No layer has more channels."""

Seen = list[Tensor]
"""What each layer of a discriminator makes of images; the last are the logits, one for each patch."""


class MultiScaleDiscriminator(nn.Module):
    """Networks of the same layers, each of which sees the images half as large as the one before.

    Args:
        image_channels: C, of label maps and images together.
        base_channels: Channels of the first layer; 64 in the paper.
        num_layers: Layers of stride 2; 4 in the authors' code.
        num_scales: How many networks; 2 in the paper.
    """

    def __init__(self, image_channels: int, base_channels: int = 64, num_layers: int = 4, num_scales: int = 2) -> None:
        super().__init__()
        self.scales = nn.ModuleList(
            PatchDiscriminator(image_channels, base_channels, num_layers) for _ in range(num_scales)
        )

    def forward(self, images: Tensor) -> list[Seen]:
        """What each scale's layers make of images [N, C, H, W]."""
        seen = []
        for number, scale in enumerate(self.scales):
            if number:
                images = avg_pool2d(images, 3, 2, 1, count_include_pad=False)
            seen.append(scale(images))
        return seen


class PatchDiscriminator(nn.Module):
    """Convolutions of stride 2, spectrally and image by image normalised but for the first and the last.

    Args:
        image_channels: C.
        base_channels: Channels of the first layer.
        num_layers: Layers of stride 2.
    """

    def __init__(self, image_channels: int, base_channels: int, num_layers: int) -> None:
        super().__init__()
        widths = [min(base_channels * 2**layer, max(WIDEST, base_channels)) for layer in range(num_layers)]
        first = nn.Sequential(nn.Conv2d(image_channels, widths[0], 4, 2, 2), nn.LeakyReLU(0.2))
        between = [
            nn.Sequential(nn.Conv2d(inputs, outputs, 4, 2, 2, bias=False), ImageNorm(outputs), nn.LeakyReLU(0.2))
            for inputs, outputs in pairwise(widths)
        ]
        self.layers = nn.ModuleList([first, *between])
        self.last = nn.Conv2d(widths[-1], 1, 4, 1, 2)
        self.apply(initialise)
        for layer in between:
            normalise_spectrally(layer)

    def forward(self, images: Tensor) -> Seen:
        """Maps [N, C', H', W'] of each layer, and logits [N, 1, H', W'] in float32 at least."""
        seen: Seen = []
        for layer in self.layers:
            seen.append(layer(seen[-1] if seen else images))
        return [*seen, in_float32(self.last, seen[-1])]
