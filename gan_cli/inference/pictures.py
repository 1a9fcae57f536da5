"""One picture of all things made, with what a page of their medium shows beside them."""

from collections.abc import Mapping
from math import isqrt
from typing import Any, cast

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli import seeding
from gan_cli.errors import UserError
from gan_cli.inference.checkpoints import data_set_of
from gan_cli.inference.labels import class_names
from gan_cli.media.medium import Beside, Medium
from gan_cli.media.pictures import grid, to_uint8
from gan_cli.media.written import with_lines
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule


def usual_number(medium: Medium, classes: int = 0, wanted: int | None = None) -> int:
    """How many things a page shows, as many of each class; always the usual number if they are only shown together."""
    if not medium.suffix:
        return medium.usual
    number = wanted or medium.usual
    return max(1, number // classes) * classes if classes else number


def beside(
    model: AdversarialModule,
    labels: Tensor | None = None,
    given: Mapping[str, Tensor] | None = None,
    real: Tensor | None = None,
) -> Beside:
    """What a page may show beside made things.

    Args:
        model: The variant that made them.
        labels: The class of each thing, int64 [N], if the variant is conditional.
        given: What they were made from, as the model sees it, N rows each.
        real: The real things that belong to them, as they are kept; None takes some of the set if the medium shows any.
    """
    kept = {name: model.media[name].kept(rows).cpu() for name, rows in (given or {}).items() if name in model.media}
    count = model.medium.beside_real
    if real is None and count:
        real = real_things(model, count)
    names = class_names(model, range(model.num_classes)) if labels is not None else ()
    found = [lines for name, rows in kept.items() if (lines := model.media[name].lines(rows)) is not None]
    return Beside(labels, names, kept, real, lambda made: surface(model, made), found[0] if found else ())


@torch.no_grad()
def translated_sheet(model: TranslationModule, batch: Any) -> Tensor:
    """One picture with a row for each held-out image, its translations beside it, uint8 [C, H, W].

    Images smaller than the largest of their row are enlarged, each pixel to a square, so that they line up.

    Args:
        model: The variant, in eval mode.
        batch: Held-out images as the model sees them, on its device.
    """
    seeding.reseed(seeding.mix(model.seed, "pictures"), model.device)  # for a generator whose noise is dropout
    columns = [to_uint8(column).cpu() for column in model.columns(batch)]
    size = [max(column.shape[axis] for column in columns) for axis in (2, 3)]
    shown = torch.stack([interpolate(column, size, mode="nearest-exact") for column in columns], dim=1)
    return grid(shown.flatten(0, 1), columns=shown.shape[1])


@torch.no_grad()
def classified_sheet(model: AdversarialModule, images: Tensor) -> Tensor:
    """One picture of images with the classes that a model tells below them, uint8 [C, H, W].

    Args:
        model: One whose `forward` gives probabilities of images, in eval mode.
        images: As it sees them, [N, C, H, W] in [-1, 1], on its device.
    """
    confidences, labels = model(images).float().cpu().max(1)
    names = class_names(model, range(model.num_classes))
    told = zip(labels.tolist(), confidences.tolist(), strict=True)
    lines = [f"{names[label]} ({100 * confidence:.0f} %)" for label, confidence in told]
    pictures = with_lines(to_uint8(images).cpu(), lines)
    return grid(pictures, columns=isqrt(len(pictures) - 1) + 1)


@torch.no_grad()
def surface(model: AdversarialModule, made: Tensor) -> Tensor | None:
    """The discriminator's outputs, [N] at made things [N, ...], if it judges things alone."""
    ask: Any = getattr(model, "surface", None)
    if ask is None or "discriminator" not in model.players:
        return None
    with evaluating(model.discriminator):
        return cast(Tensor | None, ask(made.to(model.device)))


def real_things(model: AdversarialModule, count: int) -> Tensor | None:
    """Held-out things of the set that the model was trained on, as they are kept; None where it is not at hand."""
    try:
        part = data_set_of(model).part("test")
    except (UserError, OSError):
        return None
    real: Tensor = part[torch.arange(min(count, len(part)))].batch.real
    return real
