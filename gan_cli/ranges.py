"""The ranges of numbers that can be typed, written at the argument: `Annotated[int, Range(1, 100)]`.

A type says what fits it (`fits`) and how a person says it (`readable`); `check` holds the arguments of a call to them.
Nothing has to be added for a new argument: one without a range must at least be a number of the machine's, and finite.
"""

import inspect
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from gan_cli.errors import UserError

LONGEST = 100
"""At most this many characters of a refused value are shown."""

READABLE: dict[Any, str] = {
    int: "a whole number",
    float: "a number",
    str: "a text",
    bool: "true or false",
    tuple: "a list such as [A,B]",
}


@dataclass(frozen=True, repr=False)
class Range:
    """The numbers from `low` to `high`; the help and the messages show it in words.

    Attributes:
        low: The smallest.
        high: The largest.
        without: The ends that do not belong to it: "low", "high", "both" or "".
    """

    low: float
    high: float
    without: Literal["", "low", "high", "both"] = ""

    def __contains__(self, value: float) -> bool:
        """Whether a number lies in it; what is not a number does not."""
        above = self.low < value if self.without in ("low", "both") else self.low <= value
        return above and (value < self.high if self.without in ("high", "both") else value <= self.high)

    def __repr__(self) -> str:
        low, high = (f"{end:,.9g}" if abs(end) < 1e6 else f"{end:,.0f}" for end in (self.low, self.high))
        words = {"": "from {} to {}", "low": "above {} and up to {}", "high": "from {} up to, not including, {}"}
        return words.get(self.without, "between {} and {}").format(low, high)


WHOLE = Range(-(2**63), 2**63 - 1)
"""The whole numbers that a tensor can hold."""
FINITE = Range(-3e38, 3e38)
"""The numbers that float32 can hold."""

Steps = Annotated[int, Range(0, 10**12)]
"""Batches, steps or images until something happens; 0 is never, or at once."""
Interval = Annotated[int, Range(1, 10**12)]
"""Batches from one time to the next."""
Seed = Annotated[int, Range(0, 10**18)]
"""What random numbers are drawn from; a verb adds the place of a thing to it."""
Pixels = Annotated[int, Range(1, 65_536)]
"""Side of a square image, in pixels."""
PixelsOrNone = Annotated[int, Range(0, 65_536)]
"""The same; 0 is a choice of its own."""
Channels = Annotated[int, Range(1, 1_024)]
"""C of images."""
ChannelsOrNone = Annotated[int, Range(0, 1_024)]
"""The same; 0 where points have none."""
Width = Annotated[int, Range(1, 65_536)]
"""Numbers of a latent, or channels of a layer."""
WidthOrNone = Annotated[int, Range(0, 65_536)]
"""The same; 0 is a choice of its own."""
Depth = Annotated[int, Range(0, 256)]
"""Layers or blocks of a network; 0 is its own number."""
Classes = Annotated[int, Range(0, 100_000)]
"""How many classes there are; 0 is none."""
BatchSize = Annotated[int, Range(1, 1_000_000)]
"""Things at a time."""
Many = Annotated[int, Range(1, 1_000_000)]
"""Things in all."""
Few = Annotated[int, Range(1, 1_000)]
"""How often something is done, or how many there are beside each other."""
Port = Annotated[int, Range(0, 65_535)]
"""Where a server listens; 0 is one that is free."""
Processes = Annotated[int, Range(0, 256)]
"""Processes beside this one."""
LearningRate = Annotated[float, Range(0, 100, without="low")]
"""Of an optimizer."""
Weight = Annotated[float, Range(0, 10**9)]
"""Of a term of a loss, or a limit; 0 turns it off."""
Decay = Annotated[float, Range(0, 1, without="high")]
"""Weight of the old value in a moving average, or a share that is dropped."""
Share = Annotated[float, Range(0, 1, without="both")]
"""A part of something, neither none nor all of it."""
Seconds = Annotated[float, Range(0, 3_600, without="low")]
"""How long something may take, or how far apart two of them are."""
Truncation = Annotated[float, Range(-10, 10)]
"""1 is none, 0 the mean of all things; below 0 lies the opposite of a thing."""
Strength = Annotated[float, Range(0, 1_000, without="low")]
"""How far latents are moved along a direction, either way."""
Threshold = Annotated[float, Range(0, 100, without="low")]
"""How far from 0 a number may lie."""
Target = Annotated[float, Range(-1_000, 1_000)]
"""What an output is drawn to."""


def fits(kind: Any, value: Any) -> bool:
    """Whether a value is of a type and in its ranges; what is neither number, truth, list nor choice is."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return fits(parts[0], value) and all(value in part for part in parts[1:] if isinstance(part, Range))
    if origin in (Union, UnionType):
        return any(fits(part, value) for part in parts)
    if origin is Literal:
        return value in parts
    if origin in (tuple, list, Sequence):
        return _fit_all(parts, value)
    if origin in (dict, Mapping):
        return isinstance(value, Mapping) and all(map(partial(fits, parts[1]), value.values()))
    if kind is NoneType:
        return value is None
    if kind is bool:
        return isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool) and value in WHOLE
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool) and value in FINITE
    return True


def readable(kind: Any) -> str:
    """A type as a person says it: `float` is "a number", `Literal["a", "b"]` is "a, b"."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return " ".join([readable(parts[0]), *(repr(part) for part in parts[1:] if isinstance(part, Range))])
    if origin is Literal:
        return ", ".join(map(str, parts))
    if origin is tuple and get_origin(parts[0]) is Literal:
        return readable(parts[0])
    if origin is tuple and get_origin(parts[0]) is Annotated:
        return f"{READABLE[tuple]}, each {readable(parts[0])}"
    if origin in (dict, Mapping) and get_origin(parts[1]) is Annotated:
        return f"a list of names with values, each {readable(parts[1])}"
    if origin in (Union, UnionType):
        return " or ".join(dict.fromkeys(readable(part) for part in parts if part is not NoneType))
    if (origin or kind) in READABLE:
        return READABLE[origin or kind]
    if origin is not None:
        return "a list"
    return f"a {kind.__name__} by its path" if inspect.isclass(kind) else str(kind)


def check(part: str, of: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Holds the arguments of a call to the types that they are declared with.

    Args:
        part: Where they are typed, such as "model", for the message; "" for options of their own.
        of: A class, whose bases' arguments count too, or a function.
        arguments: Values by name; of names that are no arguments nothing is said.

    Raises:
        UserError: If a value does not fit.
    """
    for name, kind in declared(of).items():
        if name in arguments:
            check_one(f"{part}.{name}" if part else name, kind, arguments[name])


def check_one(name: str, kind: Any, value: Any) -> None:
    """Holds one value to a type.

    Raises:
        UserError: If it does not fit.
    """
    if not fits(kind, value):
        raise UserError(f"{name}: {shown(value)} is not possible; take {readable(kind)}")


@cache
def declared(of: Callable[..., Any]) -> dict[str, Any]:
    """The type of each argument; the class's own come first, then those of its bases."""
    found: dict[str, Any] = {}
    for called in (vars(kind).get("__init__") for kind in of.__mro__) if inspect.isclass(of) else (of,):
        if inspect.isfunction(called):
            with suppress(NameError):  # types that only a type checker imports
                found = get_type_hints(called, include_extras=True) | found
    found.pop("return", None)
    return found


def shown(value: Any) -> str:
    """A refused value, shortened; whole numbers of thousands of digits have no text in Python."""
    if isinstance(value, int) and abs(value) >= 10**LONGEST:
        return "a number of more than a hundred digits"
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def _fit_all(parts: tuple[Any, ...], values: Any) -> bool:
    if not isinstance(values, Sequence) or isinstance(values, str):
        return False
    if len(parts) == 1 or parts[-1] is Ellipsis:
        return all(fits(parts[0], value) for value in values)
    return len(parts) == len(values) and all(map(fits, parts, values))
