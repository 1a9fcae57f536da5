"""TP-GAN's networks: Huang et al. 2017, arXiv:1704.04086, tables 1 and 2, as the authors' code has them at 128 pixels.

At other sizes the global pathway still ends in maps of 8x8, and the local ones in maps of about 5x5; filters are as
large as the authors' for maps of that size. Biases that a normalisation takes away again are left out.
"""

from collections.abc import Sequence
from itertools import pairwise
from math import log2
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout, interpolate

from gan_cli.networks.face_patches import PARTS, corners
from gan_cli.networks.layers import in_float32, larger, norm_2d
from gan_cli.networks.layouts import FirstMap, Together

Norm = Literal["batch", "none"]
SLOPE = 0.2
BOTTOM = 8
"""Side of the encoder's smallest maps."""
SCALES = 3
"""Images are made at the size wanted, at half of it and at a quarter."""
KERNELS = {128: 7, 64: 5}
"""Sides of the filters for maps of so many pixels a side, or more; smaller maps have 3."""
OTHER_EYE = {"left_eye": "right_eye", "right_eye": "left_eye"}


def _convolution(inputs: int, outputs: int, kernel: int, stride: int, norm: Norm) -> nn.Sequential:
    """A convolution, a normalisation where one is wanted, and LeakyReLU; stride 1 keeps the size, 2 halves it."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=norm == "none")
    return nn.Sequential(convolution, *norm_2d(norm, outputs), nn.LeakyReLU(SLOPE))


def _deconvolution(inputs: int, outputs: int, times: int = 2, bias: bool = True) -> nn.ConvTranspose2d:
    """A transposed convolution by 3x3 that makes maps so many times larger."""
    padding = 1 if times == 2 else 0
    return nn.ConvTranspose2d(inputs, outputs, 3, times, padding, times - 3 + 2 * padding, bias=bias)


def _enlarging(inputs: int, outputs: int, norm: Norm, activation: nn.Module) -> nn.Sequential:
    """A transposed convolution that doubles the size, a normalisation where one is wanted, and an activation."""
    return nn.Sequential(_deconvolution(inputs, outputs, bias=norm == "none"), *norm_2d(norm, outputs), activation)


def _of_one_size(channels: int, kernel: int, bias: bool) -> list[nn.Module]:
    """A convolution that keeps the size of maps; filters of an even side see one pixel more to the right and below."""
    if kernel % 2:
        return [nn.Conv2d(channels, channels, kernel, padding=kernel // 2, bias=bias)]
    before, after = (kernel - 1) // 2, kernel // 2
    return [nn.ZeroPad2d((before, after, before, after)), nn.Conv2d(channels, channels, kernel, bias=bias)]


class Residual(nn.Module):
    """Two convolutions whose result is added to what went in, and LeakyReLU after it."""

    def __init__(self, channels: int, kernel: int, norm: Norm) -> None:
        super().__init__()
        first, second = (_of_one_size(channels, kernel, norm == "none") for _ in range(2))
        activation = nn.LeakyReLU(SLOPE)
        self.body = nn.Sequential(*first, *norm_2d(norm, channels), activation, *second, *norm_2d(norm, channels))
        self.activation = nn.LeakyReLU(SLOPE)

    def forward(self, maps: Tensor) -> Tensor:
        """[N, C, H, W] -> [N, C, H, W]."""
        made: Tensor = self.activation(maps + self.body(maps))
        return made


class Encoder(nn.Module):
    """Maps of a face beside its mirror image, level by level down to 8x8, and a vector.

    Args:
        image_size: S.
        channels: Of the face and its mirror image together.
        base_channels: Channels of the largest maps.
        feature_dim: F, of the vector, the larger of two numbers each.
        norm: What normalises.
    """

    def __init__(self, image_size: int, channels: int, base_channels: int, feature_dim: int, norm: Norm) -> None:
        super().__init__()
        widths = level_widths(image_size, base_channels)
        kernel = kernel_of(image_size)
        first = [_convolution(channels, widths[0], kernel, 1, "none"), Residual(widths[0], kernel, norm)]
        levels = [nn.Sequential(*first)]
        for level, (inputs, outputs) in enumerate(pairwise(widths), 1):
            kernel = kernel_of(image_size >> level)
            layers = [_convolution(inputs, outputs, kernel, 2, norm), Residual(outputs, kernel, norm)]
            if level == len(widths) - 1:
                layers += [Residual(outputs, kernel, norm) for _ in range(3)]
            levels.append(nn.Sequential(*layers))
        self.levels = nn.ModuleList(levels)
        self.feature = nn.Linear(widths[-1] * BOTTOM**2, 2 * feature_dim)

    def forward(self, images: Tensor) -> tuple[list[Tensor], Tensor]:
        """Maps from the largest to the smallest, and vectors [N, F], of images [N, 2C, S, S]."""
        maps = [images]
        for level in self.levels:
            maps.append(level(maps[-1]))
        return maps[1:], larger(*self.feature(maps[-1].flatten(1)).chunk(2, dim=1))


class LocalPathway(nn.Module):
    """Turns one patch: a small U-Net, whose maps go on to the global pathway.

    Args:
        image_size: S, of the whole images.
        channels: Of what goes in: one patch, or those of both eyes.
        made_channels: C, of the patch made.
        base_channels: Channels of the largest maps.
        norm: What normalises.
    """

    def __init__(self, image_size: int, channels: int, made_channels: int, base_channels: int, norm: Norm) -> None:
        super().__init__()
        halvings = int(log2(image_size)) - 4
        widths = [base_channels * 2**level for level in range(halvings + 1)]
        self.enter = nn.Sequential(_convolution(channels, widths[0], 3, 1, "none"), Residual(widths[0], 3, norm))
        self.down = nn.ModuleList(
            nn.Sequential(_convolution(inputs, outputs, 3, 2, norm), Residual(outputs, 3, norm))
            for inputs, outputs in pairwise(widths)
        )
        self.bottom = Residual(widths[-1], 3, norm)
        ups, merges = [], []
        for outputs, inputs in reversed([*pairwise(widths)]):
            ups.append(_enlarging(inputs, outputs, norm, nn.LeakyReLU(SLOPE)))
            merges.append(nn.Sequential(_convolution(2 * outputs, outputs, 3, 1, norm), Residual(outputs, 3, norm)))
        self.up, self.merge, self.together = nn.ModuleList(ups), nn.ModuleList(merges), Together()
        self.to_patch = nn.Sequential(nn.Conv2d(base_channels, made_channels, 3, padding=1), nn.Tanh())

    def forward(self, patch: Tensor) -> tuple[Tensor, Tensor]:
        """Maps [N, B, h, w] and the turned patch [N, C, h, w] in [-1, 1], of patches [N, C', h, w]."""
        maps = [self.enter(patch)]
        for down in self.down:
            maps.append(down(maps[-1]))
        made = self.bottom(maps.pop())
        for up, merge in zip(self.up, self.merge, strict=True):
            made = merge(self.together(up(made), maps.pop()))
        return made, self.to_patch(made)


class FrontalFaces(NamedTuple):
    """What the generator makes.

    Attributes:
        images: [N, C, S, S], then those of half and a quarter of the size, in [-1, 1].
        patches: By their names, [N, C, h, w].
        persons: Logits [N, P] of the persons trained on, by the encoder's vector; None where nobody asks.
    """

    images: list[Tensor]
    patches: dict[str, Tensor]
    persons: Tensor | None


class TPGANGenerator(nn.Module):
    """Makes frontal faces of turned ones by a global pathway, and local ones for eyes, nose and mouth.

    Args:
        image_size: S, a power of two from 32.
        image_channels: C.
        base_channels: Channels of the largest maps.
        feature_dim: Numbers of the vector between encoder and decoder.
        noise_dim: Numbers of noise beside it.
        num_persons: P, of the persons that are told apart by the vector; 0 asks for none.
        dropped: The share of the vector that is left out there while training.
        frontal_points: Where eyes, nose and mouth are from the front: ten numbers, x and y in shares of the sides.
        norm: What normalises.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        base_channels: int,
        feature_dim: int,
        noise_dim: int,
        num_persons: int,
        dropped: float,
        frontal_points: Sequence[float],
        norm: Norm,
    ) -> None:
        super().__init__()
        self.image_size, self.noise_dim, self.dropped = image_size, noise_dim, dropped
        self.channels, self.base_channels = image_channels, base_channels
        both = 2 * image_channels
        self.encoder = Encoder(image_size, both, base_channels, feature_dim, norm)
        self.decoder = Decoder(image_size, image_channels, base_channels, feature_dim + noise_dim, norm)
        self.pathways = nn.ModuleDict(
            {
                name: LocalPathway(
                    image_size, both if name in OTHER_EYE else image_channels, image_channels, base_channels, norm
                )
                for name in PARTS
            }
        )
        self.persons = nn.Linear(feature_dim, num_persons) if num_persons else None
        points = torch.tensor(frontal_points, dtype=torch.float32, device="cpu").view(1, -1, 2)
        self.together = Together()
        self.places = {name: tuple(corner[0].tolist()) for name, corner in corners(points, image_size).items()}

    def forward(self, images: Tensor, parts: dict[str, Tensor], noise: Tensor | None = None) -> FrontalFaces:
        """Frontal faces.

        Args:
            images: Turned ones, [N, C, S, S] in [-1, 1].
            parts: Their patches, as `patches` cuts them.
            noise: [N, Z]; None is 0.
        """
        maps, vectors = self.encoder(self.together(images, images.flip(3)))
        if noise is None:
            noise = vectors.new_zeros(len(vectors), self.noise_dim)
        made = {name: pathway(self._seen_by(name, parts)) for name, pathway in self.pathways.items()}
        local = {name: features for name, (features, _) in made.items()}
        turned = {name: patch for name, (_, patch) in made.items()}
        merged = self.together(self._merged(local, 0.0), self._merged(turned, -1.0))
        told = None
        if self.persons is not None:
            told = self.persons(dropout(vectors, self.dropped, training=self.training))
        made_images = self.decoder(images, maps, torch.cat([vectors, noise.to(vectors.dtype)], dim=1), merged)
        return FrontalFaces(made_images, turned, told)

    def _seen_by(self, name: str, parts: dict[str, Tensor]) -> Tensor:
        """What a pathway sees: its patch; of an eye also the other's mirror image, which may be all that is seen."""
        if name not in OTHER_EYE:
            return parts[name]
        both: Tensor = self.together(parts[name], parts[OTHER_EYE[name]].flip(3))
        return both

    def _merged(self, parts: dict[str, Tensor], empty: float) -> Tensor:
        """Patches at their places in frontal faces, [N, C, S, S]; the largest number counts where they overlap."""
        merged = None
        for name, part in parts.items():
            placed = _placed(part, self.places[name], self.image_size, empty)
            merged = placed if merged is None else larger(merged, placed)
        assert merged is not None
        return merged


class Decoder(nn.Module):
    """Makes images of three sizes of the encoder's maps and vector, and of what the local pathways made.

    Args:
        image_size: S.
        image_channels: C.
        base_channels: Channels of the encoder's largest maps.
        vector_dim: Numbers of the vector, with noise.
        norm: What normalises.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, vector_dim: int, norm: Norm) -> None:
        super().__init__()
        widths = level_widths(image_size, base_channels)
        bottom = len(widths) - 1
        both, local = 2 * image_channels, base_channels + image_channels
        self.seed = nn.Sequential(
            nn.Linear(vector_dim, base_channels * BOTTOM**2), FirstMap(base_channels, BOTTOM), nn.ReLU()
        )
        seeds = {bottom: base_channels}  # channels of what the vector alone becomes, by level
        grown, before, at = {}, base_channels, bottom
        for level in range(min(bottom, SCALES) - 1, -1, -1):
            seeds[level] = max(1, base_channels >> (SCALES - level))
            grown[str(level)] = nn.Sequential(_deconvolution(before, seeds[level], 2 ** (at - level)), nn.ReLU())
            before, at = seeds[level], level
        self.grown = nn.ModuleDict(grown)
        ups, selects, rebuilds, images = {}, {}, {}, {}
        above = 0
        for level in range(bottom, -1, -1):
            name, kernel = str(level), 2 if level == bottom else kernel_of(image_size >> level)
            seen = widths[level] + seeds.get(level, 0) + (both if level < SCALES else 0)
            selects[name] = Residual(seen, kernel, norm)
            channels = seen
            if level < bottom:
                ups[name] = _enlarging(above, widths[level + 1], norm, nn.ReLU())
                channels += widths[level + 1] + (image_channels if level < SCALES - 1 and level + 1 <= bottom else 0)
            if level == 0:
                channels += local
                rebuilds[name] = _last(channels, base_channels, kernel_of(image_size // 2), norm)
                above = max(1, base_channels // 2)
            else:
                small = 2 if level == bottom else 3
                rebuilds[name] = nn.Sequential(Residual(channels, small, norm), Residual(channels, small, norm))
                above = channels
            if level < SCALES:
                images[name] = nn.Sequential(nn.Conv2d(above, image_channels, 3, padding=1), nn.Tanh())
        self.up, self.select = nn.ModuleDict(ups), nn.ModuleDict(selects)
        self.rebuild, self.to_image = nn.ModuleDict(rebuilds), nn.ModuleDict(images)
        self.bottom, self.together = bottom, Together()

    def forward(self, images: Tensor, maps: Sequence[Tensor], vectors: Tensor, local: Tensor) -> list[Tensor]:
        """Images from the largest to the smallest, [N, C, S, S] and less.

        Args:
            images: What goes in, [N, C, S, S].
            maps: The encoder's, from the largest.
            vectors: [N, F + Z].
            local: What the local pathways made, [N, B + C, S, S].
        """
        grown, made = self.seed(vectors), None
        pictures: list[Tensor] = []
        for level in range(self.bottom, -1, -1):
            name = str(level)
            seen = [maps[level]]
            if name in self.grown:
                grown = self.grown[name](grown)
            if name in self.grown or level == self.bottom:
                seen.append(grown)
            if level < SCALES:
                small = interpolate(images, maps[level].shape[2:], mode="bilinear", antialias=True) if level else images
                seen += [small, small.flip(3)]
            rebuilt = [self.select[name](self.together(*seen))]
            if made is not None:
                rebuilt.append(self.up[name](made))
            if pictures:
                rebuilt.append(interpolate(pictures[-1], scale_factor=2, mode="bilinear"))
            if not level:
                rebuilt.append(local)
            made = self.rebuild[name](self.together(*rebuilt))
            if level < SCALES:
                pictures.append(self.to_image[name](made))
        return pictures[::-1]


def _last(channels: int, base_channels: int, kernel: int, norm: Norm) -> nn.Sequential:
    """The decoder's layers at the size wanted, of which the first two have filters of that side."""
    narrow = max(1, base_channels // 2)
    return nn.Sequential(
        Residual(channels, kernel, norm),
        _convolution(channels, base_channels, kernel, 1, norm),
        Residual(base_channels, 3, norm),
        _convolution(base_channels, narrow, 3, 1, norm),
    )


class TPGANDiscriminator(nn.Module):
    """Judges frontal faces in 4x4 places each.

    Args:
        image_size: S.
        image_channels: C.
        base_channels: Channels of the first maps.
        norm: What normalises.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, norm: Norm) -> None:
        super().__init__()
        count = int(log2(image_size)) - 2
        widths = [image_channels, *(base_channels * min(2**level, 8) for level in range(count))]
        layers: list[nn.Module] = []
        for level, (inputs, outputs) in enumerate(pairwise(widths)):
            layers.append(_convolution(inputs, outputs, 3, 2, norm if level else "none"))
            if level >= count - 2:
                layers.append(Residual(outputs, 3, norm))
        self.layers = nn.Sequential(*layers)
        self.last = nn.Conv2d(widths[-1], 1, 1)

    def forward(self, images: Tensor) -> Tensor:
        """Logits [N, 16] of images [N, C, S, S] in [-1, 1]."""
        return in_float32(self.last, self.layers(images)).flatten(1)


def level_widths(image_size: int, base_channels: int) -> list[int]:
    """Channels of the encoder's maps, from the largest to those of 8x8."""
    halvings = int(log2(image_size // BOTTOM))
    return [base_channels, *(base_channels * min(2**level, 8) for level in range(halvings))]


def kernel_of(side: int) -> int:
    """Side of the filters for maps of a side."""
    return next((kernel for least, kernel in KERNELS.items() if side >= least), 3)


def _placed(part: Tensor, corner: tuple[int, ...], side: int, empty: float) -> Tensor:
    """A patch [N, C, h, w] at its place in an image with nothing around it, [N, C, S, S]; what is beyond it is cut."""
    top, left = corner
    height, width = part.shape[2:]
    inside = part[:, :, max(0, -top) : height - max(0, top + height - side)]
    inside = inside[:, :, :, max(0, -left) : width - max(0, left + width - side)]
    above, before = max(0, top), max(0, left)
    borders = (before, side - before - inside.shape[3], above, side - above - inside.shape[2])
    return nn.functional.pad(inside, borders, value=empty)
