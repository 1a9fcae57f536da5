"""BigGAN-deep's generator in Hugging Face's file; see `biggan`.

It differs in what lies where, and is the same function: its first map has the channels last, latents come before the
embedding, statistics are kept for 51 truncations, of which those of 1 are taken, and the last layer makes as many maps
as the one before, of which three are the image.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.spectral import OURS, of_torch
from gan_cli.imports.tables import numbers_of, renamed, shape_of
from gan_cli.networks.sagan import FIRST, GENERATOR
from gan_cli.variants import BigGAN

MARK = "generator.gen_z.weight_orig"
"""A name that such a file holds."""
EPSILON, OUR_EPSILON = 1e-4, 1e-5
"""What is added to a variance in Hugging Face's configuration, and here."""
COLOURS = 3
BY_BLOCKS = {2 * (len(widths) - 1): (size, widths) for size, widths in GENERATOR.items()}
ATTENTION = {"theta": "query", "phi": "key", "g": "value", "o_conv": "output"}
SAME = {0: 2, 1: 5, 2: 8, 3: 11}
DOUBLING = {0: 2, 1: 6, 2: 9, 3: 12}
"""Places of a block's convolutions, where it keeps the map and where it doubles it."""
NORMS = {False: {0: 0, 1: 3, 2: 6, 3: 9}, True: {0: 0, 1: 3, 2: 7, 3: 10}}
"""Those of its normalisations."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The generator; the discriminator was never released.

    Raises:
        UserError: If the file holds none.
    """
    if len(sources) != 1:
        raise UserError(f"import: {len(sources)} files; Hugging Face's is one, pytorch_model.bin")
    source = sources[0]
    tensors = of_torch(source.tensors())
    arguments, layers = _shapes(source, tensors)
    weights = dict(_here(tensors, arguments))
    network = renamed(source.path, weights, layers, [name for name in weights if name.endswith(("_means", "_vars"))])
    if told.names is not None and len(told.names) != arguments["num_classes"]:
        raise UserError(f"names: {len(told.names)} names, and {source.path} has {arguments['num_classes']} classes")
    facts = {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    facts |= {"class_names": list(told.names)} if told.names else {}
    notes = ("batch normalisation: the file's statistics for truncation 1",)
    return Imported(BigGAN, arguments, {"generator": network}, facts, ("discriminator",), notes)


def _shapes(source: Source, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    layers = numbers_of(tensors, "generator.layers.")
    blocks = [k for k in layers if f"generator.layers.{k}.conv_0.bias" in tensors]
    attending = [k for k in layers if k not in blocks]
    if len(blocks) not in BY_BLOCKS or len(attending) > 1:
        raise UserError(
            f"import: {source.path} holds {len(blocks)} blocks of BigGAN-deep; take one for 128, 256 or 512"
        )
    size, widths = BY_BLOCKS[len(blocks)]
    embedding, classes = shape_of(source.path, tensors, "embeddings.weight", 2)
    told = shape_of(source.path, tensors, f"generator.gen_z.{OURS}.original", 2)[1]
    wide = shape_of(source.path, tensors, "generator.bn.weight", 1)[0]
    arguments = {
        "image_size": size,
        "image_channels": COLOURS,
        "num_classes": classes,
        "latent_dim": told - embedding,
        "base_channels": wide // widths[-1],
        "embedding_dim": embedding,
        "attention": FIRST << (attending[0] // 2) if attending else 0,
        "deep": True,
    }
    return arguments, list(_layers(blocks, attending))


def _layers(blocks: Sequence[int], attending: Sequence[int]) -> Iterator[tuple[str, str]]:
    yield from (("embeddings", "embedding.table"), ("generator.gen_z", "first.0"))
    for number, k in enumerate(blocks):
        doubles = number % 2 == 1
        there, here = f"generator.layers.{k}", f"blocks.{k}.path"
        yield from ((f"{there}.conv_{n}", f"{here}.{place}") for n, place in (DOUBLING if doubles else SAME).items())
        for n, place in NORMS[doubles].items():
            yield f"{there}.bn_{n}.scale", f"{here}.{place}.gain"
            yield f"{there}.bn_{n}.offset", f"{here}.{place}.shift"
            yield f"{there}.bn_{n}", f"{here}.{place}.norm"
    for k in attending:
        for name, ours in ATTENTION.items():
            yield f"generator.layers.{k}.snconv1x1_{name}", f"blocks.{k}.{ours}"
        yield f"generator.layers.{k}.gamma", f"blocks.{k}.share"
    yield from (("generator.bn", "last.0"), ("generator.conv_to_rgb", "last.2"))


def _here(tensors: Mapping[str, Tensor], arguments: Mapping[str, Any]) -> Iterator[tuple[str, Tensor]]:
    """The tensors as ours lie, under their names; statistics of the truncation 1 besides."""
    latent_dim = arguments["latent_dim"]
    for name, tensor in tensors.items():
        layer, _, kind = name.rpartition(".")
        told = ".gen_z." in name or ".scale." in name or ".offset." in name
        if told and kind in ("original", "_v"):
            tensor = torch.cat([tensor[..., latent_dim:], tensor[..., :latent_dim]], dim=-1)
        if ".gen_z." in name and kind in ("original", "_u", "bias"):
            tensor = tensor.unflatten(0, (FIRST, FIRST, -1)).movedim(2, 0).flatten(0, 2)
        if name == "embeddings.weight":
            tensor = tensor.T
        if kind == "running_means":
            yield f"{layer}.running_mean", tensor[-1]
        if kind == "running_vars":
            yield f"{layer}.running_var", tensor[-1] + (EPSILON - OUR_EPSILON)
        if kind == "gamma":
            tensor = tensor.reshape(())
        yield name, tensor if not name.startswith("generator.conv_to_rgb.") else _colours(name, tensor, tensors)


def _colours(name: str, tensor: Tensor, tensors: Mapping[str, Tensor]) -> Tensor:
    """The last layer's first three maps. They are divided by the singular value of all, so their vector of outputs is
    made such that the product with it gives that one."""
    if not name.endswith("._u"):
        return tensor if name.endswith("._v") else tensor[:COLOURS]
    matrix = tensors[name.replace("0._u", "original")].flatten(1).float()
    right = tensors[name.replace("._u", "._v")]
    largest, of_three = tensor @ (matrix @ right), matrix[:COLOURS] @ right
    return of_three * largest / of_three.square().sum()
