"""Arguments of a variant that are out of their range."""

from gan_cli.errors import UserError


def check(name: str, value: object, possible: bool, wanted: str) -> None:
    """Refuses an argument of a variant that is out of its range.

    Args:
        name: The argument.
        value: What was given.
        possible: Whether that is in the argument's range.
        wanted: The range, in words that follow "take a value".

    Raises:
        UserError: If it is not possible.
    """
    if not possible:
        raise UserError(f"model.{name}: {value} is not possible; take a value {wanted}")
