"""Networks of the authors of CycleGAN and pix2pix, as their PyTorch code saves them (`latest_net_G.pth`).

Zhu et al. 2017, arXiv:1703.10593; Isola et al. 2017, arXiv:1611.07004; github.com/junyanz/pytorch-CycleGAN-and-pix2pix,
models/networks.py. Their programs keep batch normalisation in training mode when they translate one image at a time,
so that it takes the image's own statistics, as ours does; running ones are never used.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.reading import Source
from gan_cli.imports.tables import STATISTICS, Layers, Network, numbers_of, renamed, shape_of
from gan_cli.networks.patchgan import STRIDED_LAYERS

DOWN, UP = 2, 2
"""Layers of a residual translator that halve an image, and that double it."""
FIRST_BLOCK = 10
"""The number of the first residual block."""


class Generator(NamedTuple):
    """A translator of a file.

    Attributes:
        network: Its weights.
        architecture: "unet" or "resnet".
        source_channels: C of what goes in.
        target_channels: C of what comes out.
        base_channels: Channels of the first layer.
        num_blocks: Residual blocks, or halvings of a U-Net.
        noisy: Whether dropout lies between the convolutions of a block; None where the file cannot tell.
        edge_bias: Whether the encoder's first and innermost layer of a U-Net have a bias.
    """

    network: Network
    architecture: str
    source_channels: int
    target_channels: int
    base_channels: int
    num_blocks: int
    noisy: bool | None
    edge_bias: bool


class Discriminator(NamedTuple):
    """A PatchGAN of a file.

    Attributes:
        network: Its weights.
        image_channels: C of what it judges.
        base_channels: Channels of the first layer.
        patch_size: Side of what an output sees.
    """

    network: Network
    image_channels: int
    base_channels: int
    patch_size: int


def is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    """Whether a file's network is a PatchGAN: its layers are numbered, and the last one gives one map."""
    weights = numbers_of(tensors, "model.", "weight")
    last = f"model.{weights[-1]}.weight" if weights else ""
    return bool(weights) and tensors[last].ndim == 4 and tensors[last].shape[0] == 1 and tensors[last].shape[2] == 4


def generator_of(source: Source, affine: bool) -> Generator:
    """The translator of a file.

    Args:
        source: The file.
        affine: Whether ours learns a scale and a shift in normalisation; where the file's does not, they are 1 and 0.

    Raises:
        UserError: If there is none in it.
    """
    tensors = source.tensors()
    if any(name.startswith("model.model.") for name in tensors):
        return _unet(source, tensors)
    if "model.1.weight" in tensors and f"model.{FIRST_BLOCK}.conv_block.1.weight" in tensors:
        return _resnet(source, tensors, affine)
    raise UserError(
        f"import: {source.path} holds no generator of CycleGAN's authors: neither model.1.weight and "
        f"model.{FIRST_BLOCK}.conv_block.1.weight (ResNet) nor model.model.0.weight (U-Net)"
    )


def _resnet(source: Source, tensors: dict[str, Tensor], affine: bool) -> Generator:
    blocks = [number for number in numbers_of(tensors, "model.") if f"model.{number}.conv_block.1.weight" in tensors]
    second = (
        6
        if f"model.{FIRST_BLOCK}.conv_block.6.weight" in tensors
        and (tensors[f"model.{FIRST_BLOCK}.conv_block.6.weight"].ndim == 4)
        else 5
    )
    end = FIRST_BLOCK + len(blocks)
    convolutions: Layers = [
        ("model.1", "layers.0"),
        ("model.4", "layers.3"),
        ("model.7", "layers.6"),
        *(
            (f"model.{number}.conv_block.{there}", f"layers.{number - 1}.layers.{here}")
            for number in blocks
            for there, here in ((1, 0), (second, second - 2))
        ),
        (f"model.{end}", f"layers.{end - 1}"),
        (f"model.{end + 3}", f"layers.{end + 2}"),
    ]
    norms = [(_next(there), _next(here)) for there, here in convolutions]
    last = (f"model.{end + 7}", f"layers.{end + 5}")
    tensors, dropped = _normalised(tensors, convolutions, norms, affine)
    base, channels, *_ = shape_of(source.path, tensors, "model.1.weight", 4)
    made = shape_of(source.path, tensors, f"{last[0]}.weight", 4)[0]
    network = renamed(source.path, tensors, [*convolutions, *norms, last], dropped)
    return Generator(network, "resnet", channels, made, base, len(blocks), second == 6, False)


def _unet(source: Source, tensors: dict[str, Tensor]) -> Generator:
    """A U-Net, whose blocks lie in each other; each has its halving first, and its doubling behind the inner ones."""
    depth, block = 1, "model.model"
    downs, ups = [f"{block}.0"], [f"{block}.3"]
    block = f"{block}.1.model"
    while f"{block}.3.model.1.weight" in tensors:
        downs, ups, depth = [*downs, f"{block}.1"], [*ups, f"{block}.5"], depth + 1
        block = f"{block}.3.model"
    downs, ups, depth = [*downs, f"{block}.1"], [*ups, f"{block}.3"], depth + 1
    encoder = [(there, f"encoder.{level}.{int(level > 0)}") for level, there in enumerate(downs)]
    decoder = [(there, f"decoder.{depth - 1 - level}.1") for level, there in enumerate(ups) if level]
    last = (ups[0], "last.1")
    normalised = [*encoder[1:-1], *decoder]
    norms = [(_next(there), _next(here)) for there, here in normalised]
    base, channels, *_ = shape_of(source.path, tensors, f"{downs[0]}.weight", 4)
    made = shape_of(source.path, tensors, f"{last[0]}.weight", 4)[1]
    edge_bias = f"{downs[0]}.bias" in tensors
    tensors = (
        tensors
        | {
            name: torch.cat(tensors[name].chunk(2)[::-1])  # they have what the encoder hands over first, we second
            for name in (f"{there}.weight" for there in ups[:-1])
            if name in tensors
        }
    )
    tensors, dropped = _normalised(tensors, normalised, norms, affine=True)
    network = renamed(source.path, tensors, [*encoder, *decoder, last, *norms], dropped)
    return Generator(network, "unet", channels, made, base, depth, None, edge_bias)


def discriminator_of(source: Source, affine: bool) -> Discriminator:
    """The PatchGAN of a file.

    Args:
        source: The file.
        affine: Whether ours learns a scale and a shift in normalisation.

    Raises:
        UserError: If it sees patches of a size that is not known.
    """
    tensors = source.tensors()
    layers = [
        number for number in numbers_of(tensors, "model.", "weight") if tensors[f"model.{number}.weight"].ndim == 4
    ]
    sizes = {strided: size for size, strided in STRIDED_LAYERS.items()}
    size = sizes.get(len(layers) - 2)
    if size is None:
        raise UserError(f"import: {source.path} holds a discriminator of {len(layers)} layers; take one of 3 to 7")
    convolutions = [(f"model.{number}", f"layers.{number}") for number in layers]
    inner = convolutions[1:-1]
    norms = [(_next(there), _next(here)) for there, here in inner]
    tensors, dropped = _normalised(tensors, inner, norms, affine)
    base, channels, *_ = shape_of(source.path, tensors, "model.0.weight", 4)
    return Discriminator(renamed(source.path, tensors, [*convolutions, *norms], dropped), channels, base, size)


def _normalised(
    tensors: dict[str, Tensor], convolutions: Layers, norms: Layers, affine: bool
) -> tuple[dict[str, Tensor], list[str]]:
    """The tensors with scales and shifts where ours has some, and the names of those that change nothing.

    A bias before a normalisation is taken away by it, and running statistics are not used.
    """
    dropped = [f"{there}.bias" for there, _ in convolutions]
    dropped += [f"{there}.{name}" for there, _ in norms for name in STATISTICS]
    if not affine:
        return tensors, dropped
    added = dict(tensors)
    for (convolution, _), (norm, _) in zip(convolutions, norms, strict=True):
        weight = tensors.get(f"{convolution}.weight")
        if weight is not None and f"{norm}.weight" not in tensors:
            channels = tensors[f"{convolution}.bias"].shape[0] if f"{convolution}.bias" in tensors else weight.shape[0]
            added[f"{norm}.weight"], added[f"{norm}.bias"] = torch.ones(channels), torch.zeros(channels)
    return added, dropped


def _next(layer: str) -> str:
    """The layer behind a numbered one."""
    head, _, number = layer.rpartition(".")
    return f"{head}.{int(number) + 1}"


def plain_of(found: Generator, told: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a variant that shapes tell, and those that were told."""
    shapes = ("source_channels", "target_channels", "base_channels")
    return {**{name: getattr(found, name) for name in shapes}, **told}
