"""pix2pix's generator: Isola et al. 2017, "Image-to-Image Translation with Conditional Adversarial Networks",
arXiv:1611.07004, appendix 6.1.1."""

from collections.abc import Iterator
from contextlib import contextmanager
from math import log2
from typing import Literal, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import dropout

from gan_cli.networks.layers import ImageNorm, Upsampling, forgo_missing_biases, upsampled

Norm = Literal["instance", "none"]

WIDEST = 8
"""The deepest layers have this many times the channels of the first one."""
NOISY_BLOCKS = 3
"""This many decoder blocks have dropout, from the bottleneck outwards."""


class UNet(nn.Module):
    """An encoder down to one pixel and a decoder back, with skips between layers of one size.

    At 256 pixels and 64 base channels this is the paper's network; smaller images leave out its innermost blocks, and
    dropout stays in those of full width. Normalisation takes the statistics of each image alone, in training and after
    it; there is none after the first and the innermost layer of the encoder: over one pixel there are no statistics.
    These two have no bias either, as in the authors' PyTorch code; without normalisation every layer has one.

    Args:
        image_size: Side of the images in pixels, a power of two from 64.
        source_channels: C of what goes in.
        target_channels: C of what comes out.
        base_channels: Channels of the first layer; 64 in the paper.
        dropout: Share of the values that dropout sets to 0; this is the network's only noise.
        upsampling: A strided deconvolution as in the paper, or nearest neighbours before a convolution.
        norm: "instance", or "none" for small images of one texture, which normalisation would erase: a channel that
            is the same everywhere becomes 0.
        quiet_blocks: Decoder blocks without dropout, from the bottleneck outwards, before those with it: 0 in the
            paper, 1 in the authors' PyTorch code.
        edge_bias: Whether the encoder's first and innermost layer have a bias although others are normalised.
    """

    def __init__(
        self,
        image_size: int = 256,
        source_channels: int = 3,
        target_channels: int = 3,
        base_channels: int = 64,
        dropout: float = 0.5,
        upsampling: Upsampling = "deconvolution",
        norm: Norm = "instance",
        quiet_blocks: int = 0,
        edge_bias: bool = False,
    ) -> None:
        super().__init__()
        normalises = norm == "instance"
        depth = int(log2(image_size))
        widths = [min(2**level, WIDEST) * base_channels for level in range(depth)]
        self.encoder = nn.ModuleList(
            _encoder_block(
                inputs,
                outputs,
                level > 0,
                normalises and 0 < level < depth - 1,
                bias=not normalises or (edge_bias and level in (0, depth - 1)),
            )
            for level, (inputs, outputs) in enumerate(zip([source_channels, *widths], widths, strict=False))
        )
        inner = widths[-2::-1]  # what the decoder's blocks make, from the bottleneck outwards
        self.decoder = nn.ModuleList()
        self.noise = Noise(dropout)
        inputs = widths[-1]
        for number, outputs in enumerate(inner):
            noisy = 0 <= number - quiet_blocks < NOISY_BLOCKS and outputs == WIDEST * base_channels
            flat = number == 0 and upsampling == "resize"  # one pixel repeated has no statistics either
            normalised = normalises and not flat
            block = [nn.ReLU(), *upsampled(inputs, outputs, upsampling, kernel=4, bias=not normalised)]
            block += [ImageNorm(outputs, affine=True)] * normalised
            self.decoder.append(nn.Sequential(*block, *[self.noise] * noisy))
            inputs = 2 * outputs
        self.last = nn.Sequential(nn.ReLU(), *upsampled(inputs, target_channels, upsampling, kernel=4), nn.Tanh())
        forgo_missing_biases(self)

    def forward(self, source: Tensor) -> Tensor:
        """Images [N, C', H, W] in [-1, 1] from images [N, C, H, W] of the network's size."""
        maps: list[Tensor] = []
        for block in self.encoder:
            source = block(source)
            maps.append(source)
        inner = maps.pop()
        for block in self.decoder:
            inner = torch.cat([block(inner), maps.pop()], dim=1)
        return cast(Tensor, self.last(inner))


class Noise(nn.Module):
    """Dropout that stays on after training, until it is switched off: it is pix2pix's noise.

    Args:
        share: Share of the values set to 0.
    """

    def __init__(self, share: float) -> None:
        super().__init__()
        self.share = share
        self.on = True

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        return dropout(inputs, self.share, training=self.on)

    @staticmethod
    @contextmanager
    def switched(network: nn.Module, on: bool) -> Iterator[None]:
        """Within the block, the noise of a network is on or off; afterwards it is on."""
        layers = [module for module in network.modules() if isinstance(module, Noise)]
        for layer in layers:
            layer.on = on
        try:
            yield
        finally:
            for layer in layers:
                layer.on = True


def _encoder_block(inputs: int, outputs: int, activated: bool, normalised: bool, bias: bool) -> nn.Sequential:
    layers: list[nn.Module] = [nn.LeakyReLU(0.2)] if activated else []
    layers.append(nn.Conv2d(inputs, outputs, 4, 2, 1, bias=bias))
    return nn.Sequential(*layers, *[ImageNorm(outputs, affine=True)] * normalised)
