"""Arguments of a variant that do not go with another one; the range of a single one stands in its type."""

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
