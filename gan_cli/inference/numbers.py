"""Lists of whole numbers as they are typed, such as 0-3,7: seeds, and style layers."""

import re
from collections.abc import Sequence

from gan_cli.errors import UserError
from gan_cli.ranges import Many, Seed, fits, shown

PART = re.compile(r"(\d{1,19})(?:-(\d{1,19}))?")


def read_numbers(text: str, option: str, what: str) -> list[int]:
    """The numbers in the order typed: single ones and ranges, both ends included, between commas.

    Args:
        text: Such as "0-3,7".
        option: Where it was typed.
        what: What the numbers are, in the plural.

    Raises:
        UserError: If it is no such list, or one of more than a million.
    """
    parts = [PART.fullmatch(word.strip()) for word in text.strip("[]() ").split(",")]
    ends = [(int(part[1]), int(part[2] or part[1])) for part in parts if part]
    if len(ends) < len(parts) or any(last < first for first, last in ends):
        raise UserError(f"{option}: {shown(text)} is no list of {what}; take whole numbers and ranges, such as 0-3,7")
    if not fits(Many, count := sum(last - first + 1 for first, last in ends)):
        raise UserError(f"{option}: {count:,} {what} are too many; take up to 1,000,000")
    return [number for first, last in ends for number in range(first, last + 1)]


def as_typed(numbers: Sequence[int]) -> str:
    """Ascending numbers as they could be typed, such as "0-3,7"."""
    ends: list[list[int]] = []
    for number in numbers:
        if ends and number == ends[-1][1] + 1:
            ends[-1][1] = number
        else:
            ends.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ends)


def read_seeds(text: str, option: str) -> list[int]:
    """Seeds as typed.

    Raises:
        UserError: If it is no list of seeds.
    """
    seeds = read_numbers(text, option, "seeds")
    if too_large := [seed for seed in seeds if not fits(Seed, seed)]:
        raise UserError(f"{option}: {too_large[0]} is no seed; take whole numbers up to 10^18")
    return seeds


def check_layers(layers: Sequence[int], count: int, option: str = "layers") -> tuple[int, ...]:
    """Style layers, ascending and each once, if the generator has them.

    Args:
        layers: From 0, the coarsest.
        count: L, how many it has.
        option: Where they were typed.

    Raises:
        UserError: If one is not there, or none was asked for.
    """
    if not layers:
        raise UserError(f"{option}: no layers are none; take some of 0 to {count - 1}")
    if wrong := [layer for layer in layers if not 0 <= layer < count]:
        raise UserError(f"{option}: there is no layer {wrong[0]}; this generator has 0 to {count - 1}")
    return tuple(sorted(set(layers)))
