"""VQGAN in the Lightning checkpoints of its authors (`last.ckpt`), with its discriminator.

Esser et al. 2021, arXiv:2012.09841; github.com/CompVis/taming-transformers, taming/models/vqgan.py and
taming/modules/diffusionmodules/model.py. What such a file holds of LPIPS, and of the training, is not taken.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports import zhu
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.tables import Layers, Network, numbers_of, renamed, shape_of
from gan_cli.variants import VQGAN

TAKES = frozenset({"image_size"})
SIDE = 256
"""Of the images, where nothing was told: the authors'."""
WEIGHTS = "state_dict"
JUDGING = "loss.discriminator.main."
LOSS = "loss."
RESIDUAL = {
    "norm1": "layers.0",
    "conv1": "layers.2",
    "norm2": "layers.3",
    "conv2": "layers.5",
    "nin_shortcut": "beside",
}
ATTENTION = {"norm": "norm", "q": "query", "k": "key", "v": "value", "proj_out": "output"}


def found(sources: Sequence[Source], told: Told) -> Imported:
    """Both halves, the codebook, and the discriminator if it is there.

    Raises:
        UserError: If the file holds no such networks.
    """
    if len(sources) != 1:
        raise UserError(f"import: {len(sources)} files; a VQGAN's checkpoint holds all its networks, name one")
    source = sources[0]
    tensors = source.tensors(WEIGHTS)
    coder = {name: tensor for name, tensor in tensors.items() if not name.startswith(LOSS)}
    arguments = _shapes(source, coder, told.image_size or SIDE)
    networks: dict[str, Network] = {"generator": renamed(source.path, coder, list(_layers(coder)))}
    untrained: tuple[str, ...] = ("discriminator",)
    judging = {f"model.{name.removeprefix(JUDGING)}": one for name, one in tensors.items() if name.startswith(JUDGING)}
    if judging:
        discriminator = zhu.discriminator_of(Source(source.path, source.sha256, judging), affine=True)
        arguments |= {
            "patch_size": discriminator.patch_size,
            "discriminator_channels": discriminator.base_channels,
            "disc_start": 0,
        }
        networks["discriminator"], untrained = discriminator.network, ()
    facts = {"image_size": arguments["image_size"], "image_channels": arguments["image_channels"]}
    return Imported(VQGAN, arguments, networks, facts, untrained)


def _shapes(source: Source, tensors: Mapping[str, Tensor], image_size: int) -> dict[str, Any]:
    if "quantize.embedding.weight" not in tensors:
        raise UserError(
            f"import: {source.path} holds no VQGAN: it lacks quantize.embedding.weight (codes drawn by Gumbel's "
            "softmax are another model)"
        )
    levels = numbers_of(tensors, "encoder.down.")
    base, channels, *_ = shape_of(source.path, tensors, "encoder.conv_in.weight", 4)
    widths = [shape_of(source.path, tensors, f"encoder.down.{k}.block.0.conv1.weight", 4)[0] for k in levels]
    attending = [k for k in levels if numbers_of(tensors, f"encoder.down.{k}.attn.")]
    if len(attending) > 1:
        raise UserError(f"import: {source.path} has attention at {len(attending)} sizes of its maps; one is taken")
    codes, code_dim = shape_of(source.path, tensors, "quantize.embedding.weight", 2)
    if image_size % 2 ** (len(levels) - 1):
        raise UserError(f"image_size: {image_size} is no multiple of {2 ** (len(levels) - 1)}, of which a code is made")
    return {
        "image_size": image_size,
        "image_channels": channels,
        "base_channels": base,
        "multipliers": tuple(width // base for width in widths),
        "num_blocks": len(numbers_of(tensors, "encoder.down.0.block.")),
        "attention_size": image_size >> attending[0] if attending else 0,
        "latent_channels": shape_of(source.path, tensors, "encoder.conv_out.weight", 4)[0],
        "num_codes": codes,
        "code_dim": code_dim,
    }


def _layers(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, str]]:
    yield from (("quant_conv", "to_codes"), ("post_quant_conv", "of_codes"))
    yield "quantize.embedding.weight", "codebook.entries"
    levels = numbers_of(tensors, "encoder.down.")
    middle = ("mid.block_1", "mid.attn_1", "mid.block_2")
    down = ["conv_in"]
    for k in levels:
        down += [*_level(tensors, f"encoder.down.{k}"), *([f"down.{k}.downsample.conv"] if k < levels[-1] else [])]
    yield from _in_order("encoder", [*down, *middle, "norm_out", "", "conv_out"], "encoder")
    up = ["conv_in", *middle]
    for k in reversed(levels):
        up += [*_level(tensors, f"decoder.up.{k}"), *([f"up.{k}.upsample.conv"] if k else [])]
    yield from _in_order("decoder", [*up, "norm_out"], "decoder.trunk")
    yield "decoder.conv_out", "decoder.last"


def _level(tensors: Mapping[str, Tensor], level: str) -> Iterator[str]:
    """The blocks of a level in their order, each with its attention, without the network's name."""
    inner = level.partition(".")[2]
    attending = numbers_of(tensors, f"{level}.attn.")
    for k in numbers_of(tensors, f"{level}.block."):
        yield f"{inner}.block.{k}"
        if k in attending:
            yield f"{inner}.attn.{k}"


def _in_order(network: str, names: Sequence[str], here: str) -> Layers:
    """The names of layers that follow each other here; "" has no weights."""
    pairs = []
    for place, name in enumerate(names):
        inner = RESIDUAL if "block" in name else ATTENTION if "attn" in name else {"": ""}
        for theirs, ours in inner.items():
            pairs.append(
                tuple(".".join(filter(None, parts)) for parts in ((network, name, theirs), (here, str(place), ours)))
            )
    return [(there, ours) for there, ours in pairs]
