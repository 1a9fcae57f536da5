"""What a verb takes where nothing is named: things of the checkpoint's data set, if that is at hand."""

from collections.abc import Iterator
from contextlib import contextmanager

from gan_cli.errors import UserError

FILES = "a file, a folder or a glob in quotes"


@contextmanager
def taken_by_default(option: str, advice: str, things: str) -> Iterator[None]:
    """Says, where such things cannot be had, what to type instead.

    Args:
        option: The option that would name others.
        advice: What is to be typed, such as "type --input with a file".
        things: What is taken without it.

    Raises:
        UserError: If the set is not at hand, or has nothing that fits.
    """
    try:
        yield
    except (UserError, OSError) as error:
        raise UserError(
            f"{option}: {advice}\nWithout it {things} of the checkpoint's data set are taken, and: {error}"
        ) from error
