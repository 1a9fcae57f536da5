"""Blends of styles as they are typed: `monet`, `monet+waves`, `monet=0.7+waves=0.3`."""

import math
from collections.abc import Sequence

from gan_cli.errors import UserError, nearest


def shares_of(blend: str, names: Sequence[str]) -> list[float]:
    """The share of each style in a blend; they add up to 1.

    Args:
        blend: Names with pluses or commas between, each with its weight behind an equals sign; all weigh the same where
            none is given.
        names: Of the styles.

    Raises:
        UserError: If there is no such style, or a weight is no share.
    """
    weights = dict.fromkeys(names, 0.0)
    for part in blend.replace(",", "+").split("+"):
        name, equals, typed = (word.strip() for word in part.partition("="))
        if name not in weights:
            raise UserError(
                f"direction: {name or blend} is none of this model's styles{nearest(name, names)}; there are "
                f"{', '.join(names)}, and blends such as {blend_of(names)}"
            )
        weights[name] += _weight(name, typed) if equals else 1.0
    total = sum(weights.values())
    if not total:
        raise UserError(f"direction: all weights of {blend} are 0; give one of them some")
    return [weight / total for weight in weights.values()]


def blend_of(names: Sequence[str]) -> str:
    """An example of a blend of two styles."""
    return f"{names[0]}=0.7+{names[-1]}=0.3"


def _weight(name: str, typed: str) -> float:
    try:
        weight = float(typed)
    except ValueError:
        weight = math.nan
    if not 0 <= weight <= 1e6:
        raise UserError(f"direction: {typed!r} is no weight of {name}; take a number from 0, such as 0.5")
    return weight
