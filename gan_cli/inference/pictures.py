"""One picture of all that was made: a grid, a grid with a row for each class, or a scatter plot."""

from math import isqrt
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from gan_cli import data, seeding
from gan_cli.inference.labels import class_names
from gan_cli.media.images import grid, labelled_grid, to_uint8
from gan_cli.media.scatter import scatter
from gan_cli.networks.layers import evaluating
from gan_cli.variants.base import AdversarialModule
from gan_cli.variants.translation import TranslationModule

IMAGES, POINTS = 64, 2500


def usual_number(model: AdversarialModule, classes: int = 0, images: int = IMAGES) -> int:
    """How many a picture shows if nothing else is asked for: points, or images with as many of each class."""
    if model.point_dim:
        return POINTS
    return max(1, images // classes) * classes if classes else images


def sheet(model: AdversarialModule, made: Tensor, labels: Tensor | None = None) -> Tensor:
    """One picture, uint8 [C, H, W].

    Args:
        model: The variant that made them.
        made: uint8 [N, C, H, W], or points, float [N, 2].
        labels: The class of each image, int64 [N], if the variant is conditional.
    """
    if model.point_dim:
        return scatter(made, real_points(model), lambda places: surface(model, places))
    if labels is None:
        return grid(made, columns=isqrt(len(made) - 1) + 1)
    classes = list(dict.fromkeys(labels.tolist()))
    return labelled_grid([made[labels == number] for number in classes], class_names(model, classes))


@torch.no_grad()
def translated_sheet(model: TranslationModule, batch: Any) -> Tensor:
    """One picture with a row for each held-out image, what it becomes beside it, uint8 [C, H, W].

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
def surface(model: AdversarialModule, places: Tensor) -> Tensor | None:
    """The discriminator's outputs over the plane, [N] at points [N, 2], if it judges points alone."""
    ask: Any = getattr(model, "surface", None)
    with evaluating(model.discriminator):
        return None if ask is None else ask(places.to(model.device))


def real_points(model: AdversarialModule) -> Tensor | None:
    """Held-out points of the set the model was trained on, if it is one of ours, [M, 2]."""
    kind = getattr(data, model.data_facts.get("name", ""), None)
    return kind().part("test").content.real[:POINTS] if kind else None
