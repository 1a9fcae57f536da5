"""StyleGAN2 in the network pickles of StyleGAN2-ADA's and StyleGAN3's PyTorch code, with its discriminator.

Karras et al. 2020, arXiv:1912.04958 and arXiv:2006.06676; github.com/NVlabs/stylegan2-ada-pytorch,
training/networks.py. Such a file holds modules with the source text of their classes, which is dropped unread: see
`network_pickles`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.network_pickles import Module
from gan_cli.imports.reading import Source
from gan_cli.imports.tables import Layers, Network, numbers_of, renamed, shape_of
from gan_cli.networks.resampling import square_filter
from gan_cli.variants import StyleGAN2

TAKES = frozenset({"names"})
FILTER = "resample_filter"
AVERAGED, TRAINED, JUDGING = "G_ema", "G", "D"
"""The names of the three networks in a file."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The generator, its average, and the discriminator if it is there.

    Raises:
        UserError: If the file holds no StyleGAN2.
    """
    if len(sources) != 1:
        raise UserError(f"import: {len(sources)} files; a network pickle holds all networks of a StyleGAN2, name one")
    source = sources[0]
    content = source.content if isinstance(source.content, Mapping) else {AVERAGED: source.content}
    modules = {name: one for name, one in content.items() if isinstance(one, Module)}
    averaged = modules.get(AVERAGED) or modules.get(TRAINED)
    if averaged is None:
        raise UserError(f"import: {source.path} is no network pickle: it holds neither {AVERAGED} nor {TRAINED}")
    weights = _without_filters(source, averaged)
    arguments = _shapes(source, weights)
    layers = _generator(weights, arguments)
    networks: dict[str, Network] = {"ema.network": renamed(source.path, weights, layers)}
    trained = _without_filters(source, modules[TRAINED]) if TRAINED in modules else weights
    networks["generator"] = renamed(source.path, trained, layers)
    untrained: tuple[str, ...] = ("discriminator",)
    if JUDGING in modules:
        judging = _without_filters(source, modules[JUDGING])
        arguments["trunk"] = _trunk(judging)
        arguments["deviation_group"] = _group(source, judging, modules[JUDGING])
        networks["discriminator"] = renamed(source.path, judging, _discriminator(judging, arguments["image_size"]))
        untrained = ()
    facts: dict[str, Any] = {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    if told.names is not None:
        if len(told.names) != arguments["num_classes"]:
            raise UserError(f"names: {len(told.names)} names, and {source.path} has {arguments['num_classes']} classes")
        facts["class_names"] = told.names
    return Imported(StyleGAN2, arguments, networks, facts, untrained)


def _without_filters(source: Source, module: Module) -> dict[str, Tensor]:
    """A network's weights without its filters, which are all the same one.

    Raises:
        UserError: If they are another one than ours.
    """
    weights = module.weights()
    ours = square_filter(1.0, 3.0, 3.0, 1.0)
    for name, tensor in weights.items():
        if name.rpartition(".")[2] == FILTER:
            theirs = tensor.float() if tensor.ndim == 2 else torch.outer(tensor.float(), tensor.float())
            if theirs.shape != ours.shape or not torch.allclose(theirs, ours, atol=1e-6):
                raise UserError(f"import: {name} of {source.path} is another filter than [1, 3, 3, 1]")
    return {name: tensor for name, tensor in weights.items() if name.rpartition(".")[2] != FILTER}


def _shapes(source: Source, weights: Mapping[str, Tensor]) -> dict[str, Any]:
    """The arguments of the variant, by the shapes of a generator."""
    sides = numbers_of(weights, "synthesis.b")
    if sides != [2**level for level in range(2, len(sides) + 2)] or len(sides) < 2:
        raise UserError(
            f"import: {source.path} holds no synthesis network of StyleGAN2, whose layers are synthesis.b4, "
            "synthesis.b8 and so on; StyleGAN3's is another network"
        )
    widths = [shape_of(source.path, weights, f"synthesis.b{side}.conv1.weight", 4)[0] for side in sides]
    style_dim = shape_of(source.path, weights, "synthesis.b4.conv1.affine.weight", 2)[1]
    classes = shape_of(source.path, weights, "mapping.embed.weight", 2)[1] if "mapping.embed.weight" in weights else 0
    inputs = shape_of(source.path, weights, "mapping.fc0.weight", 2)[1]
    most = max(widths)
    base = next((width * side for width, side in zip(widths, sides, strict=True) if width < most), most * sides[-1])
    if [min(base // side, most) for side in sides] != widths:
        raise UserError(f"import: the maps of {source.path} have {widths} channels, which no channel_base gives")
    return {
        "image_size": sides[-1],
        "image_channels": shape_of(source.path, weights, f"synthesis.b{sides[-1]}.torgb.weight", 4)[0],
        "num_classes": classes,
        "latent_dim": inputs - style_dim * bool(classes),
        "style_dim": style_dim,
        "mapping_depth": len(numbers_of(weights, "mapping.fc")),
        "channel_base": base,
        "channel_max": most,
        "noise": "synthesis.b4.conv1.noise_strength" in weights,
    }


def _generator(weights: Mapping[str, Tensor], arguments: Mapping[str, Any]) -> Layers:
    layers = [
        *_mapping("mapping", weights),
        ("mapping.w_avg", "mean_style"),
        ("synthesis.b4.const", "start"),
    ]
    number = 0
    for level, side in enumerate(numbers_of(weights, "synthesis.b")):
        for name in ("conv0", "conv1") if level else ("conv1",):
            layers += _styled(f"synthesis.b{side}.{name}", f"convolutions.{number}")
            number += 1
        layers += _styled(f"synthesis.b{side}.torgb", f"to_images.{level}")
    return layers


def _styled(there: str, here: str) -> Layers:
    return [
        (there, here),
        (f"{there}.affine", f"{here}.style"),
        (f"{there}.noise_strength", f"{here}.strength"),
        (f"{there}.noise_const", f"{here}.constant"),
    ]


def _mapping(there: str, weights: Mapping[str, Tensor], here: str = "mapping") -> list[tuple[str, str]]:
    numbers = numbers_of(weights, f"{there}.fc")
    return [(f"{there}.embed", f"{here}.embedding"), *((f"{there}.fc{k}", f"{here}.layers.{k}") for k in numbers)]


def _discriminator(weights: Mapping[str, Tensor], image_size: int) -> Layers:
    layers = [(f"b{image_size}.fromrgb", "from_image"), *_mapping("mapping", weights, "classes")]
    for side in numbers_of(weights, "b"):
        names = {"conv": "convolution", "fc": "hidden", "out": "head"}
        if side > 4:
            names = {name: f"blocks.{side}.{ours}" for name, ours in BLOCK.items()}
        layers += [(f"b{side}.{there}", here) for there, here in names.items()]
    return layers


BLOCK = {"conv0": "first", "conv1": "second", "skip": "skip"}
"""The layers of a discriminator's block."""


def _trunk(weights: Mapping[str, Tensor]) -> str:
    return "resnet" if any(name.endswith("skip.weight") for name in weights) else "orig"


def _group(source: Source, weights: Mapping[str, Tensor], module: Module) -> int:
    """How many things the discriminator compares, as its epilogue's minibatch layer was made."""
    wide, seen = shape_of(source.path, weights, "b4.conv.weight", 4)[:2]
    if seen == wide:
        return 0
    if seen != wide + 1:
        raise UserError(f"import: the discriminator of {source.path} compares {seen - wide} features; 1 is taken")
    parts = module.state.get("_modules", {})
    last = parts.get("b4")
    compared = last.state.get("_modules", {}).get("mbstd") if isinstance(last, Module) else None
    group = compared.state.get("group_size") if isinstance(compared, Module) else None
    return int(group) if group else 4
