"""Crops of images by the boxes that are known."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from PIL import Image
from torch import Tensor

from gan_cli.data.boxes.box_files import Marked
from gan_cli.data.decoding import Recipe


class Crops(NamedTuple):
    """Crops with their classes.

    Attributes:
        images: uint8 [M, C, S, S].
        labels: int64 [M].
    """

    images: Tensor
    labels: Tensor


def boxes_shown(
    marked: Sequence[Marked], names: Sequence[str], side: int
) -> list[tuple[Marked, tuple[float, float, float, float, str]]]:
    """The boxes that are shown as crops, each with its image: those of the classes whose longer side has `side` pixels.

    Shorter ones would only be enlarged, and a large crop is to be really large.
    """
    return [
        (one, box)
        for one in marked
        for box in one.boxes
        if box[4] in names and max(box[2] - box[0], box[3] - box[1]) >= side
    ]


def crops_of(marked: Sequence[Marked], names: Sequence[str], recipe: Recipe, side: int) -> Crops:
    """What boxes show, each brought to a square.

    Args:
        marked: The images.
        names: Of the classes; boxes of others are left out.
        recipe: How files become images of the set.
        side: S; see `boxes_shown`.

    Raises:
        BrokenFile: If a file is damaged.
    """
    images: list[Tensor] = []
    labels: list[int] = []
    opened: tuple[Marked, Image.Image] | None = None
    for one, (left, top, right, bottom, name) in boxes_shown(marked, names, side):
        if opened is None or opened[0] is not one:
            opened = one, recipe.opened(one.file)
        picture = opened[1]
        edges = (int(left), int(top), max(int(left) + 1, round(right)), max(int(top) + 1, round(bottom)))
        images.append(recipe._replace(side=side).brought(picture.crop(edges)))
        labels.append(list(names).index(name))
    empty = torch.empty(0, recipe.channels[0], side, side, dtype=torch.uint8)
    return Crops(torch.stack(images) if images else empty, torch.tensor(labels, dtype=torch.int64))
