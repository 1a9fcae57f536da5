"""The networks of Taigman et al. 2017, "Unsupervised Cross-Domain Image Generation", arXiv:1611.02200, section 5.

The discriminator is DCGAN's (`networks.dcgan`), with three outputs.
"""

from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_cli.networks.dcgan import FIRSTS
from gan_cli.networks.efficientnet_lite import EfficientNetLite0, in_colours, pretrained_lite0
from gan_cli.networks.frozen import Frozen
from gan_cli.networks.layers import FirstDeconvolution, in_float32, initialise
from gan_cli.networks.sizes import maps_of

LITE0_CODE = 1280
"""F of EfficientNet-Lite0."""


class ContentEncoder(nn.Module):
    """f: four convolutions, each with max pooling and ReLU, and a linear classifier that it is trained by.

    The code is what the fourth gives, the largest number of each map, before its ReLU. Grey images are repeated in
    three channels, so that one network takes both domains. The paper does not print the side of the filters; here it is
    3.

    Args:
        num_classes: K.
        base_channels: Channels of the first convolution; the next have two and four times as many.
        code_dim: F, the channels of the last one.
    """

    MULTIPLE = 8
    """Images are halved three times before the last convolution."""

    def __init__(self, num_classes: int, base_channels: int, code_dim: int) -> None:
        super().__init__()
        widths = (base_channels, 2 * base_channels, 4 * base_channels)
        layers: list[nn.Module] = []
        inputs = 3
        for width in widths:
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.MaxPool2d(2), nn.ReLU()]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.Conv2d(inputs, code_dim, 3, padding=1))
        self.classifier = nn.Linear(code_dim, num_classes)
        self.code_dim = code_dim
        self.apply(_scaled)

    def features(self, images: Tensor) -> Tensor:
        """Codes [N, F] of images [N, 1 or 3, H, W] in [-1, 1]; H and W at least 8."""
        return cast(Tensor, self.layers(in_colours(images)).amax((2, 3)))

    def forward(self, images: Tensor) -> Tensor:
        """Class logits [N, K], in float32 at least."""
        return in_float32(self.classifier, torch.relu(self.features(images)))


class Lite0Encoder(nn.Module):
    """f that needs no labels: the 1,280 features of EfficientNet-Lite0, which is never trained.

    Args:
        side: Side in pixels at which it sees images; it was trained on 224.

    Raises:
        UserError: If its weights are not installed.
    """

    code_dim = LITE0_CODE

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side
        self.frozen: Frozen[EfficientNetLite0] = Frozen(pretrained_lite0("model.encoder: lite0"))

    def features(self, images: Tensor) -> Tensor:
        """Codes [N, F] of images [N, 1 or 3, H, W] in [-1, 1], of any size; gradients pass through."""
        return self.frozen.network.features(resized(images, (self.side, self.side)))


class CodeGenerator(nn.Module):
    """g: transposed convolutions from a code to an image, with batch normalisation and ReLU, and tanh at the output.

    Args:
        code_dim: F.
        image_size: Side of the square image in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: C.
        base_channels: Channels of the layer next to the image; doubled with each halving of the map, to 8 times as
            many at most.
        pointwise: Whether a convolution of 1x1 follows each block, which the paper adds for faces.

    Raises:
        UserError: If the image size is not possible.
    """

    WIDEST = 8

    def __init__(
        self, code_dim: int, image_size: int, image_channels: int, base_channels: int, pointwise: bool = False
    ) -> None:
        super().__init__()
        maps = maps_of(image_size, FIRSTS)
        widths = [base_channels * min(2**level, self.WIDEST) for level in reversed(range(maps.doublings))]
        layers: list[nn.Module] = []
        inputs = code_dim
        for width in widths:
            first = not layers
            grown = (
                FirstDeconvolution(inputs, width, maps.first, bias=False)
                if first
                else nn.ConvTranspose2d(inputs, width, 4, 2, 1, bias=False)
            )
            layers += [grown, nn.BatchNorm2d(width), nn.ReLU()]
            if pointwise:
                layers += [nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU()]
            inputs = width
        self.layers = nn.Sequential(*layers, nn.ConvTranspose2d(inputs, image_channels, 4, 2, 1, bias=False), nn.Tanh())
        self.apply(initialise)

    def forward(self, codes: Tensor) -> Tensor:
        """Images [N, C, S, S] in [-1, 1] from codes [N, F]."""
        return cast(Tensor, self.layers(codes[:, :, None, None]))


def resized(images: Tensor, size: Sequence[int]) -> Tensor:
    """Images [N, C, H, W] at a height and a width, by bilinear interpolation that leaves no pixel out.

    In float32 at least: PyTorch has no such interpolation in bfloat16 on CPUs.
    """
    if list(images.shape[2:]) == list(size):
        return images
    precise = images.to(torch.promote_types(images.dtype, torch.float32))
    return interpolate(precise, list(size), mode="bilinear", antialias=True)


def _scaled(module: nn.Module) -> None:
    """He et al. 2015, arXiv:1502.01852: nothing normalises what f's layers make."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
        assert module.bias is not None
        nn.init.zeros_(module.bias)
