"""Maps in which enlarged images are held against the true ones, where the papers take VGG's, which are not at hand."""

from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn

from gan_cli.networks.efficientnet_lite import EfficientNetLite0, in_colours
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.loss_networks import Seen, drawn, lite0_for
from gan_cli.seeding import stream


class PerceptualMaps(nn.Module):
    """Maps that are signed, as those before an activation, each divided by its deviation over photographs."""

    def forward(self, images: Tensor) -> list[Tensor]:
        """Maps [N, C, H / s, W / s] for several s, of images [N, 1..4, H, W] in [-1, 1]."""
        raise NotImplementedError


class Lite0Maps(PerceptualMaps):
    """The outputs of EfficientNet-Lite0's blocks 2, 4 and 10, at a quarter, an eighth and a sixteenth of the size.

    Those of earlier blocks make as much of a shift by a pixel as of another image.
    """

    DEVIATIONS = (8.7, 7.5, 6.2)

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor) -> list[Tensor]:
        maps = self.network.maps(images)[1:4]
        return [made / deviation for made, deviation in zip(maps, self.DEVIATIONS, strict=True)]


class RandomMaps(PerceptualMaps):
    """Three layers of filters that are drawn, always the same, with rectifiers between; see `loss_networks`."""

    WIDTHS = (3, 32, 64, 128)
    DEVIATIONS = (0.22, 0.82, 0.83)

    def __init__(self) -> None:
        super().__init__()
        random = stream("perceptual maps")
        self.layers = nn.ModuleList(drawn(*sizes, random) for sizes in pairwise(self.WIDTHS))

    def forward(self, images: Tensor) -> list[Tensor]:
        made, maps = in_colours(images), []
        for layer, deviation in zip(self.layers, self.DEVIATIONS, strict=True):
            signed = layer(made) / deviation
            maps.append(signed)
            made = torch.relu(signed)
        return maps


def perceptual_maps(name: Seen, variant: str) -> Frozen[PerceptualMaps]:
    """A network to look through, never trained and never saved.

    Args:
        name: Which one.
        variant: Who asks, for the message.

    Raises:
        UserError: If its weights are not installed.
    """
    if name == "random":
        return Frozen(cast(PerceptualMaps, RandomMaps()))
    return Frozen(cast(PerceptualMaps, Lite0Maps(lite0_for(variant))))
