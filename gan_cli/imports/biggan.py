"""BigGAN's networks in the first author's PyTorch files (`G_ema.pth`, `G.pth`, `D.pth`), and BigGAN-deep's generator
in Hugging Face's (`pytorch_model.bin`), which holds the weights of the authors' TensorFlow release.

Brock et al. 2019, arXiv:1809.11096; github.com/ajbrock/BigGAN-PyTorch, BigGAN.py and layers.py;
github.com/huggingface/pytorch-pretrained-BigGAN, model.py.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.imports import biggan_deep
from gan_cli.imports.imported import Imported, Told
from gan_cli.imports.reading import Source
from gan_cli.imports.spectral import divided
from gan_cli.imports.tables import Layers, Network, numbers_of, renamed, shape_of
from gan_cli.networks.sagan import GENERATOR
from gan_cli.variants import BigGAN

TAKES = frozenset({"names"})
AVERAGED = "ema"
"""What the name of the averaged generator's file holds."""
BY_DOUBLINGS = {len(widths) - 1: (size, widths) for size, widths in GENERATOR.items()}
ATTENTION = {"theta": "query", "phi": "key", "g": "value", "o": "output"}
GENERATING = {"conv1": "path.3", "conv2": "path.6", "conv_sc": "shortcut.1"}
"""The convolutions of a generator's block."""
FIRST_JUDGING = {"conv1": "path.0", "conv2": "path.2", "conv_sc": "shortcut.1"}
JUDGING = {"conv1": "path.1", "conv2": "path.3", "conv_sc": "shortcut.0"}
"""Those of a discriminator's first block, which begins with the image itself, and of the others."""


def found(sources: Sequence[Source], told: Told) -> Imported:
    """The generator, its average, and the discriminator, as far as they are there.

    Raises:
        UserError: If the files hold no such networks.
    """
    if any(biggan_deep.MARK in source.tensors() for source in sources):
        return biggan_deep.found(sources, told)
    judging = [source for source in sources if "embed.weight" in source.tensors()]
    making = [source for source in sources if source not in judging]
    if len(making) not in (1, 2) or len(judging) > 1:
        raise UserError(
            f"import: {len(making)} generators and {len(judging)} discriminators of BigGAN; name G_ema.pth, and G.pth "
            "and D.pth if you have them"
        )
    making.sort(key=lambda source: AVERAGED not in source.path.stem)
    averaged, trained = making[0], making[-1]
    arguments, layers = _generator(averaged)
    networks: dict[str, Network] = {
        "ema.network": renamed(averaged.path, _tensors(averaged), layers),
        "generator": renamed(trained.path, _tensors(trained), layers),
    }
    untrained: tuple[str, ...] = ("discriminator",)
    if judging:
        networks["discriminator"] = _discriminator(judging[0], arguments)
        untrained = ()
    facts = {name: arguments[name] for name in ("image_size", "image_channels", "num_classes")}
    return Imported(BigGAN, arguments, networks, facts | named(told, arguments, averaged), untrained)


def named(told: Told, arguments: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """The names of the classes, if they were told.

    Raises:
        UserError: If they are not as many as there are classes.
    """
    if told.names is None:
        return {}
    if len(told.names) != arguments["num_classes"]:
        raise UserError(f"names: {len(told.names)} names, and {source.path} has {arguments['num_classes']} classes")
    return {"class_names": list(told.names)}


def _tensors(source: Source) -> dict[str, Tensor]:
    """A file's tensors; weights that are divided by their singular value with our vectors."""
    theirs = source.tensors()
    found_: dict[str, Tensor] = {}
    for name, tensor in theirs.items():
        layer, _, kind = name.rpartition(".")
        left = theirs.get(f"{layer}.u0")
        if kind == "weight" and left is not None:
            found_ |= divided(layer, tensor, left, steps=1)  # as the author's code takes one more step in eval mode
        elif kind not in ("u0", "sv0"):
            found_[name] = tensor
    return found_


def _generator(source: Source) -> tuple[dict[str, Any], Layers]:
    tensors = source.tensors()
    blocks = numbers_of(tensors, "blocks.")
    if "blocks.0.0.conv4.weight" in tensors:
        raise UserError(
            f"import: {source.path} holds BigGAN-deep of the PyTorch code; only Hugging Face's file is taken"
        )
    if len(blocks) not in BY_DOUBLINGS or "shared.weight" not in tensors:
        raise UserError(
            f"import: {source.path} holds no generator of BigGAN with a shared embedding: it lacks "
            f"{'shared.weight' if blocks else 'blocks.0.0.conv1.weight'}"
        )
    size, widths = BY_DOUBLINGS[len(blocks)]
    classes, embedding = shape_of(source.path, tensors, "shared.weight", 2)
    part = shape_of(source.path, tensors, "linear.weight", 2)[1]
    last = shape_of(source.path, tensors, f"blocks.{blocks[-1]}.0.conv1.weight", 4)[0]
    seen = shape_of(source.path, tensors, "blocks.0.0.bn1.gain.weight", 2)[1]
    if seen != embedding + part:
        raise UserError(
            f"import: {source.path} tells its blocks {seen} numbers, which are not the embedding's {embedding} and a "
            "part of the latents (--hier of the author's code)"
        )
    channels = shape_of(source.path, tensors, "output_layer.2.weight", 4)[0]
    attention = [8 << k for k in blocks if f"blocks.{k}.1.theta.weight" in tensors]
    if len(attention) > 1:
        raise UserError(f"import: {source.path} has attention at {attention}; one place is taken")
    arguments = {
        "image_size": size,
        "image_channels": channels,
        "num_classes": classes,
        "latent_dim": part * (len(blocks) + 1),
        "base_channels": last // widths[-1],
        "embedding_dim": embedding,
        "attention": attention[0] if attention else 0,
    }
    return arguments, list(_layers(blocks))


def _layers(blocks: Sequence[int]) -> Iterator[tuple[str, str]]:
    yield from (("shared", "embedding.table"), ("linear", "network.first.0"))
    for k in blocks:
        here = f"network.stages.{k}"
        yield from ((f"blocks.{k}.0.{name}", f"{here}.0.{ours}") for name, ours in GENERATING.items())
        for name, ours in (("bn1", "path.0"), ("bn2", "path.4")):
            yield from conditioned(f"blocks.{k}.0.{name}", f"{here}.0.{ours}")
        yield from attending(f"blocks.{k}.1", f"{here}.1")
    last = "network.last.0"
    yield from (("output_layer.0.gain", f"{last}.weight"), ("output_layer.0.bias", f"{last}.bias"))
    yield from _statistics("output_layer.0", last)
    yield "output_layer.2", "network.last.2"


def conditioned(there: str, here: str) -> Iterator[tuple[str, str]]:
    """The names of a normalisation that is told the class."""
    yield from ((f"{there}.gain", f"{here}.gain"), (f"{there}.bias", f"{here}.shift"))
    yield from _statistics(there, f"{here}.norm")


def _statistics(there: str, here: str) -> Iterator[tuple[str, str]]:
    yield from ((f"{there}.stored_mean", f"{here}.running_mean"), (f"{there}.stored_var", f"{here}.running_var"))


def attending(there: str, here: str) -> Iterator[tuple[str, str]]:
    """The names of self-attention."""
    yield from ((f"{there}.{name}", f"{here}.{ours}") for name, ours in ATTENTION.items())
    yield f"{there}.gamma", f"{here}.share"


def _discriminator(source: Source, arguments: Mapping[str, Any]) -> Network:
    tensors = _tensors(source)
    layers: list[tuple[str, str]] = []
    place = 0
    for k in numbers_of(tensors, "blocks."):
        names = JUDGING if k else FIRST_JUDGING
        here = f"discriminator.body.layers.{place}"
        layers += [(f"blocks.{k}.0.{name}", f"{here}.{ours}") for name, ours in names.items()]
        place += 1
        if f"blocks.{k}.1.gamma" in tensors:
            layers += attending(f"blocks.{k}.1", f"discriminator.body.layers.{place}")
            place += 1
    layers += [("linear", "discriminator.head"), ("embed", "embedding")]
    table = source.tensors()["embed.weight"]
    if table.shape[0] != arguments["num_classes"]:
        raise UserError(f"import: {source.path} has {table.shape[0]} classes, the generator {arguments['num_classes']}")
    return renamed(source.path, tensors | _turned(source, table), layers)


def _turned(source: Source, table: Tensor) -> dict[str, Tensor]:
    """The embedding, which is a linear layer here; what is its vector of rows there is that of columns here."""
    left = source.tensors().get("embed.u0")
    if left is None:
        return divided("embed", table.T, None)
    theirs = divided("embed", table, left, steps=1)
    names = {name.rpartition(".")[2]: name for name in theirs}
    return {
        names["original"]: table.T.contiguous(),
        names["_u"]: theirs[names["_v"]],
        names["_v"]: theirs[names["_u"]],
    }
