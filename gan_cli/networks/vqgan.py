"""VQGAN's encoder, codebook and decoder: Esser et al. 2021, "Taming Transformers for High-Resolution Image Synthesis",
arXiv:2012.09841, tables 7 and 8, as in the authors' code (https://github.com/CompVis/taming-transformers)."""

from collections.abc import Sequence
from math import gcd
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, pad, scaled_dot_product_attention, silu

from gan_cli.networks.layouts import laid_out

GROUPS = 32
"""So many groups of channels are normalised, each alone; fewer where the channels do not divide into them."""


class Quantised(NamedTuple):
    """What a codebook makes of vectors.

    Attributes:
        vectors: The nearest entries, [N, D, h, w], whose gradient is passed on to the encoder's vectors.
        codes: Their numbers, int64 [N, h, w].
        codebook: How far entries are from the vectors that took them, a scalar; it moves the codebook alone.
        commitment: The same number; it moves the encoder alone.
    """

    vectors: Tensor
    codes: Tensor
    codebook: Tensor
    commitment: Tensor


class Coded(NamedTuple):
    """Images that went through the codes.

    Attributes:
        maps: What the decoder's last layer makes images of, [N, C', H, W].
        quantised: What the codebook made of them.
    """

    maps: Tensor
    quantised: Quantised


class Residual(nn.Module):
    """Two convolutions, each after a normalisation and swish, beside the identity or a 1x1 convolution."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *normalised(inputs),
            nn.Conv2d(inputs, outputs, 3, padding=1),
            *normalised(outputs),
            nn.Conv2d(outputs, outputs, 3, padding=1),
        )
        self.beside = nn.Identity() if inputs == outputs else nn.Conv2d(inputs, outputs, 1)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C', H, W]."""
        return cast(Tensor, self.beside(inputs) + self.layers(inputs))


class Attention(nn.Module):
    """Adds to each place of a map what all others have: one head, products divided by the root of their length."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = group_norm(channels)
        self.query, self.key, self.value, self.output = (nn.Conv2d(channels, channels, 1) for _ in range(4))
        self.memory_format = torch.contiguous_format

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        normal = self.norm(inputs)
        rows = [layer(normal).flatten(2).transpose(1, 2)[:, None] for layer in (self.query, self.key, self.value)]
        attended = scaled_dot_product_attention(*rows)[:, 0].transpose(1, 2).unflatten(2, [*inputs.shape[2:]])
        return inputs + cast(Tensor, self.output(laid_out(attended, self.memory_format)))


class Halving(nn.Conv2d):
    """Half the height and width, by a convolution of stride 2; zeros lie at the right and below, as the authors'."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, 2)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H / 2, W / 2]."""
        return super().forward(pad(inputs, (0, 1, 0, 1)))


class Doubling(nn.Conv2d):
    """Twice the height and width: nearest pixels and a convolution."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, channels, 3, padding=1)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, 2H, 2W]."""
        return super().forward(interpolate(inputs, scale_factor=2.0, mode="nearest"))


class Swish(nn.Module):
    """x times its sigmoid."""

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        return silu(inputs)


class Sizes(NamedTuple):
    """The sizes of both halves.

    Attributes:
        image_channels: C.
        base_channels: Channels of the first maps.
        multipliers: How many times more channels each level has; each level but the last halves the image.
        num_blocks: Residual blocks of each level of the encoder; the decoder has one more.
        attention: The levels with attention after each block; the innermost maps have one in any case.
        latent_channels: Channels of the innermost maps' outputs.
    """

    image_channels: int
    base_channels: int
    multipliers: tuple[int, ...]
    num_blocks: int
    attention: frozenset[int]
    latent_channels: int

    def width(self, level: int) -> int:
        """The channels of a level; level -1 is the first convolution's output."""
        return self.base_channels * (self.multipliers[level] if level >= 0 else 1)

    def blocks(self, level: int, inputs: int, count: int) -> list[nn.Module]:
        """Residual blocks of a level, each with its attention."""
        width = self.width(level)
        layers: list[nn.Module] = []
        for number in range(count):
            layers.append(Residual(width if number else inputs, width))
            layers += [Attention(width)] if level in self.attention else []
        return layers

    @property
    def middle(self) -> list[nn.Module]:
        """The layers of the innermost maps."""
        width = self.width(len(self.multipliers) - 1)
        return [Residual(width, width), Attention(width), Residual(width, width)]


def encoder(sizes: Sizes) -> nn.Sequential:
    """Maps [N, Z, H / f, W / f] of images [N, C, H, W]; 29,298,176 parameters in the paper's size for 256 pixels."""
    levels = range(len(sizes.multipliers))
    layers: list[nn.Module] = [nn.Conv2d(sizes.image_channels, sizes.width(-1), 3, padding=1)]
    for level in levels:
        layers += sizes.blocks(level, sizes.width(level - 1), sizes.num_blocks)
        layers += [Halving(sizes.width(level))] if level < levels[-1] else []
    last = sizes.width(levels[-1])
    return nn.Sequential(
        *layers, *sizes.middle, *normalised(last), nn.Conv2d(last, sizes.latent_channels, 3, padding=1)
    )


class Decoder(nn.Module):
    """Images of maps; 42,449,795 parameters in the paper's size, because each level has one block more."""

    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        levels = range(len(sizes.multipliers))
        inner = sizes.width(levels[-1])
        layers = [nn.Conv2d(sizes.latent_channels, inner, 3, padding=1), *sizes.middle]
        for level in reversed(levels):
            layers += sizes.blocks(level, inner, sizes.num_blocks + 1)
            inner = sizes.width(level)
            layers += [Doubling(inner)] if level else []
        self.trunk = nn.Sequential(*layers, *normalised(inner))
        self.last = nn.Conv2d(inner, sizes.image_channels, 3, padding=1)

    def forward(self, maps: Tensor) -> Tensor:
        """Images [N, C, H, W], in about [-1, 1], of maps [N, Z, h, w]."""
        return cast(Tensor, self.last(self.trunk(maps)))


class Codebook(nn.Module):
    """Entries that stand for vectors: van den Oord et al. 2017, "Neural Discrete Representation Learning",
    arXiv:1711.00937, equations 1 to 3.

    Args:
        num_codes: K, how many entries.
        code_dim: D, numbers of each.
    """

    def __init__(self, num_codes: int, code_dim: int) -> None:
        super().__init__()
        self.entries = nn.Parameter(torch.empty(num_codes, code_dim).uniform_(-1 / num_codes, 1 / num_codes))

    def nearest(self, vectors: Tensor) -> Tensor:
        """The number of the nearest entry at each place, int64 [N, h, w], of vectors [N, D, h, w].

        In float32 at least, because rounding to 16 bits chooses other entries.
        """
        codes: Tensor = self._nearest(rows_of(vectors)).unflatten(1, [*vectors.shape[2:]])
        return codes

    def at(self, codes: Tensor) -> Tensor:
        """Entries [N, D, h, w] by number, [N, h, w]."""
        return maps_of(self.entries[codes.flatten(1)], codes.shape[1:])

    def forward(self, vectors: Tensor) -> Quantised:
        """The entries nearest to vectors [N, D, h, w], and how far they are."""
        rows, size = rows_of(vectors), vectors.shape[2:]
        codes = self._nearest(rows)
        entries = at_least_float32(self.entries[codes])
        through = rows + (entries - rows).detach()  # forward the entry, backward as if it were the vector
        return Quantised(
            maps_of(through, size),
            codes.unflatten(1, [*size]),
            codebook=(entries - rows.detach()).square().mean(),
            commitment=(rows - entries.detach()).square().mean(),
        )

    def _nearest(self, rows: Tensor) -> Tensor:
        """Numbers, [N, h w], of the entries nearest to rows [N, h w, D]."""
        entries = at_least_float32(self.entries.detach())
        with torch.autocast(rows.device.type, enabled=False):
            # the rows' own squares are the same for all entries
            return (entries.square().sum(1) - 2 * rows.detach() @ entries.t()).argmin(-1)


class CodedImages(nn.Module):
    """An encoder, a codebook and a decoder; images of any size whose sides are multiples of `factor`.

    72,141,699 parameters in the paper's size with 1,024 codes of 256 numbers.

    Args:
        sizes: Of encoder and decoder.
        num_codes: K.
        code_dim: D.
    """

    def __init__(self, sizes: Sizes, num_codes: int, code_dim: int) -> None:
        super().__init__()
        self.factor = 2 ** (len(sizes.multipliers) - 1)
        self.encoder, self.decoder = encoder(sizes), Decoder(sizes)
        self.to_codes = nn.Conv2d(sizes.latent_channels, code_dim, 1)
        self.of_codes = nn.Conv2d(code_dim, sizes.latent_channels, 1)
        self.codebook = Codebook(num_codes, code_dim)
        self.memory_format = torch.contiguous_format

    def vectors(self, images: Tensor) -> Tensor:
        """What the codebook is to stand for, [N, D, H / f, W / f], of images [N, C, H, W]."""
        return cast(Tensor, self.to_codes(self.encoder(images)))

    def encode(self, images: Tensor) -> Tensor:
        """Codes, int64 [N, H / f, W / f], of images [N, C, H, W]."""
        return self.codebook.nearest(self.vectors(images))

    def decode(self, codes: Tensor) -> Tensor:
        """Images [N, C, f h, f w], in about [-1, 1], of codes [N, h, w]."""
        return cast(Tensor, self.decoder(self._entering(self.codebook.at(codes))))

    def forward(self, images: Tensor) -> Coded:
        """Images [N, C, H, W] through the codes, up to the decoder's last layer."""
        quantised = self.codebook(self.vectors(images))
        return Coded(self.decoder.trunk(self._entering(quantised.vectors)), quantised)

    def _entering(self, entries: Tensor) -> Tensor:
        return cast(Tensor, self.of_codes(laid_out(entries, self.memory_format)))


def attention_levels(image_size: int, num_levels: int, attention_size: int) -> frozenset[int]:
    """The levels whose maps, of images of a size, have a side with attention."""
    return frozenset(level for level in range(num_levels) if image_size >> level == attention_size)


def at_least_float32(tensor: Tensor) -> Tensor:
    """Numbers of 16 bits in 32."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


def rows_of(maps: Tensor) -> Tensor:
    """A row for each place, [N, h w, D], of maps [N, D, h, w]; in float32 at least."""
    return at_least_float32(maps).flatten(2).transpose(1, 2)


def maps_of(rows: Tensor, size: Sequence[int]) -> Tensor:
    """Maps [N, D, h, w] of rows [N, h w, D]."""
    maps: Tensor = rows.transpose(1, 2).unflatten(2, [*size])
    return maps


def normalised(channels: int) -> list[nn.Module]:
    """A normalisation by groups of channels, and swish."""
    return [group_norm(channels), Swish()]


def group_norm(channels: int) -> nn.GroupNorm:
    """A normalisation by groups of channels."""
    return nn.GroupNorm(gcd(GROUPS, channels), channels, eps=1e-6)
