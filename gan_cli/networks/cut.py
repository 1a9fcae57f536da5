"""The networks of CUT (Park et al. 2020, arXiv:2007.15651, section 4 and the authors' code): CycleGAN's translator with
antialiased steps, in two halves, and what makes vectors of the first half's maps."""

from collections.abc import Iterable, Sequence

from torch import Tensor, nn
from torch.nn.functional import normalize, pad

from gan_cli.networks.layers import ImageNorm, in_float32
from gan_cli.networks.resampling import Blur
from gan_cli.networks.translator import ResidualBlock

FIFTH = 5
"""The residual block with which the encoder ends."""


class Encoder(nn.Module):
    """Two steps down and residual blocks; the maps of some layers are what the contrast is taken in.

    Args:
        image_channels: C.
        base_channels: Channels of the first layer; 64 in the paper.
        num_blocks: Residual blocks; 5 in the paper.
    """

    MULTIPLE = 4
    """Height and width of an image must be multiples of it."""

    def __init__(self, image_channels: int = 3, base_channels: int = 64, num_blocks: int = FIFTH) -> None:
        super().__init__()
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels
        self.first = nn.Sequential(nn.Conv2d(image_channels, one, 7, bias=False), ImageNorm(one), nn.ReLU())
        # These have biases, although a normalisation follows: they are compared before it.
        self.widening = nn.ModuleList([nn.Conv2d(one, two, 3, padding=1), nn.Conv2d(two, four, 3, padding=1)])
        self.halving = nn.ModuleList(
            [nn.Sequential(ImageNorm(channels), nn.ReLU(), Blur(2, "reflect")) for channels in (two, four)]
        )
        self.blocks = nn.ModuleList([ResidualBlock(four, "reflect", affine=False) for _ in range(num_blocks)])
        self.channels = (image_channels, two, four, *[four] * len(self._compared))
        """The channels of each of the maps."""

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """The maps that are compared, [N, C, H, W], of which the last are the decoder's input.

        They are the image with its mirrored border, both convolutions that widen it, the first residual block and the
        last one.

        Args:
            images: [N, C, H, W] in [-1, 1]; H and W multiples of 4.
        """
        taken = [pad(images, [3, 3, 3, 3], "reflect")]
        maps = self.first(taken[0])
        for widening, halving in zip(self.widening, self.halving, strict=True):
            taken.append(widening(maps))
            maps = halving(taken[-1])
        for number, block in enumerate(self.blocks):
            maps = block(maps)
            if number in self._compared:
                taken.append(maps)
        return tuple(taken)

    @property
    def _compared(self) -> set[int]:
        """The numbers of the residual blocks whose maps are compared."""
        return {0, len(self.blocks) - 1}


class Decoder(nn.Sequential):
    """Residual blocks and two steps up: an image [N, C, H, W] in [-1, 1] from the encoder's last maps.

    Args:
        image_channels: C.
        base_channels: Channels of the last layer but one; 64 in the paper.
        num_blocks: Residual blocks; 4 in the paper.
    """

    def __init__(self, image_channels: int = 3, base_channels: int = 64, num_blocks: int = 4) -> None:
        one, two, four = base_channels, 2 * base_channels, 4 * base_channels
        super().__init__(
            *(ResidualBlock(four, "reflect", affine=False) for _ in range(num_blocks)),
            *_doubled(four, two),
            *_doubled(two, one),
            nn.Conv2d(one, image_channels, 7, padding=3, padding_mode="reflect"),
            nn.Tanh(),
        )


class PatchProjections(nn.Module):
    """Vectors of length 1 for some places of maps, by a network of two layers for each of the maps.

    Args:
        channels: C of each of the maps.
        projection_dim: D, length of the vectors and of the hidden layer; 256 in the paper.
    """

    def __init__(self, channels: Sequence[int], projection_dim: int = 256) -> None:
        super().__init__()
        self.projections = nn.ModuleList(
            nn.Sequential(nn.Linear(inputs, projection_dim), nn.ReLU(), nn.Linear(projection_dim, projection_dim))
            for inputs in channels
        )

    def forward(self, maps: Iterable[Tensor], places: Iterable[Tensor]) -> tuple[Tensor, ...]:
        """Vectors [N, P, D] of each of the maps, in float32 at least: at first they are shorter than 1e-4.

        Args:
            maps: [N, C, H, W] each.
            places: The places wanted in each of them, row by row from 0 to H * W - 1, int64 [P].
        """
        taken = (rows_at(*each) for each in zip(maps, places, strict=True))
        rows = (in_float32(network, row) for network, row in zip(self.projections, taken, strict=True))
        return tuple(normalize(row, dim=2, eps=1e-7) for row in rows)


def rows_at(maps: Tensor, places: Tensor) -> Tensor:
    """The pixels at some places of maps [N, C, H, W] in a row, [N, P, C]; their gradient has the maps' layout."""
    pixels = maps.flatten(2)
    if maps.is_contiguous():
        return pixels.index_select(2, places).transpose(1, 2)
    return pixels.transpose(1, 2).index_select(1, places)


def mirrored(places: Tensor, width: int) -> Tensor:
    """The same places in maps whose left and right have changed, [P]."""
    return places + width - 1 - 2 * (places % width)


def initialise(module: nn.Module) -> None:
    """Weights from Glorot and Bengio's normal distribution times 0.02, biases 0, as the authors' code; for `apply`."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_normal_(module.weight, gain=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


def _doubled(inputs: int, outputs: int) -> list[nn.Module]:
    """Layers that double height and width; bilinear is what the authors' filter [1, 3, 3, 1] does, with its border."""
    convolution = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
    return [nn.Upsample(scale_factor=2, mode="bilinear"), convolution, ImageNorm(outputs), nn.ReLU()]
