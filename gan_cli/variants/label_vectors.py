"""StarGAN's label vectors: what an image is, what it is to become, and which of that is known.

Labels [N, K] are floats of 0 and 1, and NaN where nothing is known: an image of one set has no labels of another.
"""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, one_hot

from gan_cli.errors import UserError
from gan_cli.objectives.adversarial import auxiliary_classification
from gan_cli.variants.checks import check

LabelKind = Literal["attributes", "classes"]
LabelSets = tuple[tuple[int, LabelKind], ...]
"""How many labels each set of images has, and whether an image has any of them or exactly one."""

HAIR_COLOURS = ("Black_Hair", "Blond_Hair", "Brown_Hair", "Gray_Hair")
"""CelebA's attributes that exclude each other, as the authors' code has them."""


class Columns(NamedTuple):
    """The labels that belong to one set.

    Attributes:
        place: Where they stand among all labels.
        kind: Whether an image has any of them or exactly one.
    """

    place: slice
    kind: LabelKind


def parsed(said: Sequence[str], num_classes: int) -> LabelSets:
    """Sets of labels from texts such as "5 attributes" and "8 classes".

    Args:
        said: One text for each set; none where there is one set alone.
        num_classes: The labels of all sets together.

    Raises:
        UserError: If they are other texts, or do not add up.
    """
    found: list[tuple[int, LabelKind]] = []
    for size, _, kind in (text.partition(" ") for text in said):
        if size.isdecimal() and kind in ("attributes", "classes"):
            found.append((int(size), "attributes" if kind == "attributes" else "classes"))
    whole = len(found) == len(said) != 1 and sum(size for size, _ in found) == num_classes
    wanted = f"such as [5 attributes, 8 classes] of two sets or more, with {num_classes} labels in all"
    check("label_sets", list(said), not said or whole, wanted)
    return tuple(found)


def columns_of(sets: LabelSets) -> Iterator[Columns]:
    """The labels of each set, one after the other."""
    start = 0
    for size, kind in sets:
        yield Columns(slice(start, start + size), kind)
        start += size


def planes(labels: Tensor, sets: LabelSets) -> Tensor:
    """What the generator is told, [N, K] of one set; of several [N, K + S]: unknown labels are 0, and a mask of 0 and 1
    says which set's labels count (Choi et al. 2018, section 3.2)."""
    told = labels.nan_to_num()
    if len(sets) < 2:
        return told
    mask = torch.stack([_known(labels[:, columns.place]) for columns in columns_of(sets)], dim=1)
    return torch.cat([told, mask.to(told.dtype)], dim=1)


def classification(logits: Tensor, labels: Tensor, sets: LabelSets = ()) -> Tensor:
    """The cross-entropy of the labels that are known: of a class, or summed over attributes (the authors' code).

    Args:
        logits: [N, K].
        labels: int64 [N] of classes, or float [N, K].
        sets: Whose labels they are; one set of attributes if it is empty and the labels are floats.

    Returns:
        Scalar >= 0, averaged over N.
    """
    if not labels.is_floating_point():
        return auxiliary_classification(logits, labels)
    of_each = []
    for place, kind in columns_of(sets or ((labels.shape[1], "attributes"),)):
        told, outputs = labels[:, place].nan_to_num(), logits[:, place]
        if kind == "attributes":
            found = binary_cross_entropy_with_logits(outputs, told, reduction="none").sum(1)
        else:
            found = cross_entropy(outputs, told, reduction="none")
        of_each.append(torch.where(_known(labels[:, place]), found, 0))
    return torch.stack(of_each).sum() / len(labels)


def accuracy(logits: Tensor, labels: Tensor, sets: LabelSets) -> Tensor:
    """The share of known labels that are told rightly: each attribute is one, and so is each class."""
    right, told = logits.new_zeros(()), logits.new_zeros(())
    read = from_logits(logits, sets)
    for place, kind in columns_of(sets):
        known = _known(labels[:, place])
        same = read[:, place] == labels[:, place]
        same = same if kind == "attributes" else same.all(1, keepdim=True)
        right += (same & known[:, None]).sum()
        told += known.sum() * same.shape[1]
    return right / told.clamp(min=1)


def from_logits(logits: Tensor, sets: LabelSets) -> Tensor:
    """The labels that a classifier reads, [N, K] of 0 and 1: attributes above one half, the likeliest class."""
    read = []
    for place, kind in columns_of(sets):
        outputs = logits[:, place]
        if kind == "attributes":
            read.append(outputs > 0)
        else:
            read.append(one_hot(outputs.argmax(1), outputs.shape[1]))
    return torch.cat([part.to(torch.float32) for part in read], dim=1)


def changed(source: Tensor, numbers: Sequence[int], names: Sequence[str], sets: LabelSets) -> Tensor:
    """The labels wanted, [N, K], of images with these labels; those of other sets than the one named are unknown.

    A class takes the place of all others, a hair colour that of the other ones, and any other attribute is turned into
    its opposite, as `create_labels` of the authors' code does it.

    Args:
        source: [N, K]; of the attributes beside those that are changed, nothing may be unknown.
        numbers: The labels to change, all of one set.
        names: Of all labels.
        sets: Whose labels they are.
    """
    place, kind = set_of(numbers[0], sets)
    wanted = torch.full_like(source, torch.nan)
    if kind == "classes":
        wanted[:, place] = 0
        wanted[:, list(numbers)] = 1
        return wanted
    wanted[:, place] = source[:, place]
    hair = [number for number, name in enumerate(names) if name in HAIR_COLOURS]
    for number in numbers:
        if number in hair:
            wanted[:, hair] = 0
            wanted[:, number] = 1
        else:
            wanted[:, number] = 1 - wanted[:, number]
    return wanted


def check_together(direction: str, numbers: Sequence[int], names: Sequence[str], sets: LabelSets) -> None:
    """Refuses changes that cannot be asked for at once.

    Args:
        direction: As it was typed.
        numbers: The labels to change.
        names: Of all labels.
        sets: Whose labels they are.

    Raises:
        UserError: If two of them are colours of hair, or they belong to different sets.
    """
    hair = [names[number] for number in numbers if names[number] in HAIR_COLOURS]
    if len(hair) > 1:
        raise UserError(f"direction: {direction} asks for {' and '.join(hair)} at once; take one of them")
    if len({set_of(number, sets).place.start for number in numbers}) > 1:
        raise UserError(
            f"direction: {direction} names labels of two sets, and only one set's count at a time; translate twice"
        )


def set_of(number: int, sets: LabelSets) -> Columns:
    """The labels of the set that has this one."""
    return next(columns for columns in columns_of(sets) if number < columns.place.stop)


def _known(labels: Tensor) -> Tensor:
    """Which images' labels are known, bool [N]."""
    return ~labels.isnan().any(1)
