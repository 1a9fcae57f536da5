"""StarGAN's discriminator: Choi et al. 2018, "StarGAN", arXiv:1711.09020, table 5."""

from math import log2

import torch
from torch import Tensor, nn

from gan_cli.networks.layers import in_float32

DEEPEST = 6
"""The network has at most this many layers, which is the paper's number for 128 pixels."""


class DomainDiscriminator(nn.Module):
    """Scores of patches, averaged to one an image, and logits of the domains.

    Args:
        image_size: Side of the images in pixels, a power of two from 16; below 128 it has fewer layers.
        image_channels: C.
        num_classes: K, the domains.
        base_channels: Channels of the first layer, 64 in the paper; each layer doubles them.

    Attributes:
        patches: The number of patches that the score of an image is the mean of: 4 at 128 pixels.
    """

    def __init__(
        self, image_size: int = 128, image_channels: int = 3, num_classes: int = 5, base_channels: int = 64
    ) -> None:
        super().__init__()
        depth = min(DEEPEST, int(log2(image_size)) - 1)
        side = image_size // 2**depth
        self.patches = side**2
        widths = [2**level * base_channels for level in range(depth)]
        self.body = nn.Sequential(
            *(
                layer
                for inputs, outputs in zip([image_channels, *widths], widths, strict=False)
                for layer in (nn.Conv2d(inputs, outputs, 4, 2, 1), nn.LeakyReLU(0.01))
            )
        )
        self.score = nn.Conv2d(widths[-1], 1, 3, 1, 1, bias=False)
        self.classes = nn.Conv2d(widths[-1], num_classes, side, bias=False)

    def forward(self, images: Tensor) -> Tensor:
        """[N, 1 + K]: the score and the class logits, from images [N, C, H, W]."""
        features = self.body(images)
        scores = in_float32(self.score, features).mean(dim=(2, 3))
        return torch.cat([scores, in_float32(self.classes, features).flatten(1)], dim=1)
