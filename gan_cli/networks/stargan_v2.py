"""The four networks of StarGAN v2: Choi et al. 2020, "StarGAN v2: Diverse Image Synthesis for Multiple Domains",
arXiv:1912.01865, as the authors' code has them where it adds no high-pass shortcuts (`w_hpf` 0)."""

from collections.abc import Iterator
from itertools import pairwise
from math import log2, sqrt

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, interpolate, leaky_relu

from gan_cli.networks.first_weights import draw_first_weights
from gan_cli.networks.layers import ImageNorm, in_float32

SLOPE = 0.2
"""Of every leaky ReLU."""
INNERMOST = 16
"""Side of the generator's innermost maps, whatever the images: four halvings of 256 pixels, two of 64."""
LAST = 4
"""Side of the last maps of the style encoder and of the discriminator."""
BOTTLENECK = 2
"""Blocks of the generator at the innermost maps, on the way in and on the way out."""
SHARED, OWN = 4, 3
"""Hidden layers of the mapping network that all domains share, and that each has for itself."""


class ResidualBlock(nn.Module):
    """Two convolutions beside a shortcut; their sum over the root of two keeps the variance.

    Args:
        inputs: Channels.
        outputs: Channels made; where there are others, the shortcut is a 1x1 convolution.
        halving: Whether height and width are halved.
        normalised: Whether each convolution comes after a normalisation of each image.
    """

    def __init__(self, inputs: int, outputs: int, halving: bool = False, normalised: bool = False) -> None:
        super().__init__()
        self.halving = halving
        self.norms = nn.ModuleList(ImageNorm(inputs, affine=True) if normalised else nn.Identity() for _ in range(2))
        self.first = nn.Conv2d(inputs, inputs, 3, padding=1)
        self.second = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H, W], or [N, C', H / 2, W / 2]."""
        made = self._halved(self.first(leaky_relu(self.norms[0](inputs), SLOPE)))
        made = self.second(leaky_relu(self.norms[1](made), SLOPE))
        summed: Tensor = self._halved(self.shortcut(inputs)) + made
        return summed / sqrt(2)

    def _halved(self, maps: Tensor) -> Tensor:
        return avg_pool2d(maps, 2) if self.halving else maps


class StyleNorm(nn.Module):
    """Normalisation of each image, scaled and shifted as its style says (AdaIN, Huang and Belongie 2017,
    arXiv:1703.06868); a scale of 0 leaves it as it is.

    Args:
        style_dim: W.
        channels: C.
    """

    def __init__(self, style_dim: int, channels: int) -> None:
        super().__init__()
        self.norm = ImageNorm(channels)
        self.affine = nn.Linear(style_dim, 2 * channels)

    def forward(self, inputs: Tensor, styles: Tensor) -> Tensor:
        """The same shape as the inputs [N, C, H, W]; styles are [N, W]."""
        scale, shift = self.affine(styles)[:, :, None, None].chunk(2, dim=1)
        made: Tensor = (1 + scale) * self.norm(inputs) + shift
        return made


class StyledBlock(nn.Module):
    """`ResidualBlock` with styles, its first convolution changing the channels, and doubling instead of halving.

    Args:
        inputs: Channels.
        outputs: Channels made.
        style_dim: W.
        doubling: Whether height and width are doubled.
    """

    def __init__(self, inputs: int, outputs: int, style_dim: int, doubling: bool = False) -> None:
        super().__init__()
        self.doubling = doubling
        self.norms = nn.ModuleList(StyleNorm(style_dim, channels) for channels in (inputs, outputs))
        self.first = nn.Conv2d(inputs, outputs, 3, padding=1)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1, bias=False) if inputs != outputs else nn.Identity()

    def forward(self, inputs: Tensor, styles: Tensor) -> Tensor:
        """[N, C, H, W] and styles [N, W] -> [N, C', H, W], or [N, C', 2H, 2W]."""
        made = self.first(self._doubled(leaky_relu(self.norms[0](inputs, styles), SLOPE)))
        made = self.second(leaky_relu(self.norms[1](made, styles), SLOPE))
        summed: Tensor = self.shortcut(self._doubled(inputs)) + made
        return summed / sqrt(2)

    def _doubled(self, maps: Tensor) -> Tensor:
        return interpolate(maps, scale_factor=2, mode="nearest") if self.doubling else maps


class StyledTranslator(nn.Module):
    """The generator: an image in, the same in a style out. The way in is normalised, the way out has the style.

    Args:
        image_size: Side of the images that it learns from, a power of two from 16; it takes any other that is a
            multiple of `multiple`.
        image_channels: C.
        style_dim: W.
        base_channels: Channels of the first layer; each halving doubles them.
        max_channels: No layer has more.

    Attributes:
        multiple: Height and width must be multiples of it.
    """

    def __init__(
        self, image_size: int, image_channels: int, style_dim: int, base_channels: int, max_channels: int
    ) -> None:
        super().__init__()
        widths = _widths(base_channels, max_channels, int(log2(image_size / INNERMOST)))
        deepest = widths[-1]
        self.multiple = 2 ** (len(widths) - 1)
        steps = list(pairwise(widths))
        self.enter = nn.Conv2d(image_channels, base_channels, 3, padding=1)
        self.encode = nn.Sequential(
            *(ResidualBlock(inputs, outputs, halving=True, normalised=True) for inputs, outputs in steps),
            *(ResidualBlock(deepest, deepest, normalised=True) for _ in range(BOTTLENECK)),
        )
        self.decode = nn.ModuleList(
            [
                *(StyledBlock(deepest, deepest, style_dim) for _ in range(BOTTLENECK)),
                *(StyledBlock(outputs, inputs, style_dim, doubling=True) for inputs, outputs in reversed(steps)),
            ]
        )
        self.leave = nn.Sequential(
            ImageNorm(base_channels, affine=True), nn.LeakyReLU(SLOPE), nn.Conv2d(base_channels, image_channels, 1)
        )
        draw_first_weights(self, "he")

    def forward(self, images: Tensor, styles: Tensor) -> Tensor:
        """Images [N, C, H, W], in about [-1, 1], from images of the same size and styles [N, W]."""
        maps = self.encode(self.enter(images))
        for block in self.decode:
            maps = block(maps, styles)
        made: Tensor = self.leave(maps)
        return made


class StyleMapping(nn.Module):
    """The mapping network: a style of a domain for a latent.

    Args:
        latent_dim: Z.
        style_dim: W.
        num_domains: K, each with layers of its own behind the shared ones.
        width: Of the hidden layers.
    """

    def __init__(self, latent_dim: int, style_dim: int, num_domains: int, width: int) -> None:
        super().__init__()
        self.shared = nn.Sequential(*_hidden(latent_dim, width, SHARED))
        self.heads = nn.ModuleList(
            nn.Sequential(*_hidden(width, width, OWN), nn.Linear(width, style_dim)) for _ in range(num_domains)
        )
        draw_first_weights(self, "he")

    def forward(self, latents: Tensor, domains: Tensor) -> Tensor:
        """Styles [N, W] from latents [N, Z] and the numbers of domains, int64 [N]."""
        return _of_domains(self.heads, self.shared(latents), domains)


class StyleEncoder(nn.Module):
    """The style of an image, seen as one of a domain.

    Args:
        image_size: Side of the images, a power of two from 16.
        image_channels: C.
        style_dim: W.
        num_domains: K.
        base_channels: As in `StyledTranslator`.
        max_channels: As in `StyledTranslator`.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        style_dim: int,
        num_domains: int,
        base_channels: int,
        max_channels: int,
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(*_seen(image_size, image_channels, base_channels, max_channels))
        features = _widths(base_channels, max_channels, int(log2(image_size / LAST)))[-1]
        self.heads = nn.ModuleList(nn.Linear(features, style_dim) for _ in range(num_domains))
        draw_first_weights(self, "he")

    def forward(self, images: Tensor, domains: Tensor) -> Tensor:
        """Styles [N, W] from images [N, C, S, S] and the numbers of their domains, int64 [N]."""
        return _of_domains(self.heads, self.body(images).flatten(1), domains)


class ManyDomainsDiscriminator(nn.Module):
    """One logit for each domain, of which only that of the image's domain counts.

    Args:
        image_size: Side of the images, a power of two from 16.
        image_channels: C.
        num_domains: K.
        base_channels: As in `StyledTranslator`.
        max_channels: As in `StyledTranslator`.
    """

    def __init__(
        self, image_size: int, image_channels: int, num_domains: int, base_channels: int, max_channels: int
    ) -> None:
        super().__init__()
        self.body = nn.Sequential(*_seen(image_size, image_channels, base_channels, max_channels))
        features = _widths(base_channels, max_channels, int(log2(image_size / LAST)))[-1]
        self.head = nn.Conv2d(features, num_domains, 1)
        draw_first_weights(self, "he")

    def forward(self, images: Tensor, domains: Tensor) -> Tensor:
        """Logits [N] of images [N, C, S, S] being real ones of their domains, int64 [N]; in float32 at least."""
        logits = in_float32(self.head, self.body(images)).flatten(1)
        return logits.gather(1, domains[:, None])[:, 0]


def _widths(base_channels: int, max_channels: int, halvings: int) -> list[int]:
    """Channels of the maps from the images' size to the innermost."""
    return [base_channels, *(min(base_channels * 2**number, max_channels) for number in range(1, halvings + 1))]


def _hidden(inputs: int, width: int, number: int) -> Iterator[nn.Module]:
    """Linear layers, each with its ReLU."""
    for layer in range(number):
        yield from (nn.Linear(width if layer else inputs, width), nn.ReLU())


def _seen(image_size: int, image_channels: int, base_channels: int, max_channels: int) -> Iterator[nn.Module]:
    """What the style encoder and the discriminator have in common: images [N, C, S, S] to features [N, F, 1, 1]."""
    widths = _widths(base_channels, max_channels, int(log2(image_size / LAST)))
    yield nn.Conv2d(image_channels, base_channels, 3, padding=1)
    for inputs, outputs in pairwise(widths):
        yield ResidualBlock(inputs, outputs, halving=True)
    yield from (nn.LeakyReLU(SLOPE), nn.Conv2d(widths[-1], widths[-1], LAST), nn.LeakyReLU(SLOPE))


def _of_domains(heads: nn.ModuleList, features: Tensor, domains: Tensor) -> Tensor:
    """Of what each domain's head makes of features [N, F], that of each row's own domain, [N, W]."""
    made = torch.stack([head(features) for head in heads], dim=1)
    return made.gather(1, domains[:, None, None].expand(-1, 1, made.shape[2]))[:, 0]
