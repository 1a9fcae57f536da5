"""The networks of Zhang et al. 2017, "StackGAN", arXiv:1612.03242, and of "StackGAN++", arXiv:1710.10916, as in the
authors' PyTorch code."""

from typing import NamedTuple, cast

import torch
from torch import Tensor, nn

from gan_cli.networks.dcgan import FIRSTS, WIDEST
from gan_cli.networks.layers import GatedLinear, in_float32, initialise
from gan_cli.networks.layouts import FirstMap, laid_out
from gan_cli.networks.sizes import maps_of

SLOPE = 0.2
NARROWEST = 8
"""A discriminator's last map has at most this many times its first layer's channels."""


class Condition(NamedTuple):
    """What a generator takes of a sentence: a draw from a normal distribution that depends on it.

    Attributes:
        drawn: [N, C].
        mean: Of the distribution, [N, C].
        log_variance: The logarithms of its variances, [N, C].
    """

    drawn: Tensor
    mean: Tensor
    log_variance: Tensor


class Stacked(NamedTuple):
    """What a generator makes of latents and sentences.

    Attributes:
        images: From the smallest to the largest, [N, C, H, W] each, in [-1, 1].
        condition: What the last of them was made of.
    """

    images: tuple[Tensor, ...]
    condition: Condition


class ConditioningAugmentation(nn.Module):
    """A sentence's vector as a normal distribution, which the condition is drawn from (arXiv:1612.03242, section 3.2).

    Args:
        embedding_dim: E, of a sentence's vector.
        condition_dim: C.
        gated: Whether mean and logarithm of the variance come out of a gated linear unit.
    """

    def __init__(self, embedding_dim: int, condition_dim: int, gated: bool) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Linear(embedding_dim, 2 * condition_dim * (1 + gated))]
        self.layers = nn.Sequential(*layers, *([GatedLinear()] if gated else []))

    def forward(self, told: Tensor, noise: Tensor) -> Condition:
        """Conditions from sentences' vectors [N, E] and noise [N, C] of N(0, 1)."""
        mean, log_variance = self.layers(told).chunk(2, dim=1)
        return Condition(mean + (log_variance / 2).exp() * noise, mean, log_variance)

    def mean(self, told: Tensor) -> Tensor:
        """The means of sentences' vectors, [N, C]."""
        return cast(Tensor, self.layers(told).chunk(2, dim=1)[0])


class Joined(nn.Module):
    """Maps with a condition at each of their places, in the network's memory layout."""

    def __init__(self) -> None:
        super().__init__()
        self.memory_format = torch.contiguous_format

    def forward(self, maps: Tensor, condition: Tensor) -> Tensor:
        """[N, K + C, H, W] from maps [N, K, H, W] and conditions [N, C]."""
        everywhere = condition[:, :, None, None].expand(-1, -1, *maps.shape[2:])
        return torch.cat([maps, laid_out(everywhere, self.memory_format)], dim=1)


class SelfAdding(nn.Module):
    """x + f(x) of two convolutions (He et al. 2016, arXiv:1512.03385).

    Args:
        channels: C.
        gated: Whether f is gated; otherwise ReLU is in it and behind the sum.
    """

    def __init__(self, channels: int, gated: bool) -> None:
        super().__init__()
        last = [nn.Conv2d(channels, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)]
        self.layers = nn.Sequential(*convolved(channels, channels, gated), *last)
        self.activation = nn.Identity() if gated else nn.ReLU()

    def forward(self, maps: Tensor) -> Tensor:
        """The same shape, [N, C, H, W]."""
        return cast(Tensor, self.activation(maps + self.layers(maps)))


class FirstMaps(nn.Module):
    """Maps from noise and a condition: a small one, doubled several times, as long as there is no image yet.

    Args:
        inputs: Of both together.
        first: Side of the smallest map.
        doublings: How often it is doubled.
        channels: Of the last map; doubled with each halving of the side.
        gated: Whether activations are gated linear units instead of ReLU.
    """

    def __init__(self, inputs: int, first: int, doublings: int, channels: int, gated: bool) -> None:
        super().__init__()
        widths = [channels * min(2**level, WIDEST) for level in range(doublings + 1)][::-1]
        numbers = widths[0] * first**2
        begin = [nn.Linear(inputs, numbers * (1 + gated), bias=False), nn.BatchNorm1d(numbers * (1 + gated))]
        layers = [*begin, activation(gated), FirstMap(widths[0], first)]
        for narrow, wide in zip(widths[1:], widths, strict=False):
            layers += doubled(wide, narrow, gated)
        self.layers = nn.Sequential(*layers)

    def forward(self, latents: Tensor, condition: Tensor) -> Tensor:
        """Maps [N, channels, H, W] from noise [N, Z] and conditions [N, C]."""
        return cast(Tensor, self.layers(torch.cat([condition, latents], dim=1)))


class StageOne(nn.Module):
    """Small images from noise and sentences.

    Args:
        first: Side of the smallest map.
        doublings: How often it is doubled.
        image_channels: Of the images.
        latent_dim: Z.
        embedding_dim: E, of a sentence's vector.
        condition_dim: C.
        base_channels: Twice the channels of the layer next to the image; doubled with each halving of the map.
    """

    def __init__(
        self,
        first: int,
        doublings: int,
        image_channels: int,
        latent_dim: int,
        embedding_dim: int,
        condition_dim: int,
        base_channels: int,
    ) -> None:
        super().__init__()
        channels = max(1, base_channels // 2)
        self.augmentation = ConditioningAugmentation(embedding_dim, condition_dim, gated=False)
        self.maps = FirstMaps(latent_dim + condition_dim, first, doublings, channels, gated=False)
        self.image = image_of(channels, image_channels)

    def forward(self, latents: Tensor, noise: Tensor, told: Tensor) -> Stacked:
        """One image each, from latents [N, Z], noise for the condition [N, C] and sentences' vectors [N, E]."""
        condition = self.augmentation(told, noise)
        return Stacked((self.image(self.maps(latents, condition.drawn)),), condition)


class StageTwo(nn.Module):
    """Large images from small ones and sentences.

    The small image is made smaller to a quarter of its side, joined with the condition, and enlarged.

    Args:
        doublings: From that quarter to the large image.
        image_channels: Of the images.
        embedding_dim: E, of a sentence's vector.
        condition_dim: C.
        base_channels: Channels of the first layer, a quarter of those of the smallest map.
        num_residual: Residual blocks at that map.
    """

    def __init__(
        self,
        doublings: int,
        image_channels: int,
        embedding_dim: int,
        condition_dim: int,
        base_channels: int,
        num_residual: int,
    ) -> None:
        super().__init__()
        self.augmentation = ConditioningAugmentation(embedding_dim, condition_dim, gated=False)
        layers: list[nn.Module] = [nn.Conv2d(image_channels, base_channels, 3, padding=1, bias=False), nn.ReLU()]
        for narrow in (base_channels, 2 * base_channels):
            smaller = nn.Conv2d(narrow, 2 * narrow, 4, 2, 1, bias=False)
            layers += [smaller, nn.BatchNorm2d(2 * narrow), nn.ReLU()]
        self.joined = Joined()
        self.encoder = nn.Sequential(*layers)
        width = 4 * base_channels
        layers = [*convolved(condition_dim + width, width, gated=False)]
        layers += [SelfAdding(width, gated=False) for _ in range(num_residual)]
        for _ in range(doublings):
            layers += doubled(width, max(1, width // 2), gated=False)
            width = max(1, width // 2)
        self.layers = nn.Sequential(*layers)
        self.image = image_of(width, image_channels)

    def forward(self, small: Tensor, noise: Tensor, told: Tensor) -> Stacked:
        """Both images of each, from small ones, noise for the condition [N, C] and sentences' vectors [N, E]."""
        condition = self.augmentation(told, noise)
        image = self.image(self.layers(self.joined(self.encoder(small), condition.drawn)))
        return Stacked((small, image), condition)


class StackGANGenerator(nn.Module):
    """Two stages, the second of which makes large images of the first one's.

    Args:
        image_size: Side of the large images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: Of the images.
        scale: How many times the side of small ones that is.
        latent_dim: Z.
        embedding_dim: E, of a sentence's vector.
        condition_dim: C, of the condition of each stage.
        base_channels: Of both stages, see there.
        num_residual: Residual blocks of the second.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        scale: int,
        latent_dim: int,
        embedding_dim: int,
        condition_dim: int = 128,
        base_channels: int = 128,
        num_residual: int = 4,
    ) -> None:
        super().__init__()
        self.dims = (latent_dim, condition_dim, condition_dim)
        maps, more = maps_of(image_size, FIRSTS), scale.bit_length() - 1
        sizes = (embedding_dim, condition_dim, base_channels)
        self.first = StageOne(maps.first, maps.doublings - more, image_channels, latent_dim, *sizes)
        self.second = StageTwo(more + 2, image_channels, *sizes, num_residual)
        self.apply(initialise)

    def forward(self, latents: Tensor, told: Tensor, second: bool) -> Stacked:
        """Images of the first stage, or of both.

        Args:
            latents: Noise for images and for the conditions of both stages, [N, Z + 2 C].
            told: Sentences' vectors, [N, E].
            second: Whether the second is wanted; while it is trained, the first has no gradient.
        """
        start, noise, more = latents.split(self.dims, dim=1)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not (second and self.training)):
            made: Stacked = self.first(start, noise, told)
        return cast(Stacked, self.second(made.images[0], more, told)) if second else made

    def mean(self, told: Tensor, second: bool) -> Tensor:
        """The means that a stage makes of sentences' vectors, [N, C]."""
        return (self.second if second else self.first).augmentation.mean(told)


class NextMaps(nn.Module):
    """Maps of twice the side from maps and a condition.

    Args:
        channels: In; half of them go out.
        condition_dim: C.
        num_residual: Residual blocks.
    """

    def __init__(self, channels: int, condition_dim: int, num_residual: int) -> None:
        super().__init__()
        self.joined = Joined()
        layers = [*convolved(channels + condition_dim, channels, gated=True)]
        layers += [SelfAdding(channels, gated=True) for _ in range(num_residual)]
        self.layers = nn.Sequential(*layers, *doubled(channels, max(1, channels // 2), gated=True))

    def forward(self, maps: Tensor, condition: Tensor) -> Tensor:
        """Maps [N, K / 2, 2 H, 2 W] from maps [N, K, H, W] and conditions [N, C]."""
        return cast(Tensor, self.layers(self.joined(maps, condition)))


class StackGANppGenerator(nn.Module):
    """A chain of maps that each give an image, every one twice as large as the one before.

    Args:
        image_size: Side of the largest images in pixels, from 16 to 256: 4, 5, 6 or 7, doubled several times.
        image_channels: Of the images.
        num_scales: How many images.
        latent_dim: Z.
        embedding_dim: E, of a sentence's vector.
        condition_dim: C.
        base_channels: Channels of the smallest image's maps; halved from each image to the next.
        num_residual: Residual blocks before each further image.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        num_scales: int,
        latent_dim: int,
        embedding_dim: int,
        condition_dim: int = 128,
        base_channels: int = 64,
        num_residual: int = 2,
    ) -> None:
        super().__init__()
        self.dims = (latent_dim, condition_dim)
        maps = maps_of(image_size, FIRSTS)
        widths = [max(1, base_channels >> scale) for scale in range(num_scales)]
        self.augmentation = ConditioningAugmentation(embedding_dim, condition_dim, gated=True)
        doublings = maps.doublings - num_scales + 1
        self.first = FirstMaps(latent_dim + condition_dim, maps.first, doublings, base_channels, gated=True)
        self.following = nn.ModuleList(NextMaps(width, condition_dim, num_residual) for width in widths[:-1])
        self.images = nn.ModuleList(image_of(width, image_channels) for width in widths)
        self.apply(initialise)

    def forward(self, latents: Tensor, told: Tensor) -> Stacked:
        """Images of all sizes.

        Args:
            latents: Noise for images and for their condition, [N, Z + C].
            told: Sentences' vectors, [N, E].
        """
        start, noise = latents.split(self.dims, dim=1)
        condition = self.augmentation(told, noise)
        maps = [self.first(start, condition.drawn)]
        for layers in self.following:
            maps.append(layers(maps[-1], condition.drawn))
        return Stacked(tuple(image(own) for image, own in zip(self.images, maps, strict=True)), condition)


class StackedDiscriminator(nn.Module):
    """Whether images are real and go with conditions, and whether they are real.

    Args:
        image_size: Side of the images in pixels: that of the smallest map, doubled once at least.
        image_channels: Of the images.
        first: Side of the smallest map.
        condition_dim: C.
        base_channels: Channels of the first layer; doubled with each halving of the map.
        alone: Whether images are also judged alone.
    """

    def __init__(
        self,
        image_size: int,
        image_channels: int,
        first: int,
        condition_dim: int = 128,
        base_channels: int = 64,
        alone: bool = True,
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        inputs = image_channels
        for level in range((image_size // first).bit_length() - 1):
            width = base_channels << level
            layers += [nn.Conv2d(inputs, width, 4, 2, 1, bias=False)]
            layers += [*([nn.BatchNorm2d(width)] if level else []), nn.LeakyReLU(SLOPE)]
            inputs = width
        while inputs > NARROWEST * base_channels:
            layers += judged(inputs, inputs // 2)
            inputs //= 2
        self.layers = nn.Sequential(*layers)
        self.joined = Joined()
        self.joint = nn.Sequential(*judged(inputs + condition_dim, inputs))
        self.head = nn.Conv2d(inputs, 1, first)
        self.alone = nn.Conv2d(inputs, 1, first) if alone else None
        self.apply(initialise)

    def forward(self, images: Tensor, *conditions: Tensor) -> Tensor:
        """Logits [N, K] of images [N, C, H, W] with each of some conditions [N, C]; the last ones are those alone."""
        maps = self.layers(images)
        logits = [in_float32(self.head, self.joint(self.joined(maps, condition))) for condition in conditions]
        if self.alone is not None:
            logits.append(in_float32(self.alone, maps))
        return torch.cat([each.flatten(1) for each in logits], dim=1)


def activation(gated: bool) -> nn.Module:
    """What follows a normalisation: a gated linear unit, which halves the channels, or ReLU."""
    return GatedLinear() if gated else nn.ReLU()


def convolved(inputs: int, outputs: int, gated: bool) -> list[nn.Module]:
    """Layers that keep the side, [N, inputs, H, W] -> [N, outputs, H, W]."""
    width = outputs * (1 + gated)
    return [nn.Conv2d(inputs, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), activation(gated)]


def doubled(inputs: int, outputs: int, gated: bool) -> list[nn.Module]:
    """Layers that double the side, [N, inputs, H, W] -> [N, outputs, 2 H, 2 W]."""
    return [nn.Upsample(scale_factor=2, mode="nearest"), *convolved(inputs, outputs, gated)]


def judged(inputs: int, outputs: int) -> list[nn.Module]:
    """Layers of a discriminator that keep the side, [N, inputs, H, W] -> [N, outputs, H, W]."""
    return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.LeakyReLU(SLOPE)]


def image_of(channels: int, image_channels: int) -> nn.Sequential:
    """The image of maps, [N, channels, H, W] -> [N, image_channels, H, W] in [-1, 1]."""
    return nn.Sequential(nn.Conv2d(channels, image_channels, 3, padding=1, bias=False), nn.Tanh())
