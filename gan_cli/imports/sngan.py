"""SNGAN's residual networks as its authors save them: archives of arrays (`ResNetGenerator_450000.npz`), by Chainer.

Miyato et al. 2018, arXiv:1802.05957; Miyato and Koyama 2018, arXiv:1802.05637;
github.com/pfnet-research/sngan_projection, gen_models/ and dis_models/.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.spectral import divided
from gan_cli.imports.tables import Network, numbers_of, renamed, shape_of
from gan_cli.networks.resnet import FIRSTS, SMALL
from gan_cli.variants import SNGAN

TAKES = frozenset({"names"})
EPSILON, OUR_EPSILON = 2e-5, 1e-5
"""What is added to a variance in Chainer, and here."""
GENERATING = {"c1": "path.3", "c2": "path.6", "c_sc": "shortcut.1"}
FIRST_JUDGING = {"c1": "path.0", "c2": "path.2", "c_sc": "shortcut.1"}
JUDGING = {"c1": "path.1", "c2": "path.3", "c_sc": "shortcut.0"}
PARTS = {"W": "weight", "b": "bias", "gamma": "weight", "beta": "bias", "avg_mean": "running_mean"}
"""Chainer's names of a layer's arrays, and torch's."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The generator, and the discriminator if it is there.

    Raises:
        UserError: If the files hold no such networks.
    """
    judging = [source for source in sources if "block1/c1/u" in source.tensors()]
    making = [source for source in sources if source not in judging]
    if len(making) != 1 or len(judging) > 1:
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators of SNGAN; name one generator, and its "
            "discriminator if you have it"
        )
    arguments, networks = _generator(making[0])
    untrained: tuple[str, ...] = ("discriminator",)
    if judging:
        networks["discriminator"] = _discriminator(judging[0], arguments)
        untrained = ()
    facts: dict[str, Any] = {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    if told.names is not None:
        if len(told.names) != arguments["num_classes"]:
            raise UserError(
                f"names: {len(told.names)} names, and {making[0].path} has {arguments['num_classes']} classes"
            )
        facts["class_names"] = list(told.names)
    return Imported(SNGAN, arguments, networks, facts, untrained)


def _generator(source: Source) -> tuple[dict[str, Any], dict[str, Network]]:
    tensors = source.tensors()
    blocks = [k for k in numbers_of(_dotted(tensors), "block") if f"block{k}/c1/W" in tensors]
    if not blocks or "l1/W" not in tensors:
        raise UserError(f"import: {source.path} holds no generator of SNGAN: it lacks l1/W or block2/c1/W")
    last = _of_root(source, tensors, "W", 4)
    norm = next(name.partition("/")[0] for name in tensors if name.count("/") == 1 and name.endswith("/avg_mean"))
    first = shape_of(source.path, tensors, f"block{blocks[0]}/c1/W", 4)[1]
    rows, latent_dim = shape_of(source.path, tensors, "l1/W", 2)
    side = round((rows / first) ** 0.5)
    if side not in FIRSTS or side**2 * first != rows:
        raise UserError(f"import: the first map of {source.path} is none of {FIRSTS[0]} or {FIRSTS[1]} pixels")
    size = side * 2 ** len(blocks)
    channels, width, *_ = shape_of(source.path, tensors, f"{last}/W", 4)
    table = tensors.get(f"block{blocks[0]}/b1/gammas/W")
    classes = 0 if table is None else len(table)
    arguments = {
        "image_size": size,
        "image_channels": channels,
        "num_classes": classes,
        "latent_dim": latent_dim,
        "base_channels": width // 4 if size <= SMALL else width,
    }
    here = "network.layers" if classes else "layers"
    layers = [("l1", f"{here}.0"), (norm, f"{here}.{2 + len(blocks)}"), (last, f"{here}.{4 + len(blocks)}")]
    for place, k in enumerate(blocks, 2):
        layers += [(f"block{k}.{there}", f"{here}.{place}.{ours}") for there, ours in GENERATING.items()]
        for there, ours in (("b1", "path.0"), ("b2", "path.4")):
            name, block = f"block{k}.{there}", f"{here}.{place}.{ours}"
            if classes:
                layers += [(f"{name}.gammas.weight", f"{block}.scale"), (f"{name}.betas.weight", f"{block}.shift")]
            layers.append((name, f"{block}.norm" if classes else block))
    return arguments, {"generator": renamed(source.path, _torchs(tensors), layers)}


def _discriminator(source: Source, arguments: Mapping[str, Any]) -> Network:
    tensors = source.tensors()
    blocks = [k for k in numbers_of(_dotted(tensors), "block") if f"block{k}/c1/W" in tensors]
    head, classes = _of_root(source, tensors, "W", 2, "l_y"), arguments["num_classes"]
    told = len(tensors["l_y/W"]) if "l_y/W" in tensors else 0
    if told != classes:
        raise UserError(f"import: {source.path} has {told} classes, and the generator {classes}")
    width = shape_of(source.path, tensors, "block1/c1/W", 4)[0]
    base = width // 2 if arguments["image_size"] <= SMALL else width
    if base != arguments["base_channels"]:
        raise UserError(f"import: {source.path} has other widths than the generator; leave it out")
    here = "discriminator." if classes else ""
    layers = [(head, f"{here}head"), ("l_y", "embedding")]
    for place, k in enumerate(blocks):
        names = JUDGING if place else FIRST_JUDGING
        layers += [(f"block{k}.{there}", f"{here}body.layers.{place}.{ours}") for there, ours in names.items()]
    weights = _torchs(tensors)
    weights.setdefault(f"{head}.bias", torch.zeros(1))  # their network for 32 pixels has none
    return renamed(source.path, weights, layers)


def _dotted(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.replace("/", "."): tensor for name, tensor in tensors.items()}


def _of_root(source: Source, tensors: Mapping[str, Tensor], part: str, dimensions: int, other: str = "l1") -> str:
    """The layer outside of blocks with a weight of so many dimensions."""
    for name, tensor in tensors.items():
        layer, _, last = name.partition("/")
        if last == part and tensor.ndim == dimensions and layer != other:
            return layer
    raise UserError(f"import: {source.path} lacks its last layer")


def _torchs(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Arrays under the names that torch gives a layer's; weights that are divided by their singular value with ours."""
    return dict(_named(tensors))


def _named(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors.items():
        head, _, part = name.rpartition("/")
        layer, left = head.replace("/", "."), tensors.get(f"{head}/u")
        if part == "W" and left is not None:
            yield from _divided(layer, tensor, left).items()
        elif part == "avg_var":
            yield f"{layer}.running_var", tensor + (EPSILON - OUR_EPSILON)
        elif part in PARTS:
            yield f"{layer}.{PARTS[part]}", tensor
        elif part not in ("u", "N"):
            yield f"{layer}.{part}", tensor


def _divided(layer: str, weight: Tensor, left: Tensor) -> dict[str, Tensor]:
    """As the authors' code, which takes one more step whenever it divides; an embedding is a linear layer here."""
    found_ = divided(layer, weight, left, steps=1)
    if layer != "l_y":
        return found_
    original, ours, theirs = found_
    return {original: weight.T.contiguous(), ours: found_[theirs], theirs: found_[ours]}
