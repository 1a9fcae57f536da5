"""The networks of Clark et al. 2019, "Adversarial Video Generation on Complex Datasets", arXiv:1907.06571, section 3.1
and appendix A: BigGAN's, with a recurrent layer at each resolution and two discriminators. Widths are BigGAN's."""

from functools import partial
from itertools import pairwise
from typing import cast

import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool3d, conv2d, conv3d, pad

from gan_cli.networks.biggan import SharedEmbedding
from gan_cli.networks.heads import Discriminator, ProjectionDiscriminator
from gan_cli.networks.layers import ClassSequential
from gan_cli.networks.layouts import FirstMap, laid_out
from gan_cli.networks.resnet import ResidualBlock
from gan_cli.networks.sagan import DISCRIMINATOR, FIRST, GENERATOR, KEEPING, SMALL, SAGANBody, widths_of

DEEP = 2
"""So many first blocks of the temporal discriminator look at several frames at once."""


class FrameNorm(nn.Module):
    """Batch normalisation of the maps of frames, with a scale and a shift that are linear in what a video is told.

    Each time step has statistics of its own, so that none passes something to another by them (appendix A).

    Args:
        channels: C.
        frames: T.
        told: E, numbers in what a video is told.
    """

    takes_classes = True

    def __init__(self, channels: int, frames: int, told: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels, affine=False) for _ in range(frames))
        self.gain = nn.Linear(told, channels, bias=False)
        self.shift = nn.Linear(told, channels, bias=False)

    def forward(self, inputs: Tensor, told: Tensor) -> Tensor:
        """The same shape as the inputs, [T * N, C, H, W], all videos' first frames first; told is [N, E]."""
        gain, shift = (layer(told)[:, :, None, None] for layer in (self.gain, self.shift))
        steps = zip(self.norms, inputs.chunk(len(self.norms)), strict=True)
        return torch.cat([norm(maps) * (1 + gain) + shift for norm, maps in steps])


class ConvGRU(nn.Module):
    """A gated recurrent unit whose states are maps; it reads a map for each frame, and begins with a state of zeros.

    Ballas et al. 2016, arXiv:1511.06432; as in the paper the candidate for the next state goes through ReLU. What is
    read and what is remembered have convolutions of their own, so that all frames are read at once.

    Args:
        channels: C.
        frames: T.
    """

    GATES = 3
    """Reset, update and the candidate."""

    def __init__(self, channels: int, frames: int) -> None:
        super().__init__()
        convolution = partial(nn.Conv2d, channels, channels, 3, padding=1)
        self.frames = frames
        self.read = nn.ModuleList(convolution() for _ in range(self.GATES))
        self.remembered = nn.ModuleList(convolution(bias=False) for _ in range(self.GATES))

    def forward(self, inputs: Tensor, same: bool = False) -> Tensor:
        """The states after each frame, [T * N, C, H, W], all videos' first ones first.

        Args:
            inputs: Maps to read, of the same shape.
            same: Whether they are [N, C, H, W], and all frames read the same.
        """
        read = [[layer(inputs)] * self.frames if same else layer(inputs).chunk(self.frames) for layer in self.read]
        # of the layer, a weight would be divided by its singular value again for every frame
        *gates, candidate = (cast(Tensor, layer.weight) for layer in self.remembered)
        both = torch.cat(gates)
        state, states = torch.zeros_like(read[0][0]), []
        for resets, updates, coming in zip(*read, strict=True):
            for_reset, for_update = conv2d(state, both, padding=1).chunk(2, 1)
            reset, update = torch.sigmoid(resets + for_reset), torch.sigmoid(updates + for_update)
            new = torch.relu(coming + conv2d(reset * state, candidate, padding=1))
            state = update * state + (1 - update) * new
            states.append(state)
        return torch.cat(states)


class DVDGANGenerator(nn.Module):
    """Videos from noise and a class: a first map, which all frames share, then stages that double it.

    A stage is a recurrent layer over time and two residual blocks on each frame, the second of which doubles the map.

    Args:
        num_frames: T.
        image_size: Side of the frames in pixels, a power of two from 32 to 512.
        image_channels: C.
        latent_dim: Z, 120 in the paper.
        base_channels: Channels next to the video at 128 pixels; a quarter of all widths up to 32 pixels.
        num_classes: K; 0 for a generator without classes.
        embedding_dim: E, numbers of a class's embedding, 120 in the paper.
    """

    def __init__(
        self,
        num_frames: int,
        image_size: int,
        image_channels: int,
        latent_dim: int,
        base_channels: int,
        num_classes: int,
        embedding_dim: int,
    ) -> None:
        super().__init__()
        self.frames = num_frames
        self.embedding = SharedEmbedding(num_classes, embedding_dim)
        told = self.embedding.width + latent_dim
        widths = [base_channels * width for width in widths_of(GENERATOR, image_size)]
        norm = partial(_norm, frames=num_frames, told=told)
        self.first = nn.Sequential(nn.Linear(told, FIRST**2 * widths[0]), FirstMap(widths[0], FIRST))
        self.recurrent = nn.ModuleList(ConvGRU(width, num_frames) for width in widths[:-1])
        self.blocks = nn.ModuleList(
            ClassSequential(
                ResidualBlock(inputs, inputs, norm, "relu"), ResidualBlock(inputs, outputs, norm, "relu", "up")
            )
            for inputs, outputs in pairwise(widths)
        )
        last = nn.Conv2d(widths[-1], image_channels, 3, padding=1)
        self.last = ClassSequential(*norm(widths[-1]), nn.ReLU(), last, nn.Tanh())

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        """Videos [N, C, T, H, W] in [-1, 1] from latents [N, Z] and labels, int64 [N] or shares [N, K]."""
        told = self.embedding(latents, labels)
        maps = self.first(told)
        for number, (recurrent, blocks) in enumerate(zip(self.recurrent, self.blocks, strict=True)):
            maps = blocks(recurrent(maps, same=number == 0), told)
        frames = self.last(maps, told).unflatten(0, (self.frames, -1))
        return cast(Tensor, frames.permute(1, 2, 0, 3, 4).contiguous())


class DVDGANDiscriminator(nn.Module):
    """Whether frames look real, and whether they follow each other as real ones do: two networks.

    Args:
        image_size: Side of the frames in pixels, a power of two from 32 to 512.
        image_channels: C.
        base_channels: As for the generator.
        num_classes: K; 0 for discriminators without classes.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int, num_classes: int) -> None:
        super().__init__()
        self.spatial = _judge(SAGANBody(image_size, image_channels, base_channels, attention=0), num_classes)
        self.temporal = _judge(TemporalBody(image_size // 2, image_channels, base_channels), num_classes)
        self.memory_format = torch.contiguous_format

    def forward(self, videos: Tensor, frames: Tensor, labels: Tensor | None = None) -> Tensor:
        """Logits [N, 2]: the sum of those of single frames, and that of all frames at half of their size.

        Args:
            videos: [N, C, T, H, W] in [-1, 1].
            frames: Which frames of each video are looked at one by one, int64 [N, k].
            labels: int64 [N], or shares [N, K]; only where there are classes.
        """
        count = frames.shape[1]
        chosen = videos.transpose(1, 2)[torch.arange(len(videos), device=videos.device)[:, None], frames]
        told = [] if labels is None else [labels]
        each = self.spatial(
            laid_out(chosen.flatten(0, 1), self.memory_format), *(one.repeat_interleave(count, 0) for one in told)
        )
        temporal = self.temporal(avg_pool3d(videos, (1, 2, 2)), *told)
        return torch.stack([each.unflatten(0, (-1, count)).sum(1), temporal], 1)


class TemporalBody(nn.Module):
    """Features of videos: two blocks of 3-D convolutions, then blocks that look at frames, and the sum over all places.

    The paper does not say whether the first two halve time as they halve space, nor what becomes of the time steps that
    are left: here they do, and features are means of these.

    Args:
        image_size: Side of the frames in pixels, a power of two from 16 to 256.
        image_channels: C.
        base_channels: As for the generator.
    """

    def __init__(self, image_size: int, image_channels: int, base_channels: int) -> None:
        super().__init__()
        widths = [image_channels, *(base_channels * width for width in widths_of(DISCRIMINATOR, image_size))]
        halving = len(widths) - 1 - (KEEPING if image_size <= SMALL else 1)
        ends = list(enumerate(pairwise(widths)))
        self.deep = nn.Sequential(
            *(DeepBlock(*widening, number < halving, first=number == 0) for number, widening in ends[:DEEP])
        )
        self.flat = nn.Sequential(
            *(
                ResidualBlock(*widening, "none", "relu", "down" if number < halving else "none")
                for number, widening in ends[DEEP:]
            ),
            nn.ReLU(),
        )
        self.feature_dim = widths[-1]

    def forward(self, videos: Tensor) -> Tensor:
        """Features [N, F] from videos [N, C, T, H, W] in [-1, 1]."""
        maps = self.deep(videos).transpose(1, 2)
        features = self.flat(maps.flatten(0, 1)).sum(dim=(2, 3))
        return cast(Tensor, features.unflatten(0, maps.shape[:2]).mean(1))


class Halving(nn.Module):
    """Means over two frames and 2x2 pixels; of an odd number of frames, the last one stays alone."""

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, C, T, H, W] -> [N, C, T', H / 2, W / 2]."""
        return avg_pool3d(inputs, (min(2, inputs.shape[2]), 2, 2), ceil_mode=True)


class SpaceTimeConvolution(nn.Conv3d):
    """A 3x3x3 convolution, which pads two frames with zeros itself.

    On CPUs with units for bfloat16, PyTorch 2.15 makes the gradient of the weights of unset memory where two frames are
    padded to four by the convolution.
    """

    def forward(self, input: Tensor) -> Tensor:
        """[N, C, T, H, W] -> [N, C', T, H, W]."""
        if input.shape[2] != 2:
            return super().forward(input)
        return conv3d(pad(input, (0, 0, 0, 0, 1, 1)), self.weight, self.bias, padding=(0, 1, 1))


class DeepBlock(nn.Module):
    """A residual block of 3x3x3 convolutions, without normalisation.

    Args:
        inputs: Channels in.
        outputs: Channels out.
        halves: Whether space and time are halved.
        first: The block sees the video itself: no activation in front.
    """

    def __init__(self, inputs: int, outputs: int, halves: bool, first: bool) -> None:
        super().__init__()
        halved = [Halving()] if halves else []
        self.path = nn.Sequential(
            *([] if first else [nn.ReLU()]),
            SpaceTimeConvolution(inputs, outputs, 3, padding=1),
            nn.ReLU(),
            SpaceTimeConvolution(outputs, outputs, 3, padding=1),
            *halved,
        )
        widened = [nn.Conv3d(inputs, outputs, 1)] if halves or inputs != outputs else []
        self.shortcut = nn.Sequential(*halved, *widened)

    def forward(self, inputs: Tensor) -> Tensor:
        """[N, inputs, T, H, W] -> [N, outputs, T', H', W']."""
        return cast(Tensor, self.path(inputs) + self.shortcut(inputs))


def _norm(channels: int, frames: int, told: int) -> list[nn.Module]:
    return [FrameNorm(channels, frames, told)]


def _judge(body: nn.Module, num_classes: int) -> nn.Module:
    return ProjectionDiscriminator(body, num_classes) if num_classes else Discriminator(body)
