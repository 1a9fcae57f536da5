"""The outputs of each layer of a discriminator, pooled to one size and laid out in a row."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.nn.functional import adaptive_max_pool2d, adaptive_max_pool3d

from gan_cli.networks.layers import Gate, Maxout, ShiftedSoftplus
from gan_cli.networks.progressive_gan import HalvingBlock
from gan_cli.networks.r3gan import R3GANBlock
from gan_cli.networks.resnet import ResidualBlock
from gan_cli.networks.resnet101 import BottleneckBlock
from gan_cli.networks.stylegan2 import StyleGAN2Block
from gan_cli.networks.wgan_gp_resnet import PreActivationBlock

BLOCKS = (ResidualBlock, PreActivationBlock, BottleneckBlock, R3GANBlock, HalvingBlock, StyleGAN2Block)
LAYERS = (nn.ReLU, nn.LeakyReLU, nn.Tanh, ShiftedSoftplus, Gate, Maxout, *BLOCKS)
"""The layers whose outputs are taken: each activation, and each residual or halving block as a whole."""

POOLED = 4
"""Larger maps are pooled to this many pixels a side."""


def feature_layers(network: nn.Module) -> list[nn.Module]:
    """The layers whose outputs are features, in the order in which they were made; none within a block.

    A network of whose layers its paper takes some alone says which by `probed_layers()`.
    """
    if hasattr(network, "probed_layers"):
        return list(cast(Any, network).probed_layers())
    found: list[nn.Module] = []
    for layer in network.children():
        found += [layer] if isinstance(layer, LAYERS) else feature_layers(layer)
    return found


@contextmanager
def layer_outputs(network: nn.Module) -> Iterator[list[Tensor]]:
    """Within the block, the list gets the outputs of `feature_layers` at each pass; empty it between two passes."""
    outputs: list[Tensor] = []
    handles = [
        layer.register_forward_hook(lambda _, inputs, output: outputs.append(output))
        for layer in feature_layers(network)
    ]
    try:
        yield outputs
    finally:
        for handle in handles:
            handle.remove()


def pooled_side(network: nn.Module) -> int:
    """To how many pixels a side larger maps are pooled: `POOLED`, or what the network's paper says (`probed_side`)."""
    return next((int(part.probed_side) for part in network.modules() if hasattr(part, "probed_side")), POOLED)  # type: ignore[arg-type]


def pooled_row(outputs: list[Tensor], side: int = POOLED) -> Tensor:
    """Features of several layers in a row, [N, F], float32.

    Radford et al. 2016, "Unsupervised Representation Learning with Deep Convolutional Generative Adversarial Networks",
    arXiv:1511.06434, section 5.1: maps are max-pooled to 4x4, flattened and concatenated.

    Args:
        outputs: Maps [N, C, H, W] or [N, C, D, H, W], whose smaller sides stay as they are, or hidden units [N, C].
        side: To how many pixels a side they are pooled.
    """
    return torch.cat([_pooled(output.float(), side).flatten(1) for output in outputs], dim=1)


def _pooled(output: Tensor, most: int) -> Tensor:
    sides = [min(most, side) for side in output.shape[2:]]
    pool = {2: adaptive_max_pool2d, 3: adaptive_max_pool3d}.get(len(sides))
    return output if pool is None else pool(output, sides)
