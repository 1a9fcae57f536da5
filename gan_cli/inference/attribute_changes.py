"""What is to become of pictures' attributes, as it is typed: `smiling=1,bald=0`, or in steps, `smiling=0..1`."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor

from gan_cli.errors import UserError
from gan_cli.inference.directions.strips import strengths_between
from gan_cli.media.attributes import number_of
from gan_cli.ranges import shown
from gan_cli.variants.icgan import IcGAN, excluding

STEPS = 7
"""Pictures of a change from one value to another, if nothing is typed."""
NUMBER = r"-?\d*\.?\d+"
VALUE = re.compile(rf"({NUMBER})(?:\.\.({NUMBER}))?")
Values = Mapping[str, float | tuple[float, float]]
"""Of attributes, by name: what each is to be, from 0 to 1, or from what to what."""


class Change(NamedTuple):
    """What is to become of some attributes; all others stay.

    Attributes:
        ends: From what to what, by the attributes' numbers; the same twice where it does not move.
        off: The numbers of those that go where others are there, each with those of them that exclude it.
        text: What it is called.
    """

    ends: Mapping[int, tuple[float, float]]
    off: Mapping[int, tuple[int, ...]]
    text: str

    @property
    def moves(self) -> bool:
        """Whether a value goes from one to another."""
        return any(start != stop for start, stop in self.ends.values())

    def at(self, share: float) -> dict[int, float]:
        """The values at a share of the way, by the attributes' numbers."""
        return {number: start + share * (stop - start) for number, (start, stop) in self.ends.items()}


class Column(NamedTuple):
    """One picture that is made of each input.

    Attributes:
        change: What is changed; None makes the input again as it is.
        share: How far on the way.
        name: What it is called.
    """

    change: Change | None
    share: float
    name: str


AGAIN = Column(None, 0.0, "again")
"""The input, made again with the attributes that are read in it."""


def read_change(model: IcGAN, typed: str) -> Change:
    """A change as it is typed: names with values, and commas between.

    Raises:
        UserError: If there is no such attribute or value, one is named twice, or some exclude each other.
    """
    values: dict[str, float | tuple[float, float]] = {}
    for word in typed.split(","):
        name, equals, value = (part.strip() for part in word.partition("="))
        found = VALUE.fullmatch(value)
        if not (equals and found):
            raise UserError(
                f"set: {shown(word.strip())} is no attribute with a value; type such as {model.names[0]}=1, or "
                f"{model.names[0]}=0..1 for steps"
            )
        if name in values:
            raise UserError(f"set: {name} is there twice; leave one out")
        ends = tuple(float(part) for part in found.groups() if part)
        values[name] = ends[0] if len(ends) == 1 else cast(tuple[float, float], ends)
    return change_of(model, values)


def change_of(model: IcGAN, values: Values) -> Change:
    """A change from values by name, whose capitals do not count.

    Raises:
        UserError: As `read_change`.
    """
    if not values:
        raise UserError(f"set: nothing is set; type such as {model.names[0]}=1")
    ends: dict[int, tuple[float, float]] = {}
    for name, value in values.items():
        number = number_of(name, model.names, "set")
        start, stop = value if isinstance(value, tuple) else (value, value)
        if not (0 <= start <= 1 and 0 <= stop <= 1):
            raise UserError(f"set: {name}={_said(start, stop)} is not possible; take values from 0 to 1")
        if number in ends:
            raise UserError(f"set: {model.names[number]} is there twice; leave one out")
        ends[number] = (float(start), float(stop))
    if not model.has_attributes:
        _check_class(model, ends)
    off = _check_together(model, ends) if model.has_attributes else {}
    text = ",".join(f"{model.names[number]}={_said(*pair)}" for number, pair in ends.items())
    return Change(ends, off, text)


def columns_of(changes: Sequence[Change], steps: int | None) -> list[Column]:
    """The pictures of some changes, one after the other: one each, or `steps` of a change that moves.

    Raises:
        UserError: If there are steps, and nothing moves.
    """
    if steps is not None and not any(change.moves for change in changes):
        raise UserError(
            "steps: nothing goes from one value to another; type such as --set smiling=0..1, or leave it out"
        )
    found = []
    for change in changes:
        shares = strengths_between(0, 1, STEPS if steps is None else steps) if change.moves else [0.0]
        for share in shares:
            name = change.text
            if change.moves:
                at = change.at(share)
                name = ",".join(f"{word.partition('=')[0]}={at[number]:.2g}" for word, number in _words(change))
            found.append(Column(change, share, name))
    return found


def applied(model: IcGAN, labels: Tensor, column: Column) -> Tensor:
    """Attributes, or shares of classes, [N, K] from 0 to 1, as they are behind a change.

    Where attributes are set, those that exclude them go as far; a class takes its share from all others.

    Args:
        model: The variant.
        labels: Those of the inputs, [N, K].
        column: What becomes of them.
    """
    if column.change is None:
        return labels
    made, values = labels.clone(), column.change.at(column.share)
    if not model.has_attributes:
        ((number, value),) = values.items()
        wanted = torch.zeros_like(labels)
        wanted[:, number] = 1
        return torch.lerp(labels, wanted, value)
    for number, others in column.change.off.items():
        made[:, number] = made[:, number].clamp(max=1 - max(values[other] for other in others))
    for number, value in values.items():
        made[:, number] = value
    return made


def excluded(model: IcGAN) -> Tensor:
    """Which attributes exclude each other in the images that the model was trained on, bool [K, K]."""
    return excluding(model.together.cpu(), int(model.seen_images))


def _check_together(model: IcGAN, ends: Mapping[int, tuple[float, float]]) -> dict[int, tuple[int, ...]]:
    """The attributes that go, each with those set that exclude it; refuses set ones that exclude each other."""
    exclude = excluded(model)
    there = [number for number, pair in ends.items() if max(pair) > 0.5]
    for place, one in enumerate(there):
        for other in there[place + 1 :]:
            if exclude[one, other]:
                raise UserError(
                    f"set: {model.names[one]} and {model.names[other]} exclude each other, none of the "
                    f"{int(model.seen_images):,} images that this model has learned from has both\n"
                    "Set one of them"
                )
    rest = [number for number in range(model.num_classes) if number not in ends]
    found = {number: tuple(one for one in there if exclude[one, number]) for number in rest}
    return {number: others for number, others in found.items() if others}


def _check_class(model: IcGAN, ends: Mapping[int, tuple[float, float]]) -> None:
    """Refuses what cannot be where an image has one class."""
    if len(ends) > 1:
        named = " and ".join(model.names[number] for number in ends)
        raise UserError(f"set: {named} exclude each other, an image has one class here; set one of them")
    ((number, pair),) = ends.items()
    if max(pair) == 0:
        raise UserError(
            f"set: {model.names[number]}=0 says no class at all; set the one wanted, such as {model.names[0]}=1"
        )


def _words(change: Change) -> list[tuple[str, int]]:
    return list(zip(change.text.split(","), change.ends, strict=True))


def _said(start: float, stop: float) -> str:
    return f"{start:g}" if start == stop else f"{start:g}..{stop:g}"
