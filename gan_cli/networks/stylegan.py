"""The players of Karras et al. 2019, "A Style-Based Generator Architecture for Generative Adversarial Networks",
arXiv:1812.04948, as in the authors' code; the discriminator is that of progressive growing, with blurs."""

from collections.abc import Sequence
from itertools import pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import leaky_relu

from gan_cli.networks.equalised import ROOT_2, SLOPE, EqualisedConv2d, EqualisedLinear, pixel_norm
from gan_cli.networks.layers import ImageNorm, class_shares
from gan_cli.networks.layouts import laid_out
from gan_cli.networks.mapping import RATE
from gan_cli.networks.noise_maps import NoiseMode
from gan_cli.networks.progressive_gan import DoublingConv2d, ProgressiveDiscriminator, ToColours, coloured
from gan_cli.networks.resampling import Blur
from gan_cli.networks.stages import SMALLEST, Stage
from gan_cli.networks.styled_generator import StyledGenerator
from gan_cli.networks.stylegan2 import map_sides


class FirstMapping(nn.Module):
    """Latents, and beside them an embedding of their class, as one vector of fixed length through layers of one width.

    Args:
        latent_dim: Z.
        style_dim: W.
        depth: Layers.
        num_classes: K; 0 for none.
    """

    def __init__(self, latent_dim: int, style_dim: int, depth: int, num_classes: int = 0) -> None:
        super().__init__()
        self.num_classes = num_classes
        self.embedding = nn.Parameter(torch.randn(num_classes, latent_dim)) if num_classes else None
        widths = [latent_dim * (1 + bool(num_classes)), *[style_dim] * depth]
        self.layers = nn.ModuleList(
            EqualisedLinear(inputs, outputs, ROOT_2, rate=RATE) for inputs, outputs in pairwise(widths)
        )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Styles [N, W] from latents [N, Z] and labels [N] or shares [N, K]; in float32 whatever the autocast."""
        with torch.autocast(latents.device.type, enabled=False):
            features = latents
            if self.embedding is not None and labels is not None:
                shares = class_shares(labels, self.num_classes).to(self.embedding.dtype)
                features = torch.cat([latents, shares @ self.embedding], dim=1)
            features = pixel_norm(features)
            for layer in self.layers:
                features = leaky_relu(layer(features), SLOPE)
            return features


class StyleNorm(ImageNorm):
    """What AdaIN leaves of a map before it is scaled and shifted."""

    EPSILON = 1e-8


class Epilogue(nn.Module):
    """What follows a convolution: noise, bias, leaky ReLU, and AdaIN, which gives each channel its style's moments.

    Args:
        channels: C.
        style_dim: W.
        side: H and W of the map.
        noise: Whether there is noise.
    """

    constant: Tensor

    def __init__(self, channels: int, style_dim: int, side: int, noise: bool) -> None:
        super().__init__()
        self.strengths = nn.Parameter(torch.zeros(channels)) if noise else None
        if noise:
            self.register_buffer("constant", torch.randn(side, side))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.norm = StyleNorm(channels)
        self.style = EqualisedLinear(style_dim, 2 * channels)

    def forward(self, maps: Tensor, style: Tensor, noise: NoiseMode | Tensor) -> Tensor:
        """The same shape, [N, C, H, W], from maps, styles [N, W] and noise, such as [N, 1, H, W]."""
        if self.strengths is not None and (drawn := self._drawn(maps, noise)) is not None:
            maps = maps.addcmul(drawn.to(maps.dtype), self.strengths.to(maps.dtype)[:, None, None])  # keeps the layout
        maps = self.norm(leaky_relu(maps + self.bias.to(maps.dtype)[:, None, None], SLOPE))
        told: Tensor = self.style(style).to(maps.dtype)
        scales, shifts = told[:, :, None, None].chunk(2, dim=1)
        return maps * (1 + scales) + shifts

    def _drawn(self, maps: Tensor, noise: NoiseMode | Tensor) -> Tensor | None:
        if isinstance(noise, Tensor):
            return noise
        if noise == "random":
            return torch.randn(len(maps), 1, *maps.shape[2:], device=maps.device)
        return self.constant if noise == "const" else None


class StyledPair(nn.Module):
    """Two layers with a style each: a convolution that doubles the map, or the constant, and one that keeps it.

    Args:
        inputs: Channels in; 0 begins with the constant.
        outputs: Channels out.
        style_dim: W.
        side: Side of the map that comes out.
        noise: Whether there is noise.
    """

    def __init__(self, inputs: int, outputs: int, style_dim: int, side: int, noise: bool) -> None:
        super().__init__()
        self.doubling = DoublingConv2d(inputs, outputs, 3, ROOT_2, bias=False) if inputs else None
        self.blur = Blur() if inputs else nn.Identity()
        self.first = Epilogue(outputs, style_dim, side, noise)
        self.convolution = EqualisedConv2d(outputs, outputs, 3, ROOT_2, bias=False)
        self.second = Epilogue(outputs, style_dim, side, noise)

    def forward(self, maps: Tensor, styles: Tensor, noise: Sequence[NoiseMode | Tensor]) -> Tensor:
        """[N, inputs, H, W], styles [N, 2, W] and noise for both -> [N, outputs, 2H, 2W], or H, W where it begins."""
        if self.doubling is not None:
            maps = self.blur(self.doubling(maps))
        maps = self.convolution(self.first(maps, styles[:, 0], noise[0]))
        finished: Tensor = self.second(maps, styles[:, 1], noise[1])
        return finished


class StyleGANGenerator(StyledGenerator):
    """A mapping, and a synthesis that begins with a constant and is told the style of each layer.

    Args:
        image_size: Side of the square image in pixels, a power of two from 8 to 1,024.
        image_channels: C.
        latent_dim: Z.
        style_dim: W.
        mapping_depth: Layers of the mapping.
        channel_base: Channels times the map's side, up to `channel_max`.
        channel_max: Most channels.
        num_classes: K; 0 for none.
        noise: Whether each layer adds noise.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        style_dim: int,
        mapping_depth: int,
        channel_base: int,
        channel_max: int,
        num_classes: int = 0,
        noise: bool = True,
    ) -> None:
        sides = map_sides(image_size)
        widths = [min(channel_base // side, channel_max) for side in sides]
        twice = [side for side in sides for _ in range(2)]
        mapping = FirstMapping(latent_dim, style_dim, mapping_depth, num_classes)
        super().__init__(mapping, style_dim, twice, twice if noise else [])
        self.last = Stage(image_size)
        self.start = nn.Parameter(torch.ones(widths[0], SMALLEST, SMALLEST))
        self.blocks = nn.ModuleList(
            StyledPair(inputs, outputs, style_dim, side, noise)
            for inputs, outputs, side in zip([0, *widths], widths, sides, strict=False)
        )
        self.to_colours = nn.ModuleList(ToColours(width, image_channels) for width in widths)

    def synthesis(self, styles: Tensor, noise: Sequence[NoiseMode | Tensor], stage: Stage | None = None) -> Tensor:
        """Images [N, C, side, side] from styles [N, L, W] and the noise of each layer.

        Args:
            styles: One for each layer; those of layers that are not passed do nothing.
            noise: The same.
            stage: How far the network has grown; None passes all layers.
        """
        stage = stage or self.last
        maps = before = laid_out(self.start.expand(len(styles), -1, -1, -1), self.memory_format)
        for level, block in enumerate(self.blocks[: stage.level + 1]):
            two = slice(2 * level, 2 * level + 2)
            before, maps = maps, block(maps, styles[:, two], noise[two])
        return coloured(self.to_colours, before, maps, stage)


class StyleGANDiscriminator(ProgressiveDiscriminator):
    """The discriminator of progressive growing with blurs, and a logit for each class, of which the image's counts.

    Args:
        image_size: As for the generator.
        image_channels: C.
        channel_base: As for the generator.
        channel_max: As for the generator.
        deviation_group: Things that are compared; 0 compares none.
        num_classes: K; 0 for none.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        channel_base: int,
        channel_max: int,
        deviation_group: int = 4,
        num_classes: int = 0,
    ) -> None:
        sizes = (image_size, image_channels, channel_base, channel_max)
        super().__init__(*sizes, deviation_group, max(1, num_classes), Blur())
        self.num_classes = num_classes
        self.takes_labels = num_classes > 0

    def forward(  # type: ignore[override]
        self, images: Tensor, labels: Tensor | None = None, stage: Stage | None = None
    ) -> Tensor:
        """Logits [N] from images [N, C, side, side] and, if there are classes, labels [N] or shares [N, K]."""
        outputs = super().forward(images, stage)
        if labels is None:
            return outputs[:, 0]
        return (outputs * class_shares(labels, self.num_classes).to(outputs.dtype)).sum(dim=1)


def styles_for(stage: Stage) -> int:
    """How many layers are passed at a stage, each with a style."""
    return 2 * stage.level + 2
