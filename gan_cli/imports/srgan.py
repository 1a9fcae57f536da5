"""Generators that enlarge, of BasicSR (`params_ema`, `params`) and of ESRGAN's authors, and BasicSR's discriminators.

Wang et al. 2018, "ESRGAN", arXiv:1809.00219; github.com/XPixelGroup/BasicSR, archs/rrdbnet_arch.py, srresnet_arch.py
and discriminator_arch.py; github.com/xinntao/ESRGAN, whose names changed once. Their images lie in [0, 1].
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.spectral import of_torch
from gan_cli.imports.tables import STATISTICS, Layers, Network, numbers_of, renamed, shape_of
from gan_cli.variants import ESRGAN, SRGAN, AdversarialModule

TAKES = frozenset({"image_size"})
AVERAGED, TRAINED = "params_ema", "params"


class Names(NamedTuple):
    """How a version of the authors' code calls the layers of the RRDB network.

    Attributes:
        first: The first convolution.
        block: A dense block's convolution, by the numbers of the RRDB, of the block and of the layer, the last two from
            1 on.
        trunk: The convolution behind the blocks, by their number.
        doublings: Those behind each doubling.
        last: The last two.
    """

    first: str
    block: str
    trunk: str
    doublings: tuple[str, ...]
    last: tuple[str, str]


BASICSR = Names(
    "conv_first", "body.{}.rdb{}.conv{}", "conv_body", ("conv_up1", "conv_up2", "conv_up3"), ("conv_hr", "conv_last")
)
ESRGAN_CODE = Names(
    "conv_first", "RRDB_trunk.{}.RDB{}.conv{}", "trunk_conv", ("upconv1", "upconv2", "upconv3"), ("HRconv", "conv_last")
)


def found(sources: Sequence[Source], told: Told) -> Imported:
    """A generator that enlarges, and its discriminator if it is there.

    Raises:
        UserError: If the files hold no such networks.
    """
    judging = [source for source in sources if _is_discriminator(source.tensors(AVERAGED, TRAINED))]
    making = [source for source in sources if source not in judging]
    if len(making) != 1 or len(judging) > 1:
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators; name one generator, and its "
            "discriminator if you have it"
        )
    variant, arguments, networks = _generator(making[0])
    untrained: tuple[str, ...] = ("discriminator",)
    if judging:
        if variant is not ESRGAN:
            raise UserError(f"import: {judging[0].path} holds a discriminator of ESRGAN, and the generator is none")
        more, networks["discriminator"] = _discriminator(judging[0])
        if more["base_channels"] != arguments["base_channels"]:
            raise UserError(f"import: {judging[0].path} has other widths than the generator; leave it out")
        arguments |= more
        untrained = ()
    if told.image_size is not None and arguments.setdefault("image_size", told.image_size) != told.image_size:
        raise UserError(f"image_size: {told.image_size}, but the discriminator is for {arguments['image_size']}")
    facts = {"image_size": arguments.get("image_size", 128), "image_channels": arguments["source_channels"]}
    return Imported(variant, arguments, networks, facts, untrained)


def _generator(source: Source) -> tuple[type[AdversarialModule], dict[str, Any], dict[str, Network]]:
    averaged = source.tensors(AVERAGED, TRAINED)
    both = isinstance(source.content, Mapping) and {AVERAGED, TRAINED} <= source.content.keys()
    trained = source.tensors(TRAINED) if both else averaged
    if "body.0.conv1.weight" in averaged:
        arguments, layers = _plain(source, averaged)
        return SRGAN, arguments, {"generator": renamed(source.path, averaged, layers)}
    arguments, layers = _dense(source, averaged)
    networks = {"generator": renamed(source.path, trained, layers)}
    if both:
        networks["ema.network"] = renamed(source.path, averaged, layers)
    return ESRGAN, arguments, networks


def _plain(source: Source, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], Layers]:
    """BasicSR's residual network without normalisation, MSRResNet."""
    width, channels, *_ = shape_of(source.path, tensors, "conv_first.weight", 4)
    blocks, ups = numbers_of(tensors, "body."), numbers_of(tensors, "upconv")
    layers = [
        ("conv_first", "first.0"),
        *((f"body.{k}.conv{n}", f"trunk.{k}.layers.{2 * n - 2}") for k in blocks for n in (1, 2)),
        *((f"upconv{k}", f"doublings.{k - 1}.0") for k in ups),
        ("conv_hr", "last.0"),
        ("conv_last", "last.2"),
    ]
    made = shape_of(source.path, tensors, "upconv1.weight", 4)[0]
    if made != 4 * width:
        raise UserError(f"import: {source.path} enlarges {(made / width) ** 0.5:g} times at once; 2, 4 and 8 are taken")
    arguments = {"architecture": "msrresnet", "num_blocks": len(blocks), "lambda_perceptual": 0.03}
    return {**arguments, **_common(width, channels, 2 ** len(ups))}, layers


def _dense(source: Source, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], Layers]:
    """ESRGAN's network, by the names of any version of its code."""
    names, blocks, scale = _names_of(source, tensors)
    width, channels, *_ = shape_of(source.path, tensors, f"{names.first}.weight", 4)
    made = shape_of(source.path, tensors, f"{names.last[1]}.weight", 4)[0]
    if channels != made:
        raise UserError(
            f"import: {source.path} takes {channels} channels and makes {made}: networks for x1 and x2 that begin with "
            "pixels beside each other (pixel unshuffle) are not taken"
        )
    growth = shape_of(source.path, tensors, names.block.format(0, 1, 1) + ".weight", 4)[0]
    layers = [
        (names.first, "first"),
        *(
            (names.block.format(k, j, n), f"trunk.layers.{k}.blocks.{j - 1}.layers.{n - 1}")
            for k in range(blocks)
            for j in (1, 2, 3)
            for n in range(1, 6)
        ),
        (names.trunk.format(blocks), f"trunk.layers.{blocks}"),
        *((up, f"doublings.{k}.1") for k, up in enumerate(names.doublings)),
        (names.last[0], "last.0"),
        (names.last[1], "last.2"),
    ]
    return {"num_blocks": blocks, "growth": growth, **_common(width, channels, scale)}, layers


def _names_of(source: Source, tensors: Mapping[str, Tensor]) -> tuple[Names, int, int]:
    """How the file calls its layers, its number of blocks, and how many times it enlarges."""
    for names in (BASICSR, ESRGAN_CODE):
        blocks = numbers_of(tensors, names.block.partition("{")[0])
        if names.block.format(0, 1, 1) + ".weight" in tensors:
            ups = tuple(up for up in names.doublings if f"{up}.weight" in tensors)
            return names._replace(doublings=ups), len(blocks), 2 ** len(ups)
    if "model.1.sub.0.RDB1.conv1.0.weight" in tensors:
        blocks = [k for k in numbers_of(tensors, "model.1.sub.") if f"model.1.sub.{k}.RDB1.conv1.0.weight" in tensors]
        *doublings, hidden, last = [f"model.{k}" for k in numbers_of(tensors, "model.", "weight") if k > 1]
        names = Names("model.0", "model.1.sub.{}.RDB{}.conv{}.0", "model.1.sub.{}", tuple(doublings), (hidden, last))
        return names, len(blocks), 2 ** len(doublings)
    raise UserError(
        f"import: {source.path} holds no network that enlarges: neither body.0.rdb1.conv1.weight (RRDB) nor "
        "body.0.conv1.weight (SRResNet)"
    )


def _common(width: int, channels: int, scale: int) -> dict[str, Any]:
    shapes = {"source_channels": channels, "target_channels": channels, "base_channels": width, "scale": scale}
    return {**shapes, "unit_range": True, "pretrain_steps": 0}


def _is_discriminator(tensors: Mapping[str, Tensor]) -> bool:
    return "conv0_0.weight" in tensors or "conv1.weight_orig" in tensors


def _discriminator(source: Source) -> tuple[dict[str, Any], Network]:
    tensors = source.tensors(AVERAGED, TRAINED)
    if "conv0_0.weight" in tensors:
        return _vgg(source, tensors)
    names = ["first", "down.0", "down.1", "down.2", "up.0", "up.1", "up.2", "smooth.0", "smooth.2", "last"]
    layers = [(f"conv{number}", name) for number, name in enumerate(names)]
    width = shape_of(source.path, tensors, "conv0.weight", 4)[0]
    arguments = {"discriminator_architecture": "unet", "relativistic": False, "base_channels": width}
    return arguments, renamed(source.path, of_torch(tensors), layers)


def _vgg(source: Source, tensors: Mapping[str, Tensor]) -> tuple[dict[str, Any], Network]:
    pairs = [(level, number) for level in range(5) for number in (0, 1)]
    layers = [("conv0_0", "body.0")]
    for place, (level, number) in enumerate(pairs[1:]):
        layers += [
            (f"conv{level}_{number}", f"body.{2 + 3 * place}"),
            (f"bn{level}_{number}", f"body.{3 + 3 * place}"),
        ]
    layers += [("linear1", "hidden.0"), ("linear2", "head")]
    width = shape_of(source.path, tensors, "conv0_0.weight", 4)[0]
    places = shape_of(source.path, tensors, "linear1.weight", 2)[1] // (8 * width)
    side = 32 * round(places**0.5)
    dropped = [name for name in tensors if name.endswith(STATISTICS[-1])]
    arguments = {"discriminator_architecture": "vgg", "base_channels": width, "image_size": side}
    return arguments, renamed(source.path, tensors, layers, dropped)
