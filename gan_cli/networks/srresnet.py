"""The generators of SRGAN (Ledig et al. 2017, arXiv:1609.04802, figure 4) and what ESRGAN's authors made of it."""

from typing import Literal, cast

from torch import Tensor, nn
from torch.nn.functional import interpolate

from gan_cli.networks.first_weights import shrunk_kaiming

Scale = Literal[2, 4, 8]
"""How many times larger images get, in height and in width."""


def into(images: Tensor, unit_range: bool) -> Tensor:
    """Images in [-1, 1] as a network computes with them; in [0, 1] where it has weights of BasicSR."""
    return (images + 1) / 2 if unit_range else images


def out_of(images: Tensor, unit_range: bool) -> Tensor:
    """What a network has made, about [-1, 1]; the way back from `into`."""
    return images * 2 - 1 if unit_range else images


def doublings_of(scale: Scale) -> int:
    """How often an image is doubled."""
    return scale.bit_length() - 1


class Doubling(nn.Sequential):
    """Four times the channels, put beside each other as pixels, and an activation.

    Shi et al. 2016, "Real-Time Single Image and Video Super-Resolution Using an Efficient Sub-Pixel Convolutional
    Neural Network", arXiv:1609.05158.
    """

    def __init__(self, channels: int, activation: nn.Module) -> None:
        super().__init__(nn.Conv2d(channels, 4 * channels, 3, padding=1), nn.PixelShuffle(2), activation)


class Residual(nn.Module):
    """Layers beside the identity."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return inputs + cast(Tensor, self.layers(inputs))


class SRResNet(nn.Module):
    """Residual blocks with batch normalisation on the small image, then pixel shuffle; images of any size.

    1,547,350 parameters for x4; the paper's figure has biases before batch normalisation, which takes them away again.

    Args:
        scale: How many times larger images get.
        image_channels: C.
        base_channels: Channels of all maps; 64 in the paper.
        num_blocks: Residual blocks; 16 in the paper.
    """

    def __init__(
        self, scale: Scale = 4, image_channels: int = 3, base_channels: int = 64, num_blocks: int = 16
    ) -> None:
        super().__init__()
        width = base_channels
        self.first = nn.Sequential(nn.Conv2d(image_channels, width, 9, padding=4), nn.PReLU())
        blocks = (Residual(*_normalised(width), nn.PReLU(), *_normalised(width)) for _ in range(num_blocks))
        self.trunk = Residual(*blocks, *_normalised(width))
        self.doublings = nn.Sequential(*(Doubling(width, nn.PReLU()) for _ in range(doublings_of(scale))))
        self.last = nn.Conv2d(width, image_channels, 9, padding=4)

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C, sH, sW], in about [-1, 1], of images [N, C, H, W]."""
        return cast(Tensor, self.last(self.doublings(self.trunk(self.first(images)))))


class MSRResNet(nn.Module):
    """The same without normalisation, and what is made is added to the image, enlarged bilinearly.

    As in the code of Wang et al. 2018, "ESRGAN", arXiv:1809.00219 (BasicSR), which compares with it; residual branches
    begin with a tenth of the usual weights. 1,517,571 parameters for x4.

    Args:
        scale: How many times larger images get.
        image_channels: C.
        base_channels: Channels of all maps; 64 there.
        num_blocks: Residual blocks; 16 there.
        unit_range: Whether the network computes with images in [0, 1], as theirs do.
    """

    def __init__(
        self,
        scale: Scale = 4,
        image_channels: int = 3,
        base_channels: int = 64,
        num_blocks: int = 16,
        unit_range: bool = False,
    ) -> None:
        super().__init__()
        self.scale, width = scale, base_channels
        self.unit_range = unit_range
        self.first = nn.Sequential(nn.Conv2d(image_channels, width, 3, padding=1), nn.LeakyReLU(0.1))
        self.trunk = nn.Sequential(*(Residual(_same(width), nn.ReLU(), _same(width)) for _ in range(num_blocks)))
        self.doublings = nn.Sequential(*(Doubling(width, nn.LeakyReLU(0.1)) for _ in range(doublings_of(scale))))
        last = nn.Conv2d(width, image_channels, 3, padding=1)
        self.last = nn.Sequential(_same(width), nn.LeakyReLU(0.1), last)
        shrunk_kaiming(self)

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C, sH, sW], in about [-1, 1], of images [N, C, H, W]."""
        images = into(images, self.unit_range)
        made = cast(Tensor, self.last(self.doublings(self.trunk(self.first(images)))))
        beside = interpolate(images, scale_factor=self.scale, mode="bilinear").to(made.dtype)
        return out_of(made + beside, self.unit_range)


def _same(width: int) -> nn.Conv2d:
    return nn.Conv2d(width, width, 3, padding=1)


def _normalised(width: int) -> list[nn.Module]:
    return [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width)]
