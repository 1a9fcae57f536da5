"""PatchGAN, a discriminator that judges overlapping patches: Isola et al. 2017, arXiv:1611.07004, appendix 6.1.2."""

from typing import Literal

from torch import Tensor, nn

from gan_cli.networks.layers import ImageNorm, in_float32
from gan_cli.networks.resampling import Blur

PatchSize = Literal[16, 34, 70, 142, 286]

STRIDED_LAYERS: dict[PatchSize, int] = {16: 1, 34: 2, 70: 3, 142: 4, 286: 5}
"""How many layers of stride 2 make one output see a patch with this side in pixels."""


def least_side(patch_size: PatchSize) -> int:
    """Side in pixels of the smallest images that have an output: 24 for patches of 70, whose rest is border."""
    return 3 << STRIDED_LAYERS[patch_size]


class PatchGAN(nn.Module):
    """One output for each patch of an image.

    Args:
        image_channels: C; of source and target together where it judges pairs.
        base_channels: Channels of the first layer; 64 in the paper, doubled by each layer up to eight times as many.
        patch_size: Side in pixels of what an output sees; 70 in the paper.
        norm: Statistics over the batch (pix2pix) or over each image alone (CycleGAN, without scale and shift).
        antialiased: Whether every layer of stride 2 is one of stride 1 that is blurred before every second pixel is
            taken (Zhang 2019, arXiv:1904.11486; CUT). An output then sees a little more: 84 pixels instead of 70.
        padding: Zeros beyond the border of each map: 1 in the paper, 2 in DeblurGAN, so that small images have outputs.
    """

    def __init__(
        self,
        image_channels: int = 3,
        base_channels: int = 64,
        patch_size: PatchSize = 70,
        norm: Literal["batch", "instance"] = "batch",
        antialiased: bool = False,
        padding: int = 1,
    ) -> None:
        super().__init__()
        strided = STRIDED_LAYERS[patch_size]
        widths = [min(2**level, 8) * base_channels for level in range(strided + 1)]
        stride = 1 if antialiased else 2
        layers: list[nn.Module] = [nn.Conv2d(image_channels, widths[0], 4, stride, padding), nn.LeakyReLU(0.2)]
        for level in range(1, strided + 1):
            layers += [Blur(2, "reflect")] if antialiased else []
            stride = stride if level < strided else 1
            convolution = nn.Conv2d(widths[level - 1], widths[level], 4, stride, padding, bias=False)
            layers += [convolution, _norm(norm, widths[level]), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Conv2d(widths[-1], 1, 4, 1, padding))

    def forward(self, images: Tensor) -> Tensor:
        """Outputs without a sigmoid, [N, 1, H', W'], from images [N, C, H, W]."""
        *body, last = self.layers
        for layer in body:
            images = layer(images)
        return in_float32(last, images)


def _norm(kind: Literal["batch", "instance"], channels: int) -> nn.Module:
    # Held-out images too are judged by the batch's own statistics, so running ones would never be used.
    return nn.BatchNorm2d(channels, track_running_stats=False) if kind == "batch" else ImageNorm(channels)
