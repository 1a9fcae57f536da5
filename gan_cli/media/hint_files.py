"""Hints as people write them down: a JSON list of colours and where they belong."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from PIL import ImageColor

from gan_cli.errors import UserError

EXAMPLE = '{"row": 10, "column": 20, "colour": "#d03020"}'
"""A hint; "side" may be added."""
USUAL = 64
"""A hint without a side is as large as the picture's shorter side divided by this."""
NUMBERS = ("row", "column")
KEYS = {*NUMBERS, "colour", "side"}


class Spot(NamedTuple):
    """A square of one colour.

    Attributes:
        top: Its first row.
        left: Its first column.
        side: Its height and width in pixels.
        colour: Red, green and blue, 0..255.
    """

    top: int
    left: int
    side: int
    colour: tuple[int, int, int]


def read_spots(path: Path, height: int, width: int) -> list[Spot]:
    """The hints of a file, for a picture of that size; `row` and `column` are their middles, counted from 0.

    Raises:
        UserError: If it is no list of hints, or one lies outside the picture.
    """
    try:
        entries = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"given: {path} cannot be read as JSON ({error}); write a list such as [{EXAMPLE}]") from error
    if not isinstance(entries, list):
        raise UserError(f"given: {path} holds no list of hints; write one such as [{EXAMPLE}]")
    return [_spot(f"{path}: hint {number}", entry, height, width) for number, entry in enumerate(entries, 1)]


def _spot(where: str, entry: Any, height: int, width: int) -> Spot:
    if not isinstance(entry, Mapping) or not {*NUMBERS, "colour"} <= entry.keys() <= KEYS:
        raise UserError(f"given: {where} is not possible; write it as {EXAMPLE}, and a side in pixels if wanted")
    usual = max(1, round(min(height, width) / USUAL))
    row, column, side = (_whole(where, key, entry.get(key, usual)) for key in (*NUMBERS, "side"))
    if not (0 <= row < height and 0 <= column < width):
        raise UserError(
            f"given: {where} lies at row {row}, column {column}, outside the picture of {width}x{height}; take a row "
            f"below {height} and a column below {width}"
        )
    if side < 1:
        raise UserError(f"given: {where} has a side of {side} pixels; take 1 or more")
    top, left = (max(0, place - (side - 1) // 2) for place in (row, column))
    return Spot(top, left, side, _colour(where, entry["colour"]))


def _whole(where: str, key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise UserError(f"given: {where} has the {key} {value!r}; take a whole number of pixels")
    return value


def _colour(where: str, value: Any) -> tuple[int, int, int]:
    if isinstance(value, str):
        try:
            red, green, blue = ImageColor.getrgb(value)[:3]
        except ValueError as error:
            raise UserError(f"given: {where} has the colour {value!r}; take one such as #d03020 or red") from error
        return red, green, blue
    levels = value if isinstance(value, list) else []
    if len(levels) != 3 or not all(type(level) is int and 0 <= level <= 255 for level in levels):
        raise UserError(f"given: {where} has the colour {value!r}; take [red, green, blue], each from 0 to 255")
    return levels[0], levels[1], levels[2]
