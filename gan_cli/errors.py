"""The two ways a command ends badly, each with its exit code and a message of one to three lines."""


class UserError(ValueError):
    """What was asked for cannot be done: names the argument or file, the value and the way out. Exit code 2."""

    exit_code = 2


class RunFailed(RuntimeError):
    """The run itself went wrong, as when a loss is no longer finite. Exit code 1."""

    exit_code = 1


class Diverged(RunFailed):
    """A run whose losses or weights are no longer finite."""
