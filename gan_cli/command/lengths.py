"""`--length`: how long a run is, in the unit of its paper."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, cast, get_args

from jsonargparse import Namespace

from gan_cli.command.choices import Choices
from gan_cli.errors import UserError
from gan_cli.variants.schedules import Length, Unit

LIMITS = ("trainer.max_steps", "trainer.max_epochs")
"""What else says how long a run is; of these and `length`, what is said last counts."""


def read(text: str | None) -> Length | None:
    """The length that a text such as "25 passes" says; None if there is none.

    Raises:
        UserError: If it says none.
    """
    if text is None:
        return None
    said = re.fullmatch(r"(\d+(?:\.\d+)?)_*([a-z_]+)", text.strip().replace(" ", "_"))
    if said is None or said[2] not in get_args(Unit) or not 0 < float(said[1]) <= 1e12:
        units = " or ".join(f'"{example}"' for example in ("25 passes", "20000 kimg", "100000 generator_steps"))
        raise UserError(f"length: {text} is not possible; take a number above 0 and its unit, such as {units}")
    return Length(float(said[1]), cast(Unit, said[2]))


def settle(config: Namespace, chosen: Choices) -> None:
    """Leaves what is said last of a run's length and its other limits, so that flags win over configs.

    Args:
        config: The settings of fit, which are changed.
        chosen: The command line.

    Raises:
        UserError: If a length says none, though something said later counts.
    """
    read(config.length)
    said = list(_said(chosen))
    last = max((place for place, name in enumerate(said) if name == "length"), default=-1)
    if any(name in LIMITS for name in said[last + 1 :]):
        config.length = None
    elif last >= 0:
        config.trainer.max_steps, config.trainer.max_epochs = -1, None


def _said(chosen: Choices) -> Iterator[str]:
    """Which of these settings are said, in the order in which they count: configs first."""
    for config in chosen.configs:
        trainer: dict[str, Any] = config.content.get("trainer") or {}
        told = {"length": config.content.get("length")} | {name: trainer.get(name.partition(".")[2]) for name in LIMITS}
        yield from (name for name, value in told.items() if value not in (None, -1))
    for word, following in pairwise([*chosen.words, ""]):
        option, equals, value = word.partition("=")
        name = option.removeprefix("--")
        if word.startswith("--") and name in ("length", *LIMITS) and (value if equals else following) != "-1":
            yield name
