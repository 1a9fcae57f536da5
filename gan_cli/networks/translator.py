"""The residual translator of CycleGAN (Zhu et al. 2017, arXiv:1703.10593, appendix 7.2) and StarGAN (Choi et al. 2018,
arXiv:1711.09020, table 4), after Johnson et al. 2016, "Perceptual Losses for Real-Time Style Transfer",
arXiv:1603.08155."""

from typing import Literal, cast

from torch import Tensor, nn

from gan_cli.networks.layers import ImageNorm, Upsampling, upsampled
from gan_cli.networks.unet import Noise

Padding = Literal["reflect", "zeros"]


class ResidualBlock(nn.Module):
    """Two normalised convolutions beside the identity.

    Args:
        channels: C.
        padding: What lies beyond the border.
        affine: Whether normalisation learns a scale and a shift.
        noise: A layer between the two; None for none.
    """

    def __init__(self, channels: int, padding: Padding, affine: bool, noise: nn.Module | None = None) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            _convolution(channels, channels, 3, padding),
            ImageNorm(channels, affine=affine),
            nn.ReLU(),
            *([] if noise is None else [noise]),
            _convolution(channels, channels, 3, padding),
            ImageNorm(channels, affine=affine),
        )

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return inputs + cast(Tensor, self.layers(inputs))


class ResidualTranslator(nn.Module):
    """Two steps down, residual blocks, two steps up; for images of any size.

    Args:
        source_channels: C of what goes in, planes of labels included.
        target_channels: C of what comes out.
        base_channels: Channels of the first layer; 64 in both papers.
        num_blocks: Residual blocks; 9 for CycleGAN at 256 pixels, 6 below and for StarGAN.
        padding: Reflected border (CycleGAN) or zeros (StarGAN).
        affine: Whether normalisation learns a scale and a shift: no (CycleGAN), yes (StarGAN).
        kernel: Side of the strided convolutions: 3 (CycleGAN) or 4 (StarGAN).
        bias: Whether the last convolution has one: yes (CycleGAN), no (StarGAN).
        upsampling: A strided deconvolution as in the papers, or nearest neighbours before a convolution.
        dropout: Share of the values that dropout sets to 0 between the convolutions of a block, as pix2pix's authors
            have it; 0 leaves it out.
    """

    MULTIPLE = 4
    """Height and width of an image must be multiples of it."""

    def __init__(
        self,
        source_channels: int = 3,
        target_channels: int = 3,
        base_channels: int = 64,
        num_blocks: int = 9,
        padding: Padding = "reflect",
        affine: bool = False,
        kernel: Literal[3, 4] = 3,
        bias: bool = True,
        upsampling: Upsampling = "deconvolution",
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        noise = Noise(dropout) if dropout else None
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels

        def normalised(channels: int) -> list[nn.Module]:
            return [ImageNorm(channels, affine=affine), nn.ReLU()]

        self.layers = nn.Sequential(
            *[_convolution(source_channels, one, 7, padding), *normalised(one)],
            *[nn.Conv2d(one, two, kernel, 2, 1, bias=False), *normalised(two)],
            *[nn.Conv2d(two, four, kernel, 2, 1, bias=False), *normalised(four)],
            *(ResidualBlock(four, padding, affine, noise) for _ in range(num_blocks)),
            *[*upsampled(four, two, upsampling, kernel, bias=False), *normalised(two)],
            *[*upsampled(two, one, upsampling, kernel, bias=False), *normalised(one)],
            *[_convolution(one, target_channels, 7, padding, bias), nn.Tanh()],
        )

    def forward(self, images: Tensor) -> Tensor:
        """Images [N, C', H, W] in [-1, 1] from images [N, C, H, W]; H and W multiples of 4."""
        return cast(Tensor, self.layers(images))


def _convolution(inputs: int, outputs: int, kernel: int, padding: Padding, bias: bool = False) -> nn.Conv2d:
    """A convolution that keeps the size. It has no bias before a normalisation, which would remove it again."""
    return nn.Conv2d(inputs, outputs, kernel, padding=kernel // 2, padding_mode=padding, bias=bias)
