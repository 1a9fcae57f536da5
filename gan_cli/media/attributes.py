"""Attributes of images: names with 0 or 1 where people type and read them, a number for each in a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import torch
from torch import Tensor

from gan_cli.errors import UserError, nearest
from gan_cli.media.medium import Medium

NONE = "none"
"""What is typed and written where an image has no attribute at all."""


@dataclass(frozen=True)
class Attributes(Medium):
    """Which attributes an image has: kept and shown as float [N, K] from 0 to 1.

    Attributes:
        names: What they are called, in the order of their numbers.
    """

    names: tuple[str, ...] = ()

    name: ClassVar[str] = "attributes"
    of_places: ClassVar[bool] = False

    def shown(self, kept: Tensor, mirrored: Tensor | None = None) -> Tensor:
        return kept

    def kept(self, made: Tensor) -> Tensor:
        return made

    def lines(self, kept: Tensor) -> list[str]:
        return [said(row, self.names).replace("+", " + ") for row in kept.tolist()]

    def told(self, text: str) -> Tensor:
        """The attributes of one image, [1, K], such as `red+thick`; the others are absent, as all are in `none`.

        Raises:
            UserError: If there is no such attribute.
        """
        row = torch.zeros(1, len(self.names))
        for word in [] if text.strip().lower() == NONE else text.replace(",", "+").split("+"):
            row[0, number_of(word.strip(), self.names, "given")] = 1
        return row

    def read(self, path: Path) -> Tensor:
        raise UserError(f"given: {path} is no attribute; type their names, such as {'+'.join(self.names[:2])}, or none")


def number_of(word: str, names: Sequence[str], option: str) -> int:
    """The number of an attribute, whose capitals do not count when it is typed.

    Args:
        word: Its name.
        names: Those that there are.
        option: Where it was typed.

    Raises:
        UserError: If there is none of that name.
    """
    known = {name.lower(): number for number, name in reversed(list(enumerate(names)))}
    if word in names:
        return list(names).index(word)
    if word.lower() not in known:
        raise UserError(
            f"{option}: {word or 'nothing'} is no attribute{nearest(word, names)}; there are {', '.join(names)}"
        )
    return known[word.lower()]


def said(row: Sequence[float], names: Sequence[str]) -> str:
    """The attributes of an image in words, such as `red+thick`; one between absent and there with its number."""
    there = [(name, value) for name, value in zip(names, row, strict=True) if value >= 0.05]
    return "+".join(name if value > 0.95 else f"{name}={value:.2g}" for name, value in there) or NONE
