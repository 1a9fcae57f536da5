"""The images that latents are looked for: files, folders and globs, or held-out images of the model's data set."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data import GANDataModule
from gan_cli.data.transforms import LARGEST, resized
from gan_cli.errors import UserError
from gan_cli.files import one_piece
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.given import fields_given
from gan_cli.inference.inputs import Input, typed_inputs
from gan_cli.inference.latents import seeded_latents
from gan_cli.inference.names import distinct
from gan_cli.inference.taken import FILES, taken_by_default
from gan_cli.media import reading
from gan_cli.media.films import VIDEOS
from gan_cli.media.images import Images
from gan_cli.media.reading import Unreadable
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.latent import LatentModule
from gan_cli.variants.translation import TranslationModule

USUAL = 8
"""So many held-out images are taken where nothing is typed."""


class Target(NamedTuple):
    """An image that a latent is looked for.

    Attributes:
        name: What its files are called, without an ending.
        image: In the shape of the model's own, uint8 [C, S, S].
    """

    name: str
    image: Tensor


def picture_shape(model: AdversarialModule) -> tuple[int, int, int]:
    """C, H and W of the images that a model makes from latents alone, or from latents and a class.

    Raises:
        UserError: If it makes images from images or from something else, or other things than images that files hold.
    """
    name = type(model).__name__
    if isinstance(model, TranslationModule):
        raise UserError(f"ckpt: {name} makes images from images, and has no latents; type gan {model.VERB}")
    if not isinstance(model.medium, Images):
        raise UserError(f"ckpt: this {name} makes {model.medium.name}, and only images are projected")
    if isinstance(model, LatentModule) and model.LEAPS:
        raise UserError(f"ckpt: the images of {name} change in leaps, and no slope leads to a latent; take another one")
    if fields := fields_given(model):
        raise UserError(f"ckpt: {name} makes images from {' and '.join(fields)} too, and only latents are looked for")
    latents = seeded_latents([0], model.latent_dim, model.latent_distribution).to(model.device)
    labels = {"labels": torch.zeros(1, dtype=torch.int64, device=model.device)} if "labels" in model.takes else {}
    with torch.no_grad():
        channels, height, width = model(latents, **labels).shape[1:]
    if channels not in reading.MODES or height != width:
        raise UserError(f"ckpt: {name} makes images of {channels} x {height} x {width}, which no photo becomes")
    return channels, height, width


Shape = tuple[int, int, int]
"""C, H and W of a model's images."""


def fitted(model: AdversarialModule, image: Image.Image, shape: Shape | None = None) -> Tensor:
    """A picture as the model's data set brings its own to their size, uint8 [C, S, S].

    Where the set is not known, that is the largest square from the middle, resampled. Grey is repeated or colours are
    weighed as the model's channels ask for, and what is transparent lies over white.

    Args:
        model: The variant.
        image: The picture.
        shape: That of the model's images; None takes that of what it makes from latents, or from latents and a class.

    Raises:
        UserError: If the model makes no such images.
    """
    channels, side, _ = shape or picture_shape(model)
    try:
        data: GANDataModule | None = data_set_of(model)
    except UserError:
        data = None
    if data is not None:
        return data.brought(image, side, channels)
    return reading.to_tensor(resized(reading.to_mode(image, channels), side, LARGEST), channels)


def typed_targets(
    model: AdversarialModule, words: Sequence[str], output: Path, shape: Shape | None = None, option: str = "input"
) -> list[Target]:
    """The images that were typed; films in folders are left out.

    Args:
        model: The variant.
        words: Files, folders and globs.
        output: The folder of the results, which is left out.
        shape: As for `fitted`.
        option: Where they were typed.

    Raises:
        UserError: If one cannot be read, there are none, or results would lie among them or be called the same.
    """
    items = [item for item in typed_inputs(words, output, option) if item.name.suffix.lower() not in VIDEOS]
    if not items:
        raise UserError(f"{option}: {', '.join(words)} holds films alone; take images")
    names = _names(items, output)
    broken: list[Unreadable] = []
    targets = []
    for name, item in zip(names, items, strict=True):
        try:
            targets.append(Target(name, fitted(model, reading.read(Path(str(item.content))), shape)))
        except Unreadable as error:
            broken.append(error)
    if broken:
        told = ", ".join(f"{error.path} ({error.reason})" for error in broken[:3])
        more = ", ..." if len(broken) > 3 else ""
        raise UserError(f"{option}: {len(broken)} of {len(items)} cannot be read: {told}{more}\nTake them out")
    return targets


def held_out_targets(model: AdversarialModule, count: int) -> list[Target]:
    """Held-out images of the model's data set, evenly from the whole part.

    Args:
        model: The variant.
        count: How many at most.

    Raises:
        UserError: If the set is not at hand.
    """
    with taken_by_default("input", f"type --input with {FILES}", "held-out images"):
        data = data_set_of(model)
        data.prepare_data()
        part = data.at_hand()
        numbers = torch.arange(min(count, len(part))) * len(part) // min(count, len(part))
        images = part[numbers].batch.real
    return [Target(f"held_out{number:05d}", image) for number, image in zip(numbers.tolist(), images, strict=True)]


def _names(items: Sequence[Input], output: Path) -> list[str]:
    """A name for each input's results, with the folders above it."""
    typed = {Path(str(item.content)).resolve() for item in items}
    short, fuller = ([_flat(each(item.name)) for item in items] for each in (_without_ending, str))
    names = list(map(str, distinct(short, fuller)))
    for item, name in zip(items, names, strict=True):
        path = Path(str(item.content))
        if name.lower() in RESERVED:
            raise UserError(f"input: the results of {path} would be called like those of all; give it another name")
        if (output / f"{name}.png").resolve() in typed:
            raise UserError(f"output: {output} would lie among the inputs; name another place")
    return names


def _without_ending(name: Path) -> str:
    return str(name.with_suffix(""))


def _flat(name: str) -> Path:
    """A name of one piece that can be printed and is not hidden."""
    return Path(one_piece(name, "image"))


RESERVED = ("latents", "scores")
"""What the files about all images are called."""
