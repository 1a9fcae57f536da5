"""Signals that ask to stop, and what listens to them. No torch is needed."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, NoReturn

SIGNALS = tuple(
    signal.Signals[name]
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGBREAK")
    if name in signal.Signals.__members__
)
"""What a person, a closed terminal, a machine that shuts down, and a batch system whose time is over send.

Windows has the first two, and SIGBREAK, which is Ctrl-Break.
"""
PIPE = 13
"""The number of SIGPIPE, which Windows has not."""

Listener = Callable[[int, FrameType | None], Any]


class Stopped(BaseException):
    """A signal has asked to stop where there was nothing to save; no `Exception`, so that nothing goes on after it.

    Attributes:
        exit_code: 128 + the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(f"stopped by {name_of(number)}")
        self.exit_code = 128 + number


def name_of(number: int) -> str:
    """A signal's name; where the system has none of that number, SIGPIPE's or the number itself."""
    if number in {*signal.Signals}:
        return signal.Signals(number).name
    return "SIGPIPE" if number == PIPE else f"signal {number}"


def hangup_is_ignored() -> bool:
    """Whether the command was started to outlive its terminal, as by nohup; never where the system has no SIGHUP."""
    hangup = getattr(signal, "SIGHUP", None)
    return hangup is not None and signal.getsignal(hangup) is signal.SIG_IGN


def listen(listener: Listener) -> dict[int, Any]:
    """Lets `listener` answer the signals, except those that were ignored from the start.

    An ignored SIGINT is listened to: shells ignore it for each job that is started in the background.

    Returns:
        What answered before, for `restore`; nothing outside the main thread, whose business signals are.
    """
    if threading.current_thread() is not threading.main_thread():
        return {}
    heard = [number for number in SIGNALS if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN]
    return {number: signal.signal(number, listener) for number in heard}


def restore(before: dict[int, Any]) -> None:
    """Lets those answer that answered before, and empties the dictionary."""
    while before:
        number, handler = before.popitem()
        signal.signal(number, handler)


@contextmanager
def stoppable() -> Iterator[None]:
    """Within the block a signal raises `Stopped`, until something else listens."""
    before = listen(_stop)
    try:
        yield
    finally:
        restore(before)


def leave_to_others(_: int = 0) -> None:
    """Lets a process ignore the signals: one that loads data, which a run needs to save, or one that ends already."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_IGN)


def _stop(number: int, _: FrameType | None) -> NoReturn:
    raise Stopped(number)
