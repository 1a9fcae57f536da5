"""The networks of Vondrick et al. 2016, "Generating Videos with Scene Dynamics", arXiv:1609.02612, as in the authors'
code (https://github.com/cvondrick/videogan): a scene of two streams, from noise or a frame, and what judges it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.networks.layers import in_float32
from gan_cli.networks.layouts import FirstMap

FIRST = 4
"""Side of the first map."""
SIZES = (16, 32, 64, 128)
"""Sides of the frames that the networks are made for."""
EPSILON = 1e-3
"""Of batch normalisation in what looks at videos and frames, as in the authors' code."""


class Scene(NamedTuple):
    """What a video is put together of.

    Attributes:
        foreground: What moves, [N, C, T, H, W] in [-1, 1].
        background: What stands still, [N, C, H, W] in [-1, 1].
        mask: How much of the foreground is seen, [N, 1, T, H, W] in [0, 1].
    """

    foreground: Tensor
    background: Tensor
    mask: Tensor

    @property
    def video(self) -> Tensor:
        """m f + (1 - m) b, [N, C, T, H, W] in [-1, 1]."""
        return self.mask * self.foreground + (1 - self.mask) * self.background.unsqueeze(2)

    @property
    def parts(self) -> dict[str, Tensor]:
        """Each of the three as a video, [N, C, T, H, W] in [-1, 1]; the mask is white where the foreground is seen."""
        shape = self.foreground.shape
        return {
            "foreground": self.foreground,
            "background": self.background.unsqueeze(2).expand(shape),
            "mask": (2 * self.mask - 1).expand(shape),
        }

    @property
    def measures(self) -> dict[str, Tensor]:
        """The mean of the masks, and the share of their pixels in which the foreground is seen more than the rest."""
        mask = self.mask.float()
        return {"mask": mask.mean(), "mask_foreground": (mask > 0.5).float().mean()}


class TwoStreams(nn.Module):
    """A scene from a first map of each stream: transposed convolutions that double space, and of the foreground time.

    The foreground and its mask come from one trunk, whose last layer makes both. No layer before a batch normalisation
    has a bias, which that would take away again.

    Args:
        still: Gives the background's first map, [N, W, 4, 4].
        moving: Gives the foreground's, [N, W, F, 4, 4].
        widths: Channels of the maps from the first on, W included.
        image_channels: C.
    """

    def __init__(self, still: nn.Module, moving: nn.Module, widths: Sequence[int], image_channels: int) -> None:
        super().__init__()
        steps = list(pairwise(widths))
        flat, deep = ([layer(*step) for step in steps] for layer in (_wider_flat, _wider_deep))
        last = widths[-1]
        self.background = nn.Sequential(still, *flat, nn.ConvTranspose2d(last, image_channels, 4, 2, 1), nn.Tanh())
        self.foreground = nn.Sequential(moving, *deep, nn.ConvTranspose3d(last, image_channels + 1, 4, 2, 1))

    def forward(self, begins: Tensor) -> Scene:
        """The scene of what both streams begin with."""
        made = self.foreground(begins)
        return Scene(torch.tanh(made[:, :-1]), self.background(begins), torch.sigmoid(made[:, -1:]))


class VGANGenerator(nn.Module):
    """A scene from noise, which both streams share.

    Args:
        num_frames: T; see `first_frames`.
        image_size: Side of the frames in pixels, 16, 32, 64 or 128.
        image_channels: C.
        latent_dim: Z, 100 in the paper.
        base_channels: Channels of the maps next to the video, doubled with each halving; 64 in the paper.

    Raises:
        UserError: If there are no networks for such videos.
    """

    def __init__(
        self, num_frames: int, image_size: int, image_channels: int, latent_dim: int = 100, base_channels: int = 64
    ) -> None:
        super().__init__()
        frames, widths = first_frames(num_frames, image_size), widths_of(image_size, base_channels)[::-1]
        still = _first_map(latent_dim, widths[0])
        self.streams = TwoStreams(still, _first_map(latent_dim, widths[0], frames), widths, image_channels)
        self.apply(initialise)

    def forward(self, latents: Tensor) -> Scene:
        """Scenes from latents [N, Z]."""
        return cast(Scene, self.streams(latents))


class ConditionalVGANGenerator(nn.Module):
    """A scene from its first frame: an encoder makes a map of it, from which both streams begin.

    Args:
        num_frames: T; see `first_frames`.
        image_size: Side of the frames in pixels, 16, 32, 64 or 128.
        image_channels: C.
        base_channels: Channels of the maps next to the frame and to the video; 128 in the authors' code.

    Raises:
        UserError: If there are no networks for such videos.
    """

    def __init__(self, num_frames: int, image_size: int, image_channels: int, base_channels: int = 128) -> None:
        super().__init__()
        frames, widths = first_frames(num_frames, image_size), widths_of(image_size, base_channels)
        layers: list[nn.Module] = [nn.Conv2d(image_channels, widths[0], 4, 2, 1), nn.ReLU()]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs, EPSILON), nn.ReLU()]
        self.encoder = nn.Sequential(*layers)
        code = widths[-1]
        moving = nn.Sequential(
            nn.Unflatten(2, (1, FIRST)),
            nn.ConvTranspose3d(code, code, (frames, 1, 1), bias=False),
            nn.BatchNorm3d(code),
            nn.ReLU(),
        )
        self.streams = TwoStreams(nn.Identity(), moving, widths[::-1], image_channels)
        self.apply(initialise)

    def forward(self, first: Tensor) -> Scene:
        """Scenes from first frames [N, C, H, W] in [-1, 1]."""
        return cast(Scene, self.streams(self.encoder(first)))


class VGANDiscriminator(nn.Module):
    """Whether a video is real: strided convolutions in space and time.

    Its one logit is the difference of the two that the authors' code has. No layer before a batch normalisation has a
    bias.

    Args:
        num_frames: T; see `first_frames`.
        image_size: Side of the frames in pixels, 16, 32, 64 or 128.
        image_channels: C.
        base_channels: Channels of the first map, doubled with each halving; 64 in the paper.

    Raises:
        UserError: If there are no networks for such videos.
    """

    def __init__(self, num_frames: int, image_size: int, image_channels: int, base_channels: int = 64) -> None:
        super().__init__()
        frames, widths = first_frames(num_frames, image_size), widths_of(image_size, base_channels)
        layers: list[nn.Module] = [nn.Conv3d(image_channels, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Conv3d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm3d(outputs, EPSILON)]
            layers += [nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.head = nn.Linear(widths[-1] * frames * FIRST**2, 1)
        self.apply(initialise)

    def forward(self, videos: Tensor) -> Tensor:
        """Logits [N] of videos [N, C, T, H, W]."""
        return in_float32(self.head, self.body(videos).flatten(1)).squeeze(1)


def first_frames(num_frames: int, image_size: int) -> int:
    """Frames of the first map, which are doubled as often as its side.

    Raises:
        UserError: If the frames cannot be doubled to as many, or the sides to that size.
    """
    if image_size not in SIZES:
        raise UserError(f"data.image_size: {image_size} is not possible here; take {', '.join(map(str, SIZES))}")
    times = image_size // FIRST
    if num_frames % times:
        raise UserError(
            f"data.num_frames: {num_frames} is not possible with frames of {image_size} pixels; "
            f"take a multiple of {times}"
        )
    return num_frames // times


def widths_of(image_size: int, base_channels: int) -> list[int]:
    """Channels of the maps, from the one next to the frames to the smallest."""
    return [base_channels << level for level in range((image_size // FIRST).bit_length() - 1)]


def initialise(module: nn.Module) -> None:
    """Weights from N(0, 0.01), a normalisation's scale from N(1, 0.02), biases 0, as the authors' code has them."""
    if isinstance(module, nn.Conv2d | nn.Conv3d | nn.ConvTranspose2d | nn.ConvTranspose3d | nn.Linear):
        nn.init.normal_(module.weight, 0.0, 0.01)
    elif isinstance(module, nn.BatchNorm2d | nn.BatchNorm3d):
        nn.init.normal_(module.weight, 1.0, 0.02)
    if isinstance(bias := getattr(module, "bias", None), Tensor):
        nn.init.zeros_(bias)


def _first_map(latent_dim: int, width: int, frames: int = 0) -> nn.Sequential:
    """A first map from latents, which a multiplication makes, and a deconvolution of one pixel would."""
    rows = nn.Linear(latent_dim, width * FIRST**2 * max(1, frames), bias=False)
    norm = nn.BatchNorm3d(width) if frames else nn.BatchNorm2d(width)
    return nn.Sequential(rows, FirstMap(width, FIRST, frames), norm, nn.ReLU())


def _wider_flat(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


def _wider_deep(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose3d(inputs, outputs, 4, 2, 1, bias=False), nn.BatchNorm3d(outputs), nn.ReLU())
