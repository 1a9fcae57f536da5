"""Arguments of a variant that do not go with another one; the range of a single one stands in its type."""

from collections.abc import Mapping
from typing import Any

from gan_cli.errors import UserError


def check(name: str, value: object, possible: bool, wanted: str) -> None:
    """Refuses an argument of a variant that does not go with the others.

    Args:
        name: The argument.
        value: What was given.
        possible: Whether that goes.
        wanted: What goes, in words that follow "take a value".

    Raises:
        UserError: If it is not possible.
    """
    if not possible:
        raise UserError(f"model.{name}: {value} is not possible; take a value {wanted}")


def refuse(arguments: Mapping[str, Any], unused: Mapping[str, Any], instead: str) -> None:
    """Refuses arguments that a variant has from others and makes no use of.

    Args:
        arguments: What was given.
        unused: Their defaults, by their names.
        instead: What the variant has instead, in words that follow the name.

    Raises:
        UserError: If one of them has another value than its default.
    """
    for name, default in unused.items():
        if arguments.get(name, default) != default:
            raise UserError(f"model.{name}: {instead}; leave it out")
