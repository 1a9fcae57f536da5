"""Which parts of a model can leave it, and what each takes."""

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from gan_cli.errors import UserError
from gan_cli.media.attributes import Attributes
from gan_cli.media.images import Images
from gan_cli.networks.heads import ConcatenationDiscriminator
from gan_cli.networks.projected import ProjectedDiscriminator
from gan_cli.networks.vqgan import CodedImages
from gan_cli.seeding import draw, stream
from gan_cli.variants.adaptation import AdaptationModule
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.translation import TranslationModule
from gan_cli.variants.vq_transformer import VQTransformer
from gan_cli.variants.vqgan import VQGAN

GENERATOR, DISCRIMINATOR, ENCODER, DECODER = "generator", "discriminator", "encoder", "decoder"


@dataclass(frozen=True)
class Input:
    """What a part takes under one name.

    Attributes:
        name: Of the input.
        shape: Of one thing, without the batch.
        kind: "normal" or "uniform" numbers, "images" in [-1, 1], "labels" from 0 on, "codes" likewise, or
            "shares" from 0 to 1.
        multiple: Height and width may be any multiples of it; 0 where they are fixed.
        classes: How many labels or codes there are.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    multiple: int = 0
    classes: int = 0

    def drawn(self, count: int, seed: int, larger: int = 0) -> Tensor:
        """Such things, [N, ...].

        Args:
            count: N.
            seed: Of their numbers.
            larger: By how many multiples they are wider, and by half as many higher, where they may be.
        """
        numbers = stream(seed, "export", self.name)
        shape = self.shape
        if self.multiple and larger:
            *rest, height, width = shape
            shape = (*rest, height + larger // 2 * self.multiple, width + larger * self.multiple)
        if self.kind in ("labels", "codes"):
            return torch.randint(self.classes, (count, *shape), generator=numbers)
        drawn = draw((count, *shape), "normal" if self.kind == "normal" else "uniform", numbers)
        return drawn / 2 + 0.5 if self.kind == "shares" else drawn


class Exported(nn.Module):
    """A part of a model as a network of tensors alone.

    Args:
        holder: What has the weights.
        call: Computes the output, of the holder and the inputs in their order.
    """

    def __init__(self, holder: nn.Module, call: Callable[..., Tensor]) -> None:
        super().__init__()
        self.holder = holder
        self.call = call

    def forward(self, *inputs: Tensor) -> Tensor:
        """The output, [N, ...]."""
        return self.call(self.holder, *inputs)


@dataclass(frozen=True)
class Part:
    """A part of a model.

    Attributes:
        name: As it is typed.
        network: It, in eval mode.
        inputs: What it takes, in order.
        output: The name of what it gives.
        pictures: Whether that are images in [-1, 1].
        weights: The places of its weights in the model.
        notes: What is left out, a line each.
    """

    name: str
    network: Exported
    inputs: tuple[Input, ...]
    output: str
    pictures: bool
    weights: tuple[str, ...]
    notes: tuple[str, ...] = ()


def names_of(model: AdversarialModule) -> list[str]:
    """The names of the parts, the usual one first."""
    made = list(model.directions) if isinstance(model, TranslationModule) else [GENERATOR]
    players = [name for name in model.players if name not in (GENERATOR, DISCRIMINATOR)]
    coding = [ENCODER, DECODER] if isinstance(model, VQGAN) else []
    return [*made, *coding, *players, *_discriminators(model)]


def part_called(model: AdversarialModule, name: str | None, ema: bool = True) -> Part:
    """A part of a model.

    Args:
        model: It is left as it is.
        name: One of `names_of`, or None where there is one direction, or a generator.
        ema: The averaged generator, or the one that was trained.

    Raises:
        UserError: If there is no such part, or it cannot leave the model.
    """
    name = _known(model, name)
    if name in _discriminators(model):
        return _discriminator(model, name)
    if isinstance(model, VQGAN):
        return _coding(model, name, ema)
    if isinstance(model, TranslationModule) and name in model.directions:
        return _direction(model, name, ema)
    if isinstance(model, AdaptationModule) and name == GENERATOR:
        return _classifier(model, ema)
    if name == GENERATOR:
        return _generator(model, ema)
    return _player(model, name)


def weights_called(model: AdversarialModule, name: str | None, ema: bool = True) -> Part:
    """A part of a model whose weights alone are wanted, so that it may take and give anything.

    Args:
        model: It is left as it is.
        name: As for `part_called`.
        ema: The averaged generator, or the one that was trained.

    Raises:
        UserError: If there is no such part, or its weights are in more places than the players.
    """
    name = _known(model, name)
    try:
        return part_called(model, name, ema)
    except UserError:
        if isinstance(model, VQTransformer):
            raise
    place = "ema.network" if ema and model.ema is not None else GENERATOR
    beside = [player for player in model.players if player not in (GENERATOR, DISCRIMINATOR)]
    places = (name,) if name in (*beside, *_discriminators(model)) else (place, *beside)
    return Part(name, Exported(model.get_submodule(places[0]), lambda holder: holder()), (), "", False, places)


def _known(model: AdversarialModule, name: str | None) -> str:
    """The name of a part, which None and the generator of a translator stand for too.

    Raises:
        UserError: If there is none, or several are meant.
    """
    known = names_of(model)
    if name is None or (name == GENERATOR and isinstance(model, TranslationModule)):
        made = len(model.directions) if isinstance(model, TranslationModule) else 1
        if made > 1:
            raise UserError(f"part: {type(model).__name__} translates {', '.join(known[:made])}; type one of them")
        name = known[0]
    if name not in known:
        raise UserError(f"part: {name} is none of {type(model).__name__}'s; take {', '.join(known)}")
    return name


def _classifier(model: AdaptationModule, ema: bool) -> Part:
    """What tells the classes of images, as `gan classify` does."""
    side = model.image_size
    images = Input("images", (model.image_channels, side, side), "images")

    def call(holder: nn.Module, values: Tensor) -> Tensor:
        return cast(Tensor, holder(values, ema=ema))

    return _made(model, GENERATOR, call, (images,), "probabilities", False, ema, [])


def _generator(model: AdversarialModule, ema: bool) -> Part:
    kind = type(model).__name__
    if isinstance(model, VQTransformer) or not isinstance(model, LatentModule):
        raise UserError(f"part: what {kind} makes is drawn step by step, which no exported file holds")
    attributes = [field for field in model.takes if isinstance(model.media.get(field), Attributes)]
    further = [field for field in model.takes if field not in ("labels", *attributes)]
    if further:
        raise UserError(f"part: {kind} makes things from {' and '.join(further)}, which no exported file takes")
    inputs = [Input("latents", (model.latent_dim,), model.latent_distribution)]
    if "labels" in model.takes:
        inputs.append(Input("labels", (), "labels", classes=model.num_classes))
    inputs += [Input(field, (model.num_classes,), "shares") for field in attributes]
    fixed = {"noise": "const"} if "const" in model.noise_modes else {}
    names = [one.name for one in inputs]

    def call(holder: nn.Module, *values: Tensor) -> Tensor:
        latents, *conditions = values
        return cast(Tensor, holder(latents, ema=ema, **dict(zip(names[1:], conditions, strict=True)), **fixed))

    notes = ["noise: the same in all images, as in gan sample without --noise"] if fixed else []
    notes += ["truncation_psi: left out; it is 1"] if model.TRUNCATES else []
    output, pictures = model.makes, isinstance(model.medium, Images)
    return _made(model, GENERATOR, call, tuple(inputs), output, pictures, ema, notes)


def _direction(model: TranslationModule, name: str, ema: bool) -> Part:
    kind = type(model).__name__
    further = [field for field in model.takes if field != "reference" or not model.latent_dim]
    if further or not isinstance(model.source, Images):
        what = " and ".join(further) or model.source.name
        raise UserError(f"part: {kind} makes images from {what}, which no exported file takes")
    sizes = model.sizes
    side = sizes.tile or -(-model.image_size // sizes.scale // sizes.multiple) * sizes.multiple
    channels, _ = model.channels(name)
    inputs = [Input("images", (channels, side, side), "images", multiple=0 if sizes.tile else sizes.multiple)]
    if model.latent_dim:
        inputs.append(Input("latents", (model.latent_dim,), "normal"))
    fixed: dict[str, Any] = {"dropout": False} if model.NOISY else {}

    def call(holder: nn.Module, images: Tensor, *latents: Tensor) -> Tensor:
        styles = {"latents": latents[0]} if latents else {}
        return cast(Tensor, holder(images, name, ema=ema, **styles, **fixed))

    notes = ["dropout: off; the file gives the same for the same image each time"] if model.NOISY else []
    if sizes.tile:
        notes.append(f"tiles: the file takes images of {side} x {side} alone, and gan translate larger ones in tiles")
    output = "made" if model.makes == "images" else model.makes  # no output has an input's name
    return _made(model, name, call, tuple(inputs), output, True, ema, notes)


def _coding(model: VQGAN, name: str, ema: bool) -> Part:
    """Images through the codes, to codes, or from them; whole, where `gan reconstruct` takes tiles."""
    coder = cast(CodedImages, model.picture_maker(ema))
    side, factor = model.image_size, coder.factor
    images = Input("images", (model.image_channels, side, side), "images", multiple=factor)
    codes = Input("codes", (side // factor,) * 2, "codes", multiple=1, classes=model.num_codes)

    def call(holder: nn.Module, values: Tensor) -> Tensor:
        network = cast(CodedImages, holder)
        found = values if name == DECODER else network.encode(values)
        return found if name == ENCODER else network.decode(found).clamp(-1, 1)

    place = "ema.network" if ema and model.ema is not None else GENERATOR
    inputs = (codes if name == DECODER else images,)
    output = "codes" if name == ENCODER else "made"
    notes = ("tiles: a large image goes through as a whole, where gan reconstruct takes tiles",)
    return Part(name, Exported(copy.deepcopy(coder).eval(), call), inputs, output, name != ENCODER, (place,), notes)


def _discriminators(model: AdversarialModule) -> list[str]:
    network = getattr(model, DISCRIMINATOR, None)
    if isinstance(network, nn.ModuleDict):
        return [f"{DISCRIMINATOR}.{name}" for name in network]
    return [DISCRIMINATOR] if isinstance(network, nn.Module) else []


def _discriminator(model: AdversarialModule, name: str) -> Part:
    network = model.get_submodule(name)
    takes_labels = bool(getattr(network, "takes_labels", False))
    inputs = [_first_input(model, network, name)]
    if takes_labels:
        inputs.append(Input("labels", (), "labels", classes=model.num_classes))

    def call(holder: nn.Module, *values: Tensor) -> Tensor:
        return cast(Tensor, holder(*values))

    pack = getattr(model, "pack", 1)
    notes = (f"pack: it judges {pack} things together, one behind the other in the second dimension",) * (pack > 1)
    return Part(name, Exported(copy.deepcopy(network).eval(), call), tuple(inputs), "logits", False, (name,), notes)


def _player(model: AdversarialModule, name: str) -> Part:
    network = model.get_submodule(name)
    return Part(
        name,
        Exported(copy.deepcopy(network).eval(), lambda holder, *values: cast(Tensor, holder(*values))),
        (_first_input(model, network, name),),
        "output",
        False,
        (name,),
    )


def _first_input(model: AdversarialModule, network: nn.Module, name: str) -> Input:
    """What a network that judges or encodes takes, by its first layer, which may be told the class beside it."""
    stage = name.rpartition(".")[2]  # of StackGANpp the side that it judges
    side: Any = int(stage) if stage.isdecimal() else model.hparams.get("image_size")
    if isinstance(network, ProjectedDiscriminator):  # whose own layers see maps of another network
        return Input("images", (model.hparams["image_channels"], side, side), "images")
    beside = network.num_classes if isinstance(network, ConcatenationDiscriminator) else 0
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            return Input("points", (layer.in_features - beside,), "normal")
        channels = getattr(layer, "in_channels", None) or _inputs_of(layer)
        if isinstance(layer, nn.Conv3d):
            sides: Mapping[str, int] = model.hparams
            if "volume_size" in sides:
                return Input("solids", (layer.in_channels, *(sides["volume_size"],) * 3), "images")
            return Input("videos", (layer.in_channels, sides["num_frames"], *(sides["image_size"],) * 2), "images")
        if channels and side:
            return Input("images", (channels - beside, side, side), "images")
    raise UserError(f"part: {name} of {type(model).__name__} takes no images, so it cannot be exported")


def _inputs_of(layer: nn.Module) -> int:
    """C of a convolution that is none of torch's."""
    weight = getattr(layer, "weight", None)
    return weight.shape[1] if isinstance(weight, nn.Parameter) and weight.ndim == 4 else 0


def _made(
    model: AdversarialModule,
    name: str,
    call: Callable[..., Tensor],
    inputs: tuple[Input, ...],
    output: str,
    pictures: bool,
    ema: bool,
    notes: list[str],
) -> Part:
    """A part that is made of the whole model's `forward`, with no more networks than it takes."""
    averaged = ema and model.ema is not None
    maker = "ema" if averaged else GENERATOR
    places: tuple[str, ...] = ("ema.network",) if averaged else (GENERATOR,)
    values = [one.drawn(2, 0) for one in inputs]
    others = [player for player in model.players if player != GENERATOR]
    for beside in ([], *([player] for player in others), others):  # as few as it asks
        holder = _without(model, [maker, *beside])
        with torch.inference_mode(), suppress(AttributeError):
            call(holder, *values)
            break
    return Part(name, Exported(holder, call), inputs, output, pictures, (*places, *beside), tuple(notes))


def _without(model: AdversarialModule, kept: list[str]) -> nn.Module:
    """A copy of a model with a few of its networks alone, and no trainer; weights are shared."""
    light = copy.copy(model)
    players = {*model.players, "ema"}
    light._modules = {name: one for name, one in model._modules.items() if name not in players or name in kept}
    if "ema" not in kept:
        light._modules["ema"] = None
    return light.eval()


def weights_of(model: AdversarialModule, part: Part) -> Mapping[str, Tensor]:
    """The weights of a part by their names in the model; of an average by the generator's, which it stands for."""
    return dict(_weights(model, part))


def _weights(model: AdversarialModule, part: Part) -> Iterator[tuple[str, Tensor]]:
    for place in part.weights:
        begin = GENERATOR if place == "ema.network" else place
        for name, tensor in model.get_submodule(place).state_dict().items():
            yield f"{begin}.{name}", tensor.detach().cpu().contiguous()
