"""The two ways a command ends badly, each with its exit code and a message of one to three lines."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """What was asked for cannot be done: names the argument or file, the value and the way out. Exit code 2."""

    exit_code = 2


class RunFailed(RuntimeError):
    """The run itself went wrong, as when a loss is no longer finite. Exit code 1.

    It has no text in a process where another one says it.
    """

    exit_code = 1


class FailedInWorker(RunFailed):
    """A failure that a loader's process may have met.

    Args:
        message: One line. From a loader's process it comes with a traceback in front, which is cut away.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message.strip().splitlines()[-1].rpartition(f"{type(self).__name__}: ")[2])


class Diverged(RunFailed):
    """A run whose losses or weights are no longer finite."""


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its kind where it says nothing."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def nearest(word: str, words: Iterable[str]) -> str:
    """'; did you mean X?' for the word that looks most like the one typed, or nothing."""
    found = difflib.get_close_matches(word.lower(), {known.lower(): known for known in words}, n=1)
    match = next((known for known in words if found and known.lower() == found[0]), None)
    return f"; did you mean {match}?" if match else ""
