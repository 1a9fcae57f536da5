"""The generator and the encoder of Park et al. 2019, "Semantic Image Synthesis with Spatially-Adaptive Normalization",
arXiv:1903.07291, appendix A and the authors' code."""

from collections.abc import Iterable
from itertools import pairwise
from math import log2
from typing import Annotated, Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, leaky_relu

from gan_cli.networks.layers import ImageNorm
from gan_cli.networks.layouts import FirstMap, laid_out
from gan_cli.networks.spectral_norm import normalise_spectrally
from gan_cli.ranges import Range

Norm = Literal["batch", "instance"]
"""Statistics over the batch, or over each image alone."""
Doublings = Annotated[int, Range(4, 7)]
"""How often the first map is doubled: 5, 6 and 7 are the authors' "normal", "more" and "most"."""

LARGEST_SEEN = 256
"""The encoder looks at images of at most this side."""
LAST_SEEN = 4
"""The side of its last map."""


class SemanticPlanes(nn.Module):
    """A plane of 0 and 1 for each class of label maps, and one of edges where there are any.

    Args:
        num_labels: K.
    """

    def __init__(self, num_labels: int) -> None:
        super().__init__()
        self.num_labels = num_labels
        self.memory_format = torch.contiguous_format

    def forward(self, labels: Tensor, edges: Tensor | None = None) -> Tensor:
        """Planes [N, K or K + 1, H, W] of classes int64 [N, 1, H, W] and of edges [N, 1, H, W]."""
        numbers = torch.arange(self.num_labels, device=labels.device)[:, None, None]
        planes = (labels == numbers).to(torch.get_default_dtype())  # `one_hot` would wait to see the largest value
        parts = [planes] if edges is None else [planes, edges.to(planes.dtype)]
        return laid_out(torch.cat(parts, dim=1), self.memory_format)


class SPADE(nn.Module):
    """Normalisation whose scale and shift at each place depend on what lies around it in a label map (equation 1).

    Args:
        channels: C.
        num_planes: P, of the label map.
        hidden_channels: Of the layer between the planes and scale and shift; 128 in the paper.
        norm: What is normalised by.
    """

    def __init__(self, channels: int, num_planes: int, hidden_channels: int = 128, norm: Norm = "batch") -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False) if norm == "batch" else ImageNorm(channels)
        self.hidden = nn.Sequential(nn.Conv2d(num_planes, hidden_channels, 3, padding=1), nn.ReLU())
        self.scale = nn.Conv2d(hidden_channels, channels, 3, padding=1)
        self.shift = nn.Conv2d(hidden_channels, channels, 3, padding=1)

    def forward(self, maps: Tensor, planes: Tensor) -> Tensor:
        """The same shape as the maps, [N, C, H, W]; planes [N, P, H, W]."""
        hidden = self.hidden(planes)
        return cast(Tensor, self.norm(maps) * (1 + self.scale(hidden)) + self.shift(hidden))


class SPADEBlock(nn.Module):
    """Two convolutions, each behind SPADE and LeakyReLU, beside the identity or a 1x1 convolution behind SPADE.

    Args:
        inputs: C.
        outputs: C'.
        num_planes: P.
        hidden_channels: See `SPADE`.
        norm: See `SPADE`.
    """

    def __init__(self, inputs: int, outputs: int, num_planes: int, hidden_channels: int, norm: Norm) -> None:
        super().__init__()
        middle = min(inputs, outputs)
        told = (num_planes, hidden_channels, norm)
        self.norms = nn.ModuleList([SPADE(inputs, *told), SPADE(middle, *told)])
        self.convolutions = nn.ModuleList(
            [nn.Conv2d(inputs, middle, 3, padding=1), nn.Conv2d(middle, outputs, 3, padding=1)]
        )
        learned = inputs != outputs
        self.shortcut_norm = SPADE(inputs, *told) if learned else None
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if learned else None

    def forward(self, maps: Tensor, planes: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H, W]; planes [N, P, H, W]."""
        made = maps
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            made = convolution(leaky_relu(norm(made, planes), 0.2))
        if self.shortcut_norm is None or self.shortcut is None:
            return maps + made
        return cast(Tensor, self.shortcut(self.shortcut_norm(maps, planes)) + made)

    def spectral(self) -> Iterable[nn.Module]:
        """The convolutions that are divided by their largest singular value; those of scale and shift are not."""
        return [*self.convolutions, *([self.shortcut] if self.shortcut is not None else [])]


class SPADEGenerator(nn.Module):
    """Images of label maps; without a latent always the same one of each.

    Args:
        image_size: Side of the images that it learns from; a multiple of 2^doublings. Others may be of any multiple.
        num_planes: P, of the label maps.
        image_channels: C of the images.
        base_channels: Channels of the last map; the first has sixteen times as many.
        hidden_channels: See `SPADE`.
        latent_dim: Z, where the first map is made of a latent; 0 makes it of the label map.
        num_doublings: How often the first map is doubled. 4, for images below 128 pixels, is not the authors'.
        norm: See `SPADE`.
    """

    def __init__(
        self,
        image_size: int,
        num_planes: int,
        image_channels: int = 3,
        base_channels: int = 64,
        hidden_channels: int = 128,
        latent_dim: int = 0,
        num_doublings: int = 5,
        norm: Norm = "batch",
    ) -> None:
        super().__init__()
        self.multiple = 2**num_doublings
        self.first_size = image_size // self.multiple
        widest = 16 * base_channels
        self.first: nn.Module = (
            nn.Sequential(nn.Linear(latent_dim, widest * self.first_size**2), FirstMap(widest, self.first_size))
            if latent_dim
            else nn.Conv2d(num_planes, widest, 3, padding=1)
        )
        widths = [base_channels * 16 // divisor for divisor in (1, 1, 1, 1, 2, 4, 8, 16, 32)]
        self.doubles = (
            False,
            num_doublings >= 5,
            num_doublings >= 6,
            True,
            True,
            True,
            True,
            *[True] * (num_doublings > 6),
        )
        self.blocks = nn.ModuleList(
            SPADEBlock(inputs, outputs, num_planes, hidden_channels, norm)
            for _, inputs, outputs in zip(self.doubles, widths, widths[1:], strict=False)
        )
        self.last = nn.Conv2d(widths[len(self.blocks)], image_channels, 3, padding=1)
        self.latent_dim = latent_dim
        self.apply(initialise)
        for block in self.blocks:
            for convolution in cast(SPADEBlock, block).spectral():
                normalise_spectrally(convolution)

    def forward(self, planes: Tensor, latents: Tensor | None = None) -> Tensor:
        """Images [N, C, H, W] in [-1, 1].

        Args:
            planes: [N, P, H, W]; H and W multiples of `multiple`.
            latents: [N, Z], if the first map is made of latents; in images of another size than those of training it is
                enlarged or reduced.
        """
        sides = [side // self.multiple for side in planes.shape[2:]]
        smallest = interpolate(planes, sides, mode="nearest")
        maps: Tensor = self.first(latents) if self.latent_dim else self.first(smallest)
        if [*maps.shape[2:]] != sides:
            maps = interpolate(maps, sides, mode="nearest")
        resized = smallest
        for doubles, block in zip(self.doubles, self.blocks, strict=True):
            if doubles:
                maps = interpolate(maps, scale_factor=2, mode="nearest")
                resized = interpolate(planes, maps.shape[2:], mode="nearest")
            maps = block(maps, resized)
        return torch.tanh(self.last(leaky_relu(maps, 0.2)))


class SPADEEncoder(nn.Module):
    """The style of images: mean and logarithm of the variance of a latent, [N, Z] each.

    The authors bring every image to 256 pixels, and halve it down to 4 in six steps. Here smaller images are halved as
    often as leaves 4 pixels; the authors' code has one step less for them and ends with an error.

    Args:
        image_size: Side of the images that the generator learns to make.
        image_channels: C.
        base_channels: Channels of the first map; the last has eight times as many.
        latent_dim: Z.
    """

    def __init__(
        self, image_size: int, image_channels: int = 3, base_channels: int = 64, latent_dim: int = 256
    ) -> None:
        super().__init__()
        halvings = int(log2(min(image_size, LARGEST_SEEN) // LAST_SEEN))
        self.side = LAST_SEEN * 2**halvings
        widths = [image_channels, *(base_channels * min(2**step, 8) for step in range(halvings))]
        layers: list[nn.Module] = []
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 3, 2, 1, bias=False), ImageNorm(outputs), nn.LeakyReLU(0.2)]
        self.layers = nn.Sequential(*layers, nn.Flatten())
        self.mean = nn.Linear(widths[-1] * LAST_SEEN**2, latent_dim)
        self.log_variance = nn.Linear(widths[-1] * LAST_SEEN**2, latent_dim)
        self.apply(initialise)
        normalise_spectrally(self.layers)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """[N, Z] each, in float32 at least, from images [N, C, H, W] in [-1, 1] of any size."""
        if images.shape[2:] != (self.side, self.side):
            images = interpolate(images, [self.side] * 2, mode="bilinear", antialias=True)
        seen = self.layers(images)
        with torch.autocast(seen.device.type, enabled=False):
            seen = seen.to(torch.promote_types(seen.dtype, torch.float32))
            return self.mean(seen), self.log_variance(seen)


def initialise(module: nn.Module) -> None:
    """Weights from Glorot and Bengio's normal distribution times 0.02, biases 0, as the authors' code; for `apply`."""
    if isinstance(module, nn.Conv2d | nn.Linear):
        nn.init.xavier_normal_(module.weight, gain=0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
